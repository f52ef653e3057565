"""Pub/Sub gave a request up after its last attempt: ask again, or tell who waits for the scan.

An attempt is a delivery, and fails as well while the database is away or every worker is busy. Only
a scan that was begun again and again is at fault itself.
"""

import base64
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from discai.cloud import paths
from discai.cloud.requests import AnyRequest, any_request_of
from discai.errors import PermanentError
from discai.records.filing import FilingRequest
from discai.records.record import Failure
from discai.records.scans import InferenceRequest, ScanRecord
from discai.records.states import is_unfinished
from functions.events import MALFORMED_EVENT

logger = logging.getLogger(__name__)

GAVE_UP: Final = Failure(
    code="gave-up",
    message="The scan could not be read after many attempts; please retry it or tell an engineer.",
)


FILING_GAVE_UP: Final = Failure(
    code="gave-up",
    message="The results could not be filed after many attempts; please tell an engineer. They are "
    "tried again as soon as the study is reviewed again.",
)
#: Readings of a scan that break off before it is the scan's own fault.
BROKEN_READINGS: Final = 5
#: A scan that no worker could begin in this time is given up, too: somebody has to look.
LONGEST_WAIT: Final = timedelta(days=2)


class Scans(Protocol):
    """Records of scans."""

    def get(self, scan_id: str) -> ScanRecord | None:
        """The scan as it is now."""

    def mark_dead(self, scan_id: str, failure: Failure, event_id: str) -> bool:
        """Marks a scan dead; False if it came to an end meanwhile, or this event did so before."""


class Rereads(Protocol):
    """Records of further readings."""

    def give_up(self, scan_id: str, version: str, failure: Failure) -> bool:
        """Marks a reading failed; False if it came to an end meanwhile."""


class Orders(Protocol):
    """Orders to file results."""

    def give_up(self, key: str, problem: Failure) -> bool:
        """Ends an order that no delivery could carry out; False if it needs no end."""


class Publisher(Protocol):
    """Publisher of requests to the worker."""

    def publish(self, request: InferenceRequest) -> None:
        """Returns when the request is taken; raises `RetryableError` if it is not."""


def on_dead_letter(
    data: Mapping[str, Any],
    event_id: str,
    scans: Scans,
    rereads: Rereads,
    orders: Orders,
    publisher: Publisher,
) -> None:
    """Marks the scan dead, or its further reading failed, unless it came to an end meanwhile.

    A scan that is not at fault is asked for again. `data` is a Pub/Sub `messagePublished`,
    `event_id` the same for each delivery of one event.
    """
    request = _request(data)
    if isinstance(request, FilingRequest):
        if orders.give_up(request.study_key, FILING_GAVE_UP):
            logger.error("results given up", extra={"studyKey": request.study_key})
        return
    if not paths.is_document_id(event_id):
        raise PermanentError(MALFORMED_EVENT, "The event has no id that can be noted.")
    scan = None if request.read_again_with else scans.get(request.scan_id)
    if scan and is_unfinished(scan) and not _is_at_fault(scan):
        publisher.publish(request)
        logger.warning("scan asked for again", extra={"scanId": request.scan_id})
        return
    if version := request.read_again_with:
        is_marked = rereads.give_up(request.scan_id, version, GAVE_UP)
    else:
        is_marked = scans.mark_dead(request.scan_id, GAVE_UP, event_id)
    logger.warning(
        "scan given up" if is_marked else "dead letter of a scan that needs none",
        extra={"scanId": request.scan_id},
    )


def _is_at_fault(scan: ScanRecord) -> bool:
    waits_since = scan.timings.queued or scan.created_at
    return scan.attempt >= BROKEN_READINGS or datetime.now(UTC) - waits_since > LONGEST_WAIT


def _request(data: Mapping[str, Any]) -> AnyRequest:
    try:
        body = base64.b64decode(data["message"]["data"], validate=True)
        return any_request_of(body)
    except (KeyError, TypeError, ValueError) as error:
        raise PermanentError(MALFORMED_EVENT, "The message names no scan and no study.") from error
