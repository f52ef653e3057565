"""Pub/Sub gave a request up after its last attempt: ask again, or tell who waits for it.

An attempt is a delivery. It fails as well while the database is away, and while every worker is
busy: Cloud Run answers 429 then, and Pub/Sub counts that. So waiting is no failure, however long;
only what was begun again and again is at fault itself.
"""

import base64
import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

from discai.cloud import paths
from discai.cloud.requests import AnyRequest, any_request_of
from discai.errors import PermanentError
from discai.records.filing import FilingOrder, FilingRequest
from discai.records.models import Reread
from discai.records.record import Failure
from discai.records.scans import InferenceRequest, ScanRecord
from discai.records.states import REREAD, is_live, is_unfinished
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
#: Times that a worker begins with something and breaks off before that is its own fault.
BROKEN_READINGS: Final = 5


class Scans(Protocol):
    """Records of scans."""

    def get(self, scan_id: str) -> ScanRecord | None:
        """The scan as it is now."""

    def mark_dead(self, scan_id: str, failure: Failure, event_id: str) -> bool:
        """Marks a scan dead; False if it came to an end meanwhile, or this event did so before."""


class Rereads(Protocol):
    """Records of further readings."""

    def get(self, scan_id: str, model_version: str) -> Reread | None:
        """The reading as it is now."""

    def give_up(self, scan_id: str, version: str, failure: Failure) -> bool:
        """Marks a reading failed; False if it came to an end meanwhile."""


class Orders(Protocol):
    """Orders to file results."""

    def get(self, key: str) -> FilingOrder | None:
        """The order as it is now."""

    def give_up(self, key: str, problem: Failure) -> bool:
        """Ends an order that no delivery could carry out; False if it needs no end."""


class Publisher(Protocol):
    """Publisher of requests to the worker."""

    def publish(self, request: AnyRequest) -> None:
        """Returns when the request is taken; raises `RetryableError` if it is not."""


def on_dead_letter(
    data: Mapping[str, Any],
    event_id: str,
    scans: Scans,
    rereads: Rereads,
    orders: Orders,
    publisher: Publisher,
) -> None:
    """Asks again for what is not at fault; else marks it dead or failed, unless it has ended.

    `data` is a Pub/Sub `messagePublished`, `event_id` the same for each delivery of one event.
    """
    request = _request(data)
    if isinstance(request, InferenceRequest) and not paths.is_document_id(event_id):
        raise PermanentError(MALFORMED_EVENT, "The event has no id that can be noted.")
    begun = _begun(request, scans, rereads, orders)
    if begun is not None and begun < BROKEN_READINGS:
        publisher.publish(request)
        logger.warning("asked for again", extra={**_about(request), "begun": begun})
        return
    if isinstance(request, FilingRequest):
        is_marked = orders.give_up(request.study_key, FILING_GAVE_UP)
    elif version := request.read_again_with:
        is_marked = rereads.give_up(request.scan_id, version, GAVE_UP)
    else:
        is_marked = scans.mark_dead(request.scan_id, GAVE_UP, event_id)
    if is_marked:  # an alert waits for the line
        logger.error("given up after many attempts", extra=_about(request))
    else:
        logger.info("dead letter of what needs nothing", extra=_about(request))


def _begun(request: AnyRequest, scans: Scans, rereads: Rereads, orders: Orders) -> int | None:
    """Times that a worker has begun with it; None if one is at it, or it has come to an end."""
    if isinstance(request, FilingRequest):
        order = orders.get(request.study_key)
        return order.begun if order and order.due_at and not is_live(order.lease) else None
    if version := request.read_again_with:
        reread = rereads.get(request.scan_id, version)
        is_waiting = reread and REREAD["give-up"].is_allowed(reread.state)
        return reread.begun if reread and is_waiting and not is_live(reread.lease) else None
    scan = scans.get(request.scan_id)
    return scan.attempt if scan and is_unfinished(scan) else None


def _about(request: AnyRequest) -> dict[str, str]:
    if isinstance(request, FilingRequest):
        return {"studyKey": request.study_key}
    return {"scanId": request.scan_id}


def _request(data: Mapping[str, Any]) -> AnyRequest:
    try:
        body = base64.b64decode(data["message"]["data"], validate=True)
        return any_request_of(body)
    except (KeyError, TypeError, ValueError) as error:
        raise PermanentError(MALFORMED_EVENT, "The message names no scan and no study.") from error
