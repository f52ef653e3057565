"""The worker's HTTP app with a worker and a model that do nothing."""

import asyncio
import time

import httpx
import pytest
from starlette.applications import Starlette

from discai.cloud.requests import AnyRequest
from discai.errors import PermanentError, RetryableError
from discai.records.scans import InferenceRequest
from inference_service.app import create_app
from inference_service.push import accept_every_push
from tests.inference_service.conftest import push_body

REQUEST = InferenceRequest(scan_id="s" * 26, bucket="b", name="n", generation=1)


class Model:
    def __init__(self, is_ready: bool = True) -> None:
        self.is_ready = is_ready
        self.version = "2026-11-24a"
        self.problem = None


class Worker:
    """Notes what it should read and fails as it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.requests: list[AnyRequest] = []

    def handle(self, request: AnyRequest) -> None:
        self.requests.append(request)
        if self.error:
            raise self.error

    def stop(self) -> None:
        """Nothing at work."""


def ask(
    app: Starlette,
    method: str,
    path: str,
    body: object = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """The app's answer."""

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
            return await client.request(method, path, json=body, headers=headers)

    return asyncio.run(call())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, 204),
        (PermanentError("unknown-scan", "There is no such scan."), 204),
        (RetryableError("busy", "Another worker reads it."), 429),
        (RetryableError("unavailable", "Firestore does not answer."), 503),
        (RuntimeError("a bug"), 500),
    ],
)
def test_only_what_may_work_later_is_asked_for_again(error, status):
    worker = Worker(error)
    app = create_app(worker, Model(), accept_every_push)
    assert ask(app, "POST", "/", push_body(REQUEST)).status_code == status
    assert worker.requests == [REQUEST]


def test_a_push_of_a_stranger_never_reaches_the_worker():
    def verify(authorization: str | None) -> None:
        raise PermanentError("not-pubsub", "This address takes pushes of Pub/Sub only.")

    worker = Worker()
    answer = ask(create_app(worker, Model(), verify), "POST", "/", push_body(REQUEST))
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "not-pubsub"
    assert not worker.requests


def test_a_web_page_pushes_nothing_where_no_token_is_asked_for():
    worker = Worker()
    app = create_app(worker, Model(), accept_every_push)
    answer = ask(app, "POST", "/", push_body(REQUEST), {"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert not worker.requests


def test_it_is_alive_before_it_is_ready():
    loading = create_app(Worker(), Model(is_ready=False), accept_every_push)
    assert ask(loading, "GET", "/healthz").status_code == 200
    assert ask(loading, "GET", "/readyz").status_code == 503
    ready = create_app(Worker(), Model(), accept_every_push)
    assert ask(ready, "GET", "/readyz").status_code == 200


class SlowWorker(Worker):
    """Takes a moment for each scan."""

    def handle(self, request: AnyRequest) -> None:
        time.sleep(0.2)
        super().handle(request)


@pytest.mark.parametrize(("turn_seconds", "statuses"), [(600.0, [204, 204]), (0.0, [204, 429])])
def test_a_second_request_waits_for_its_turn_as_long_as_it_may(turn_seconds, statuses):
    worker = SlowWorker()
    app = create_app(worker, Model(), accept_every_push, turn_seconds)

    async def push_both() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://worker") as client:
            pushes = (client.post("/", json=push_body(REQUEST)) for _ in range(2))
            return sorted(answer.status_code for answer in await asyncio.gather(*pushes))

    assert asyncio.run(push_both()) == statuses
    assert len(worker.requests) == statuses.count(204)
