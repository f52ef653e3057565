"""The one way to change a document: look at it, decide, and write if it is still the same.

Nothing is read and written in a transaction, so contention costs another look and never a lock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

from google.api_core.exceptions import FailedPrecondition

from discai.cloud import paths
from discai.cloud.database import (
    ConflictError,
    Create,
    Database,
    Delete,
    Fields,
    Put,
    Update,
    Write,
)
from discai.errors import RetryableError
from discai.records.scans import Event, Record

T = TypeVar("T", bound=Record)
R = TypeVar("R")

#: How often documents are looked at that change between the look and the write.
LOOKS: Final = 8


class BusyError(RetryableError):
    """Documents kept changing between the look and the write."""

    def __init__(self, message: str) -> None:
        super().__init__("busy", message)


@dataclass(frozen=True)
class Stored(Generic[T]):
    """A record as its document has it at one version; `fields` are the document's own."""

    record: T
    version: datetime
    fields: Fields


@dataclass(frozen=True)
class Change(Generic[T]):
    """The record that a document shall be, and what is written beside it in the same moment."""

    record: T
    also: Sequence[Write] = ()


Decide = Callable[[T | None], Change[T] | None]
"""Says what becomes of a record, None if there is no document; returns None to leave it."""


class Document(Generic[T]):
    """The document at a path, as a record of one kind."""

    def __init__(self, database: Database, path: str, kind: type[T]) -> None:
        self.path = path
        self._database = database
        self._kind = kind

    def get(self, timeout_seconds: float | None = None) -> T | None:
        """The record, or None if there is no document; for the timeout see `Database.get`."""
        stored = self.look(timeout_seconds)
        return stored.record if stored else None

    def look(self, timeout_seconds: float | None = None) -> Stored[T] | None:
        """The record with its version, for `write`."""
        found = self._database.get(self.path, timeout_seconds)
        if found.fields is None or found.version is None:
            return None
        return Stored(self._kind.from_document(found.fields), found.version, found.fields)

    def create(self, record: T, *also: Write) -> bool:
        """Adds the document; False, and nothing is written, if it was there before."""
        try:
            self._database.commit([Create(self.path, record.to_document()), *also])
        except ConflictError:
            return False
        return True

    def put(self, record: T) -> None:
        """Writes the record, whatever is there."""
        self._database.commit([Put(self.path, record.to_document())])

    def delete(self) -> None:
        """Removes the document, if it is there."""
        self._database.commit([Delete(self.path)])

    def write(self, seen: Stored[T] | None, record: T) -> Write:
        """Makes the document this record, if it still is as it was seen.

        Only fields that differ are written, and `updatedAt` where records of this kind have it.
        """
        return self._write(seen, self._dated(record))

    def change(
        self, decide: Decide[T], *, busy: str, seen: Stored[T] | None = None
    ) -> Stored[T] | None:
        """Makes the document what `decide` says of the record in it, however often it changes.

        Returns the document as it is then; None if `decide` leaves it. Nothing is written where it
        is already as it shall be. `seen` spares the first look. Raises `BusyError` with the
        sentence `busy`, and whatever `decide` raises.
        """
        known = seen

        def attempt() -> tuple[tuple[Stored[T] | None, T] | None, list[Write]]:
            nonlocal known
            found, known = known or self.look(), None
            change = decide(found.record if found else None)
            if change is None:
                return None, []
            if found and change.record == found.record and not change.also:
                return (found, found.record), []
            record = self._dated(change.record)
            return (found, record), [self._write(found, record), *change.also]

        made, versions = commit_as_seen(self._database, attempt, busy)
        if made is None:
            return None
        found, record = made
        if not versions:
            return found
        before = found.fields if found else {}
        return Stored(record, versions[0], {**before, **record.to_document()})

    def _dated(self, record: T) -> T:
        if "updated_at" not in self._kind.model_fields:
            return record
        return record.model_copy(update={"updated_at": datetime.now(UTC)})

    def _write(self, seen: Stored[T] | None, record: T) -> Write:
        fields = record.to_document()
        if seen is None:
            return Create(self.path, fields)
        changed = {
            name: value
            for name, value in fields.items()
            if name not in seen.fields or seen.fields[name] != value
        }
        # An update has at least one field, and its condition counts where nothing changes as well.
        return Update(self.path, changed or fields, seen.version)


def commit_as_seen(
    database: Database, attempt: Callable[[], tuple[R, list[Write]]], busy: str
) -> tuple[R, list[datetime]]:
    """Has `attempt` look at documents and say what to write, until its writes are committed.

    Each write asks that its document is as it was seen, so all are made, or none and the attempt is
    repeated. Returns its result, and a version for each write. Raises `BusyError`.
    """
    for _ in range(LOOKS):
        result, writes = attempt()
        try:
            return result, database.commit(writes) if writes else []
        except ConflictError:
            continue
    raise BusyError(busy)


def event_line(scan_id: str, event_id: str, event: Event) -> Write:
    """A line for a scan's timeline; ids are made of what happened, so it is never there twice."""
    return Put(paths.event(scan_id, event_id), event.to_document())


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
