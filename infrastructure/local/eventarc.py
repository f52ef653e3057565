"""Eventarc on one machine: events in, CloudEvents as production sends them out, with retry.

An event lies in the database until its function has answered 2xx, so neither a restart nor a
function that isn't up yet loses one. It may arrive twice, and a refusal is repeated like any other
failure, as in production: https://cloud.google.com/eventarc/docs/retry-events
"""

import asyncio
import base64
import json
import logging
import sqlite3
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infrastructure.local.other_sites import NoPages
from infrastructure.local.topology import Trigger

STORAGE_FINALIZED = "google.cloud.storage.object.v1.finalized"
MESSAGE_PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"
DOCUMENT_CREATED = "google.cloud.firestore.document.v1.created"

FIRST_RETRY_SECONDS = 0.25
LONGEST_RETRY_SECONDS = 10.0
KEPT_SECONDS = 24 * 3600  # Eventarc gives up after a day
DELIVERY_SECONDS = 600.0
#: To each function, as to an instance of it in production: none waits for the events of another.
CONCURRENT_DELIVERIES = 16

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, function TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
    created REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS events_due ON events (function, due);
"""
log = logging.getLogger("eventarc")


@dataclass(frozen=True)
class Event:
    """A CloudEvent in binary mode, on its way to one function."""

    id: str
    function: str
    headers: dict[str, str]
    body: bytes
    created: float
    attempts: int

    @property
    def retry_seconds(self) -> float:
        """Seconds to wait after the attempt that has just failed."""
        return float(min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(self.attempts, 16)))


class Eventarc:
    """Triggers of one project: keeps events until their functions have taken them.

    Attributes:
        urls: where each function listens.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        project: str,
        triggers: tuple[Trigger, ...],
        urls: Mapping[str, str],
    ) -> None:
        self.connection = connection
        self.project = project
        self.triggers = triggers
        self.urls = urls
        self._news = asyncio.Event()
        self._in_flight: dict[str, dict[str, asyncio.Task[None]]] = {
            function: {} for function in urls
        }
        connection.executescript(SCHEMA)

    # Events in

    def object_finalized(self, connection: sqlite3.Connection, resource: dict[str, Any]) -> None:
        """Queue the event of a new object, in the transaction that makes it visible."""
        for trigger in self.triggers:
            bucket = resource["bucket"]
            if trigger.type == STORAGE_FINALIZED and bucket == f"{self.project}-{trigger.bucket}":
                headers = {
                    "ce-type": STORAGE_FINALIZED,
                    "ce-source": f"//storage.googleapis.com/projects/_/buckets/{bucket}",
                    "ce-subject": f"objects/{quote(resource['name'])}",
                    "ce-time": resource["updated"],
                    "ce-bucket": bucket,
                }
                self._queue(connection, trigger.function, headers, json_body(resource))

    async def object_finalized_again(self, request: Request) -> Response:
        """Queue the event of an object once more, if the effect of the first was lost."""
        with self.connection:
            self.object_finalized(self.connection, await request.json())
        return Response(status_code=204)

    async def message_published(self, request: Request) -> Response:
        """Take a Pub/Sub push for a function's trigger; 204 once it is on disk."""
        function = request.path_params["function"]
        push = await request.json()
        for trigger in self.triggers:
            if trigger.function == function and trigger.type == MESSAGE_PUBLISHED:
                topic = f"projects/{self.project}/topics/{trigger.topic}"
                headers = {
                    "ce-type": MESSAGE_PUBLISHED,
                    "ce-source": f"//pubsub.googleapis.com/{topic}",
                    "ce-time": push["message"]["publishTime"],
                }
                message_id = push["message"]["messageId"]
                with self.connection:
                    self._queue(self.connection, function, headers, json_body(push), message_id)
                return Response(status_code=204)
        return Response(f"no trigger of {function} takes messages", status_code=404)

    async def document_created(self, request: Request) -> Response:
        """Take an event of Firestore's emulator, which sends each once; 204 once it is on disk.

        Its protobuf comes as base64, and its source says `projects/projects/`.
        """
        function = request.path_params["function"]
        headers = {name: value for name, value in request.headers.items() if name[:3] == "ce-"}
        headers["ce-source"] = headers["ce-source"].replace("projects/projects/", "projects/")
        headers["content-type"] = "application/protobuf"
        body = base64.b64decode(await request.body())
        with self.connection:
            self._queue(self.connection, function, headers, body, headers["ce-id"])
        return Response(status_code=204)

    def _queue(
        self,
        connection: sqlite3.Connection,
        function: str,
        headers: dict[str, str],
        body: bytes,
        event_id: str | None = None,
    ) -> None:
        event_id = event_id or uuid.uuid4().hex
        usual = {"ce-specversion": "1.0", "content-type": "application/json"}
        headers = {**usual, **headers, "ce-id": event_id}
        connection.execute(
            "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, 0, ?)",
            (
                *(f"{function}/{event_id}", function, json.dumps(headers)),
                *(body, time.time(), time.time()),
            ),
        )
        self._news.set()

    # Events out

    async def deliver_forever(self) -> None:
        """Deliver what is due, until cancelled."""
        async with httpx.AsyncClient(timeout=DELIVERY_SECONDS) as client:
            while True:
                self._news.clear()
                for function, in_flight in self._in_flight.items():
                    for event in self._due(function):
                        task = asyncio.create_task(self._deliver(client, event))
                        in_flight[event.id] = task
                        task.add_done_callback(partial(self._landed, event))
                await self._until_due()

    def _landed(self, event: Event, _task: asyncio.Task[None]) -> None:
        self._in_flight[event.function].pop(event.id, None)
        self._news.set()

    async def _until_due(self) -> None:
        """Sleep until an event comes, a delivery ends or a retry is due."""
        dues = [due for function in self._in_flight if (due := self._next_due(function))]
        timeout = max(0.0, min(dues) - time.time()) if dues else None
        try:
            await asyncio.wait_for(self._news.wait(), timeout)
        except TimeoutError:
            return

    def _next_due(self, function: str) -> float | None:
        """Moment at which a function gets its next event; None if it has none, or no room."""
        in_flight = self._in_flight[function]
        if len(in_flight) >= CONCURRENT_DELIVERIES:
            return None
        waiting = self.connection.execute(
            "SELECT id, due FROM events WHERE function = ? ORDER BY due LIMIT ?",
            (function, len(in_flight) + 1),
        ).fetchall()
        return next((due for key, due in waiting if key not in in_flight), None)

    def _due(self, function: str) -> list[Event]:
        """As many events as a function has room for, the longest due first."""
        in_flight = self._in_flight[function]
        rows = self.connection.execute(
            "SELECT id, function, headers, body, created, attempts FROM events "
            "WHERE function = ? AND due <= ? ORDER BY due LIMIT ?",
            (function, time.time(), CONCURRENT_DELIVERIES),
        ).fetchall()
        events = [
            Event(key, name, json.loads(headers), body, created, attempts)
            for key, name, headers, body, created, attempts in rows
            if key not in in_flight
        ]
        return events[: CONCURRENT_DELIVERIES - len(in_flight)]

    async def _deliver(self, client: httpx.AsyncClient, event: Event) -> None:
        try:
            answer = await client.post(
                self.urls[event.function], content=event.body, headers=event.headers
            )
            status, reason = answer.status_code, answer.text[:200]
        except httpx.HTTPError as error:
            status, reason = 503, repr(error)
        if status < 300:
            self._forget(event)
        elif time.time() - event.created > KEPT_SECONDS:
            log.error("%s never took event %s: given up after a day", event.function, event.id)
            self._forget(event)
        else:
            log.warning("%s answered %d: %s", event.function, status, reason)
            self._postpone(event)

    def _forget(self, event: Event) -> None:
        with self.connection:
            self.connection.execute("DELETE FROM events WHERE id = ?", (event.id,))

    def _postpone(self, event: Event) -> None:
        with self.connection:
            self.connection.execute(
                "UPDATE events SET attempts = attempts + 1, due = ? WHERE id = ?",
                (time.time() + event.retry_seconds, event.id),
            )


def json_body(data: dict[str, Any]) -> bytes:
    """An event's data as most event types carry it."""
    return json.dumps(data).encode()


def create_app(eventarc: Eventarc) -> Starlette:
    """Address to which subscriptions and Firestore deliver, and where events are repeated."""
    post = ["POST"]
    return Starlette(
        routes=[
            Route("/", lambda _: Response("ok")),
            Route("/messages/{function}", eventarc.message_published, methods=post),
            Route(
                "/functions/projects/{project}/triggers/{function}",
                eventarc.document_created,
                methods=post,
            ),
            Route("/finalized", eventarc.object_finalized_again, methods=post),
        ],
        middleware=[Middleware(NoPages)],
    )
