"""Events reach functions in production's shape, at least once, over failures and restarts."""

import asyncio
import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from cloudevents.http import from_http

from infrastructure.local import eventarc
from infrastructure.local.eventarc import Eventarc, create_app
from infrastructure.local.standins import open_database
from infrastructure.local.topology import Topology
from tests.support.waiting import PATIENCE_SECONDS

RESOURCE = {
    "bucket": "demo-discai-uploads",
    "name": "a b/scan.mha",
    "generation": "7",
    "size": "3",
    "updated": "2026-01-01T00:00:00.000Z",
}


class Function:
    """A function that answers as told, and keeps what it was sent."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.received: list[tuple[dict[str, str], bytes]] = []
        function = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                function.received.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(function.statuses.pop(0) if function.statuses else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch):
    monkeypatch.setattr(eventarc, "FIRST_RETRY_SECONDS", 0.01)


def relay(tmp_path, url: str) -> Eventarc:
    topology = Topology.load()
    urls = dict.fromkeys(topology.functions, url)
    connection = open_database(tmp_path / "events.sqlite")
    return Eventarc(connection, topology.project, topology.triggers, urls)


def finalize(events: Eventarc, resource=RESOURCE) -> None:
    with events.connection as connection:
        events.object_finalized(connection, resource)


async def deliver(events: Eventarc, until) -> None:
    task = asyncio.create_task(events.deliver_forever())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not until():
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    task.cancel()
    assert until()


def waiting(events: Eventarc) -> int:
    return events.connection.execute("SELECT count(*) FROM events").fetchone()[0]


def test_an_upload_becomes_the_cloudevent_that_production_sends(tmp_path):
    function = Function()
    events = relay(tmp_path, function.url)
    finalize(events)
    asyncio.run(deliver(events, lambda: waiting(events) == 0))
    event = from_http(*function.received[0])
    assert event["type"] == "google.cloud.storage.object.v1.finalized"
    assert event["source"] == "//storage.googleapis.com/projects/_/buckets/demo-discai-uploads"
    assert event["subject"] == "objects/a%20b/scan.mha"
    assert event["bucket"] == "demo-discai-uploads"
    assert event.data == RESOURCE


def test_objects_of_other_buckets_call_nobody(tmp_path):
    events = relay(tmp_path, "http://127.0.0.1:9/")
    finalize(events, RESOURCE | {"bucket": "demo-discai-results"})
    assert waiting(events) == 0


def test_all_but_a_success_is_delivered_again_a_refusal_as_well(tmp_path):
    function = Function(500, 400, 404, 429, 204)
    events = relay(tmp_path, function.url)
    finalize(events)
    asyncio.run(deliver(events, lambda: waiting(events) == 0))
    assert len(function.received) == 5
    assert len({headers["ce-id"] for headers, _ in function.received}) == 1


def test_an_upload_never_waits_for_labels(tmp_path):
    """As many deliveries to each function as there are at all, however many another one has."""

    async def hang_on_labels() -> None:
        taken = asyncio.Event()
        labels, uploads = 0, 0

        async def answer(reader, writer) -> None:
            nonlocal labels, uploads
            head = await reader.readuntil(b"\r\n\r\n")
            if b"ce-type: " + eventarc.DOCUMENT_CREATED.encode() in head:
                labels += 1
                await taken.wait()
            else:
                uploads += 1
            writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        events = relay(tmp_path, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        with events.connection as connection:
            for number in range(3 * eventarc.CONCURRENT_DELIVERIES):
                headers = {"ce-type": eventarc.DOCUMENT_CREATED}
                events._queue(connection, "on-label-created", headers, b"", f"label-{number}")
        task = asyncio.create_task(events.deliver_forever())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while labels < eventarc.CONCURRENT_DELIVERIES:
                await asyncio.sleep(0.01)
            finalize(events)
            while not uploads:
                await asyncio.sleep(0.01)
            assert labels == eventarc.CONCURRENT_DELIVERIES
            taken.set()
            while waiting(events):
                await asyncio.sleep(0.01)
        assert labels == 3 * eventarc.CONCURRENT_DELIVERIES
        task.cancel()
        server.close()

    asyncio.run(hang_on_labels())


def test_an_event_that_is_never_taken_is_given_up_after_a_day(tmp_path):
    function = Function(400)
    events = relay(tmp_path, function.url)
    finalize(events)
    with events.connection as connection:
        connection.execute("UPDATE events SET created = created - ?", (eventarc.KEPT_SECONDS,))
    asyncio.run(deliver(events, lambda: waiting(events) == 0))
    assert len(function.received) == 1


def test_an_event_outlives_a_restart_while_its_function_is_down(tmp_path):
    events = relay(tmp_path, "http://127.0.0.1:9/")
    finalize(events)
    attempts = "SELECT max(attempts) FROM events"
    asyncio.run(deliver(events, lambda: events.connection.execute(attempts).fetchone()[0] >= 2))
    events.connection.close()
    function = Function()
    again = relay(tmp_path, function.url)
    asyncio.run(deliver(again, lambda: waiting(again) == 0))
    assert len(function.received) == 1


def test_a_dead_letter_becomes_a_message_event_once(tmp_path):
    function = Function()
    events = relay(tmp_path, function.url)
    message = {
        "data": base64.b64encode(b"{}").decode(),
        "messageId": "12",
        "publishTime": "2026-01-01T00:00:00Z",
    }
    push = {"message": message, "subscription": "projects/demo-discai/subscriptions/s"}

    async def push_twice() -> None:
        transport = httpx.ASGITransport(create_app(events))
        async with httpx.AsyncClient(transport=transport, base_url="http://relay") as client:
            for _ in range(2):
                answer = await client.post("/messages/on-dead-letter", json=push)
                assert answer.status_code == 204
            assert (await client.post("/messages/api", json=push)).status_code == 404
        await deliver(events, lambda: waiting(events) == 0)

    asyncio.run(push_twice())
    ((headers, body),) = function.received
    assert headers["ce-type"] == "google.cloud.pubsub.topic.v1.messagePublished"
    assert headers["ce-source"].endswith("/topics/inference-dead-letters")
    assert headers["ce-id"] == "12"
    assert json.loads(body) == push


def test_a_new_document_becomes_the_event_that_production_sends_once(tmp_path):
    function = Function(503)
    events = relay(tmp_path, function.url)
    sent = {
        "ce-id": "e1",
        "ce-specversion": "1.0",
        "ce-type": "google.cloud.firestore.document.v1.created",
        "ce-source": "//firestore.googleapis.com/projects/projects/demo-discai/databases/(default)",
        "ce-subject": "documents/scans/s1/labels/l1",
        "ce-document": "scans/s1/labels/l1",
        "content-type": "application/protobuf",
    }
    body = b"\x0a\x00\xff"

    async def send_twice() -> None:
        transport = httpx.ASGITransport(create_app(events))
        async with httpx.AsyncClient(transport=transport, base_url="http://relay") as client:
            for _ in range(2):
                path = "/functions/projects/demo-discai/triggers/on-label-created"
                answer = await client.post(path, content=base64.b64encode(body), headers=sent)
                assert answer.status_code == 204
        await deliver(events, lambda: waiting(events) == 0)

    asyncio.run(send_twice())
    assert len(function.received) == 2  # the emulator sends each once: the retry is ours
    headers, received = function.received[1]
    assert received == body
    assert headers["content-type"] == "application/protobuf"
    assert headers["ce-source"] == (
        "//firestore.googleapis.com/projects/demo-discai/databases/(default)"
    )
    assert headers["ce-document"] == "scans/s1/labels/l1"
