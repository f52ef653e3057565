"""Conditional writes to Firestore documents: what the repositories use instead of transactions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from google.api_core.exceptions import FailedPrecondition

from discai.cloud import paths
from discai.records.scans import Event

AlsoWrite = Callable[[Any], None]
"""Adds further writes to a batch, to be done in the same moment or not at all."""


def change(
    database: Any, document: Any, seen: datetime, fields: dict[str, Any], also: AlsoWrite
) -> datetime | None:
    """Updates `fields` and `updatedAt` if the document is still as it was at `seen`.

    Returns its new update time, or None if somebody has changed it and nothing was written.
    """
    batch = database.batch()
    batch.update(
        document,
        {**fields, "updatedAt": datetime.now(UTC)},
        option=database.write_option(last_update_time=seen),
    )
    also(batch)
    try:
        results = batch.commit()
    except FailedPrecondition:
        return None
    updated: datetime = results[0].update_time
    return updated


def timeline(database: Any, scan_id: str, event_id: str, event: Event) -> AlsoWrite:
    """A line for `scans/{scanId}/events`; ids are made of what happened, so it is never twice."""
    document = database.document(paths.event(scan_id, event_id))
    return lambda batch: batch.set(document, event.to_document())


def timeline_once(database: Any, scan_id: str, event_id: str, event: Event) -> AlsoWrite:
    """The same, but the whole batch fails with `AlreadyExists` if the line is there."""
    document = database.document(paths.event(scan_id, event_id))
    return lambda batch: batch.create(document, event.to_document())
