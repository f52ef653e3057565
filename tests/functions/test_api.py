"""The api itself: its description, whom it lets in, and what a page sees when it fails."""

import asyncio
import json
import logging
import re
import runpy
from dataclasses import replace
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from discai.errors import PermanentError, RetryableError
from discai.manifest import MODEL_VERSION_PATTERN
from functions.api.app import create_api, description
from tests.support import unusable
from tests.support.api import Everybody, nobody_but
from tests.support.checkout import ROOT
from tests.support.records import SCAN


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
def administrator() -> TestClient:
    """A caller who may do everything, of an api that has nothing: what goes on inside fails."""
    given = nobody_but(lambda token: {"email": "a@x.org", "email_verified": True})
    api = create_api(replace(given, reviewers=Everybody("admin")))
    return TestClient(api, headers={"Authorization": "Bearer token"})


CALLS = [
    (method.upper(), path)
    for path, calls in description()["paths"].items()
    for method in calls
    if "{" in path
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_ids_that_are_none_are_not_found_and_no_error_of_ours(administrator, caplog, method, path):
    for name in re.findall(r"{(\w+)}", path):
        for bad in unusable.IDS:
            if name == "modelVersion" and re.fullmatch(MODEL_VERSION_PATTERN, bad):
                continue
            good = {"scanId": SCAN, "modelVersion": "m1", "file": "prediction.json"}
            ids = good | {name: quote(bad, safe="")}
            answer = administrator.request(method, path.format(**ids), json={"count": 1})
            assert answer.status_code in (400, 404), bad
            assert answer.json()["error"]["code"] in ("bad-request", "not-found")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("path", ["/uploads", "/models/m1/read-again"])
def test_bodies_that_can_not_be_read_are_bad_requests(administrator, caplog, path):
    for body in unusable.BODIES:
        headers = {"content-type": "application/json"}
        answer = administrator.post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad-request")
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("name", ["a\nb.mha", "a\x00", "\ud800.mha", "x" * 1025, "", ["x"], None])
def test_a_file_name_that_none_can_be_is_a_bad_request(administrator, name):
    order = {"fileName": name, "size": 4, "contentType": ""}
    content = json.dumps(order).encode()
    answer = administrator.post("/uploads", content=content, headers={"content-type": "text/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_another_site_s_form_does_nothing(stranger, kind):
    headers = {"Origin": "https://evil.example", "Content-Type": kind}
    answer = stranger.post("/uploads", content=b'{"fileName": "a", "size": 1}', headers=headers)
    assert answer.status_code == 401
    assert "access-control-allow-origin" not in answer.headers


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
