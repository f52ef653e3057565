"""What a failed event answers, so that it is delivered again only if that can help."""

from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.exceptions import BadRequest

from discai.errors import PermanentError


@contextmanager
def malformed_is_bad_request() -> Iterator[None]:
    """An event that can never be understood answers 400, every other failure 500: retried."""
    try:
        yield
    except PermanentError as error:
        raise BadRequest(error.message) from error
