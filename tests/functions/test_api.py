"""What a page sees when the api's own collaborators fail."""

import pytest
from starlette.testclient import TestClient

from discai.errors import RetryableError
from functions.api.app import create_api
from functions.api.dependencies import Collaborators
from functions.settings import Settings

SETTINGS = Settings(
    google_cloud_project="p",
    uploads_bucket="p-uploads",
    results_bucket="p-results",
    inference_topic="inference-requests",
    web_origin="http://web.test",
)


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

    api = TestClient(create_api(Collaborators(SETTINGS, *[None] * 7, verify)))
    headers = {"Authorization": "Bearer token", "Origin": "http://web.test"}
    answer = api.post("/uploads", headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"].endswith(".")
    assert "details" not in error["message"]
    assert answer.headers["Access-Control-Allow-Origin"] == "http://web.test"
