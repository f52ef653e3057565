"""Handling of events that can never succeed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cloudevents.http import CloudEvent

from discai.errors import PermanentError

logger = logging.getLogger(__name__)

MALFORMED_EVENT: Final = "malformed-event"


@contextmanager
def permanent_errors_end(event: CloudEvent) -> Iterator[None]:
    """A permanent error is logged and the event taken; every other failure answers 500: retried.

    No answer says "never again" to Eventarc: it repeats for a day whatever is no success. An event
    that names nothing of ours is the fault of whoever sent it, and nobody here needs to be woken.
    """
    try:
        yield
    except PermanentError as error:
        about = {"code": error.code, "eventId": event["id"], "eventType": event["type"]}
        level = logging.WARNING if error.code == MALFORMED_EVENT else logging.ERROR
        logger.log(level, "event given up: %s", error.message, extra=about)
