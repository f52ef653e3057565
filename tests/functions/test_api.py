"""The api itself: its description, whom it lets in, and what a page sees when it fails."""

import asyncio
import runpy
from dataclasses import fields
from typing import Any

import pytest
from starlette.testclient import TestClient

from discai.errors import PermanentError, RetryableError
from functions.api.app import create_api, description
from functions.api.dependencies import Collaborators
from functions.identity import VerifyToken
from functions.settings import Settings
from tests.support.checkout import ROOT

SETTINGS = Settings(
    google_cloud_project="p",
    uploads_bucket="p-uploads",
    results_bucket="p-results",
    inference_topic="inference-requests",
    web_origin="http://web.test",
)


def nobody_but(verify: VerifyToken) -> Collaborators:
    """An api that asks whoever calls for a token, and has nothing to give."""
    absent: Any = dict.fromkeys(field.name for field in fields(Collaborators))
    return Collaborators(**absent | {"settings": SETTINGS, "verify_token": verify})


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (RetryableError("unavailable", "Firestore does not answer."), 503, "unavailable"),
        (RuntimeError("a bug with details"), 500, "internal"),
    ],
)
def test_every_failure_is_a_sentence_that_our_page_may_read(failure, status, code):
    def verify(token: str) -> dict:
        raise failure

    api = TestClient(create_api(nobody_but(verify)))
    headers = {"Authorization": "Bearer token", "Origin": "http://web.test"}
    answer = api.post("/uploads", headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"].endswith(".")
    assert "details" not in error["message"]
    assert answer.headers["Access-Control-Allow-Origin"] == "http://web.test"


@pytest.fixture
def stranger() -> TestClient:
    """A caller whose token is none."""

    def verify(token: str) -> dict:
        raise PermanentError("not-signed-in", "Please sign in again.")

    return TestClient(create_api(nobody_but(verify)))


def test_the_page_is_made_from_the_description():
    docs = runpy.run_path(str(ROOT / "docs" / "api.py"))
    assert docs["PAGE"].read_text("utf-8") == docs["written"](description()), "run docs/api.py"


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_anybody_may_read_the_description_wherever_the_api_is(stranger, prefix):
    answer = stranger.get(f"{prefix}/openapi.json")
    assert (answer.status_code, answer.json()) == (200, description())


def test_nothing_else_of_it_is_shown_without_a_token(stranger):
    for path in ("/docs", "/redoc", "/openapi.json/", "/api/api/openapi.json", "/"):
        assert stranger.get(path).status_code == 401
    assert stranger.options("/uploads").status_code == 401


def test_every_call_is_described_whole():
    for calls in description()["paths"].values():
        for call in calls.values():
            assert call["description"].endswith(".")
            assert call["security"] == [{"idToken": []}]
            assert {"401", "403", "500", "503"} < set(call["responses"])
            for status, response in call["responses"].items():
                body = response["content"]["application/json"]["schema"]["$ref"]
                assert body.endswith("/ErrorBody") == (int(status) >= 400)


def test_a_stranger_s_body_is_not_read(stranger):
    async def receive():
        raise AssertionError("read")

    async def send(message):
        sent.append(message)

    sent: list[dict] = []
    headers = [(b"authorization", b"Bearer x"), (b"content-type", b"application/json")]
    call = {"type": "http", "method": "POST", "path": "/uploads", "headers": headers}
    asyncio.run(stranger.app({**call, "query_string": b""}, receive, send))
    assert sent[0]["status"] == 401
    assert (b"cache-control", b"no-store") in sent[0]["headers"]
