"""Which failures of Google's services are worth another try."""

import pytest
import requests
from google.api_core import exceptions as google
from google.auth import exceptions as auth

from discai.cloud.retrying import retryable
from discai.errors import RetryableError


@pytest.mark.parametrize(
    "error",
    [
        google.ServiceUnavailable("x"),
        google.DeadlineExceeded("x"),
        google.ResourceExhausted("x"),
        google.Aborted("x"),
        google.Cancelled("x"),
        google.Unknown("x"),
        google.RetryError("x", cause=None),
        auth.TransportError("x"),
        requests.ConnectionError("x"),
        requests.ReadTimeout("x"),
        TimeoutError("x"),
        ConnectionResetError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_passing_failure_is_retryable_and_says_so_to_a_person(error):
    said = r"^Firestore does not answer"
    with pytest.raises(RetryableError, match=said) as problem, retryable("Firestore"):
        raise error
    assert problem.value.__cause__ is error


@pytest.mark.parametrize("error", [google.PermissionDenied("x"), google.NotFound("x"), KeyError()])
def test_what_will_not_pass_stays_what_it_is(error):
    with pytest.raises(type(error)), retryable("Firestore"):
        raise error
