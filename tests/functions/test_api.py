"""What a page sees when the api's own collaborators fail."""

import flask
import pytest

from discai.errors import RetryableError
from functions.api import Api
from functions.settings import Settings

SETTINGS = Settings(
    google_cloud_project="p",
    uploads_bucket="p-uploads",
    results_bucket="p-results",
    inference_topic="inference-requests",
    web_origin="http://web.test",
)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RetryableError("unavailable", "Firestore does not answer."), 503, "unavailable"),
        (RuntimeError("a bug with details"), 500, "internal"),
    ],
)
def test_every_failure_is_a_sentence_that_our_page_may_read(error, status, code):
    def verify(token: str) -> dict:
        raise error

    api = Api(SETTINGS, *[None] * 7, verify)
    headers = {"Authorization": "Bearer token", "Origin": "http://web.test"}
    with flask.Flask("api").test_request_context("/uploads", method="POST", headers=headers):
        answer = api(flask.request)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert answer.json["error"]["message"].endswith(".")
    assert "details" not in answer.json["error"]["message"]
    assert answer.headers["Access-Control-Allow-Origin"] == "http://web.test"
