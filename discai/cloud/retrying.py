"""Turns the passing failures of Google's services into `RetryableError`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import requests
from google.api_core import exceptions as google
from google.auth import exceptions as auth

from discai.errors import RetryableError

#: What the client libraries still raise after their own retries with backoff have run out, and
#: what not all of them retry: Google's own clients of Firestore and Pub/Sub take a call that was
#: cancelled on its way, or whose end is unknown, for one that passes.
TRANSIENT: Final = (
    google.Aborted,
    google.BadGateway,
    google.Cancelled,
    google.GatewayTimeout,
    google.InternalServerError,
    google.RetryError,
    google.ServiceUnavailable,
    google.TooManyRequests,
    google.Unknown,
    auth.TransportError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    ConnectionError,
    TimeoutError,
)


@contextmanager
def retryable(service: str) -> Iterator[None]:
    """Within it, a passing failure of `service` (its name for people) is a `RetryableError`."""
    try:
        yield
    except TRANSIENT as error:
        raise RetryableError(
            "unavailable", f"{service} does not answer at the moment; please try again."
        ) from error
