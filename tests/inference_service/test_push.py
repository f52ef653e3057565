"""Who may push, and what a push must look like."""

import pytest
from google.auth.exceptions import InvalidValue, TransportError

from discai.errors import PermanentError, RetryableError
from discai.records import InferenceRequest
from inference_service.push import OidcVerifier, request_of

PUSHER = "pusher@p.iam.gserviceaccount.com"


def verifier(claims: dict | Exception) -> OidcVerifier:
    """A verifier to which Google's answer is `claims`."""

    def verify(token: str, transport: object, audience: str) -> dict:
        assert (token, audience) == ("t0ken", "https://worker")
        if isinstance(claims, Exception):
            raise claims
        return claims

    return OidcVerifier("https://worker", PUSHER, verify)


def test_the_pushing_account_comes_in():
    verifier({"email": PUSHER, "email_verified": True})("Bearer t0ken")


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        (None, {}),
        ("", {}),
        ("Basic t0ken", {}),
        ("Bearer t0ken", {"email": "other@p.iam.gserviceaccount.com", "email_verified": True}),
        ("Bearer t0ken", {"email": PUSHER, "email_verified": False}),
        ("Bearer t0ken", {}),
        ("Bearer t0ken", ValueError("expired")),
        ("Bearer t0ken", InvalidValue("wrong audience")),
    ],
)
def test_nobody_else_does(header, claims):
    with pytest.raises(PermanentError) as refusal:
        verifier(claims)(header)
    assert refusal.value.code == "not-pubsub"


def test_without_googles_certificates_the_push_should_come_again():
    with pytest.raises(RetryableError):
        verifier(TransportError("no network"))("Bearer t0ken")


def test_a_push_names_its_scan():
    body = (
        b'{"message": {"data": "eyJzY2FuSWQiOiAicyIsICJidWNrZXQiOiAiYiIsICJuYW1lIjogIm4iLCA'
        b'iZ2VuZXJhdGlvbiI6IDd9"}}'
    )
    assert request_of(body) == InferenceRequest(scan_id="s", bucket="b", name="n", generation=7)
