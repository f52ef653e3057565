"""Handling of events that can never succeed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cloudevents.http import CloudEvent

from discai.errors import PermanentError
from functions.gathering import NoSecretError

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


@contextmanager
def slices_wait_for_the_secret(event: CloudEvent) -> Iterator[None]:
    """A slice that can't be taken yet is told of and its event taken: the sweep comes back to it.

    Hundreds of slices come at once, and each answer 500 would be repeated for a day. The sweep
    looks at every upload until it has been taken, and stays at one that can't be.
    """
    try:
        yield
    except NoSecretError as error:
        logger.error("slice left to the sweep: %s", error.message, extra={"eventId": event["id"]})
