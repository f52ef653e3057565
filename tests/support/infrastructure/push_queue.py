"""Pub/Sub's push to a service that is at its limit, in simulated time.

As the platform documents it: a request that finds every instance busy waits up to ten seconds for
one and is then answered 429; each answer that is no success counts as a delivery attempt and
doubles the pause until the next one, and after the last the message goes to the dead-letter topic.
See cloud.google.com/run/docs/about-instance-autoscaling and, below cloud.google.com/pubsub/docs,
dead-letter-topics and handling-failures. How far pauses differ is not documented: here by a tenth,
at random, from one seed.
"""

import base64
import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from discai.cloud.requests import AnyRequest
from discai.errors import RetryableError
from infrastructure.local.topology import TOPOLOGY

#: Cloud Run has a request wait so long for an instance.
_PENDING_SECONDS: Final = 10.0

Reading = Callable[[], None]
"""What is done when the reading ends; raises `RetryableError` if the request should come again."""


@dataclass(eq=False)
class _Message:
    request: AnyRequest
    attempts: int = 0


@dataclass
class PushQueue:
    """The queue in front of a few workers, with the retries and dead letters of topology.yaml.

    Attributes:
        instances: workers, each of which reads one scan at a time, in so many `seconds`.
        begin: begins a reading; None if there is nothing left to do.
        on_dead_letter: takes the data of the event and its id.
        now: seconds since the beginning.
        refused: deliveries that were answered 429.
        buried: requests that were given up after the last attempt, one for each time.
    """

    instances: int
    seconds: float
    begin: Callable[[AnyRequest], Reading | None]
    on_dead_letter: Callable[[dict[str, Any], str], None]
    now: float = 0.0
    refused: int = 0
    buried: list[AnyRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        (settings,) = yaml.safe_load(TOPOLOGY.read_text(encoding="utf-8"))["subscriptions"].values()
        self._shortest = settings["retry"]["minimum_backoff_seconds"]
        self._longest = settings["retry"]["maximum_backoff_seconds"]
        self._most_attempts = settings["dead_letter"]["max_delivery_attempts"]
        self._free = self.instances
        self._random = random.Random(1)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._pending: dict[_Message, None] = {}

    def publish(self, request: AnyRequest, after_seconds: float = 0.0) -> None:
        """Takes a request, which is delivered at once, or so much later."""
        self._after(after_seconds, lambda: self._deliver(_Message(request)))

    def run(self) -> None:
        """Lets time pass until nothing is left in the queue."""
        while self._due:
            self.now, _, happen = heapq.heappop(self._due)
            happen()

    def _after(self, seconds: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._numbers), happen))

    def _deliver(self, message: _Message) -> None:
        if self._free:
            self._free -= 1
            self._read(message)
        else:
            self._pending[message] = None
            self._after(_PENDING_SECONDS, lambda: self._refuse(message))

    def _refuse(self, message: _Message) -> None:
        if message in self._pending:
            del self._pending[message]
            self.refused += 1
            self._come_again(message)

    def _read(self, message: _Message) -> None:
        reading = self.begin(message.request)
        self._after(self.seconds if reading else 0.0, lambda: self._end(message, reading))

    def _end(self, message: _Message, reading: Reading | None) -> None:
        try:
            if reading:
                reading()
        except RetryableError:
            self._come_again(message)
        if self._pending:
            following = next(iter(self._pending))
            del self._pending[following]
            self._read(following)
        else:
            self._free += 1

    def _come_again(self, message: _Message) -> None:
        message.attempts += 1
        if message.attempts < self._most_attempts:
            pause = min(self._longest, self._shortest * 2 ** (message.attempts - 1))
            pause *= self._random.uniform(0.9, 1.1)
            self._after(pause, lambda: self._deliver(message))
            return
        self.buried.append(message.request)
        body = message.request.model_dump_json(by_alias=True).encode()
        data = {"message": {"data": base64.b64encode(body).decode()}}
        event_id = str(len(self.buried))
        self._after(0.0, lambda: self.on_dead_letter(data, event_id))
