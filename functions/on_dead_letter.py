"""Pub/Sub gave a request up after its last attempt: tell the people who wait for the scan."""

import base64
import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

from discai.cloud import paths
from discai.cloud.scans import request_of_message
from discai.errors import PermanentError
from discai.records.scans import Failure, InferenceRequest
from functions.events import MALFORMED_EVENT

logger = logging.getLogger(__name__)

GAVE_UP: Final = Failure(
    code="gave-up",
    message="The scan could not be read after many attempts; please retry it or tell an engineer.",
)


class Scans(Protocol):
    """Records of scans."""

    def mark_dead(self, scan_id: str, failure: Failure, event_id: str) -> bool:
        """Marks a scan dead; False if it came to an end meanwhile, or this event did so before."""


class Rereads(Protocol):
    """Records of further readings."""

    def give_up(self, scan_id: str, version: str, failure: Failure) -> bool:
        """Marks a reading failed; False if it came to an end meanwhile."""


def on_dead_letter(data: Mapping[str, Any], event_id: str, scans: Scans, rereads: Rereads) -> None:
    """Marks the scan dead, or its further reading failed, unless it came to an end meanwhile.

    `data` is a Pub/Sub `messagePublished`, `event_id` the same for each delivery of one event.
    """
    request = _request(data)
    if not paths.is_document_id(event_id):
        raise PermanentError(MALFORMED_EVENT, "The event has no id that can be noted.")
    if version := request.read_again_with:
        is_marked = rereads.give_up(request.scan_id, version, GAVE_UP)
    else:
        is_marked = scans.mark_dead(request.scan_id, GAVE_UP, event_id)
    logger.warning(
        "scan given up" if is_marked else "dead letter of a scan that needs none",
        extra={"scanId": request.scan_id},
    )


def _request(data: Mapping[str, Any]) -> InferenceRequest:
    try:
        body = base64.b64decode(data["message"]["data"], validate=True)
        return request_of_message(body)
    except (KeyError, TypeError, ValueError) as error:
        raise PermanentError(MALFORMED_EVENT, "The message names no scan.") from error
