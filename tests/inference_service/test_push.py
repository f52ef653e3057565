"""Who may push, and what a push must look like."""

import base64
import json

import pytest
from google.auth.exceptions import InvalidValue, TransportError

from discai.errors import PermanentError, RetryableError
from discai.records.scans import InferenceRequest
from inference_service.push import SIGNATURE_REMOVED, OidcVerifier, request_of
from tests.support import unusable
from tests.support.records import SCAN

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


def without_signature(**claims: object) -> str:
    """A header as Cloud Run hands it on once it has checked the token."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "RS256", "typ": "JWT"}, claims)
    ]
    return "Bearer " + ".".join([*parts, SIGNATURE_REMOVED])


def never(token: str, transport: object, audience: str) -> dict:
    raise InvalidValue("Could not verify token signature.")


RIGHT = {"aud": "https://worker", "email": PUSHER, "email_verified": True}


def test_on_cloud_run_the_pushing_account_comes_in_without_its_signature():
    OidcVerifier("https://worker", PUSHER, never, on_cloud_run=True)(without_signature(**RIGHT))


@pytest.mark.parametrize(
    ("on_cloud_run", "header"),
    [
        (False, without_signature(**RIGHT)),
        (True, without_signature(**{**RIGHT, "email": "other@p.iam.gserviceaccount.com"})),
        (True, without_signature(**{**RIGHT, "aud": "https://api"})),
        (True, f"Bearer not.json.{SIGNATURE_REMOVED}"),
        (True, without_signature(**RIGHT).replace(SIGNATURE_REMOVED, "c2lnbmF0dXJl")),
    ],
)
def test_nobody_else_comes_in_without_a_signature(on_cloud_run, header):
    with pytest.raises(PermanentError) as refusal:
        OidcVerifier("https://worker", PUSHER, never, on_cloud_run=on_cloud_run)(header)
    assert refusal.value.code == "not-pubsub"


def test_without_googles_certificates_the_push_should_come_again():
    with pytest.raises(RetryableError):
        verifier(TransportError("no network"))("Bearer t0ken")


def push_of(**changes: object) -> bytes:
    order = {"scanId": SCAN, "bucket": "b", "name": "n", "generation": 7, **changes}
    data = base64.b64encode(json.dumps(order).encode()).decode()
    return json.dumps({"message": {"data": data}}).encode()


def test_a_push_names_its_scan():
    named = InferenceRequest(scan_id=SCAN, bucket="b", name="n", generation=7)
    assert request_of(push_of()) == named
    again = named.model_copy(update={"read_again_with": "2026-11-25b"})
    assert request_of(push_of(readAgainWith="2026-11-25b")) == again


@pytest.mark.parametrize(
    "body",
    [
        *unusable.BODIES,
        *(push_of(scanId=bad) for bad in unusable.IDS),
        *(push_of(readAgainWith=bad) for bad in ("..", "__x__", "a/b", "x" * 2000, "a\n", "")),
        b'{"message": {"data": "%s"}}' % base64.b64encode(unusable.DEEP),
    ],
)
def test_what_names_no_scan_is_no_push(body):
    with pytest.raises(PermanentError) as refusal:
        request_of(body)
    assert refusal.value.code == "malformed-push"
