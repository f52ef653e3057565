"""Label events as bad as they come: each several times, all at once, dying anywhere."""

import random
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar, cast

from google.cloud import firestore
from google.events.cloud.firestore import DocumentEventData

from discai.cloud import paths
from discai.cloud.database import Put
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.retraining import RetrainingRepository
from discai.cloud.studies import StudyRepository
from discai.errors import RetryableError
from functions.on_label_created import on_label_created
from functions.retraining import Retraining
from tests.support.fakes import FakeSubmitter, nothing_is_filed
from tests.support.records import prediction_of, queued_scan

DELIVERIES = 3
LEASE = timedelta(seconds=0.5)
MOST_TRIES = 200
BOX = {"x": 1, "y": 1, "width": 2, "height": 2, "level": "L5-S1", "herniation": True}


class DiedError(Exception):
    """The process was killed here."""


T = TypeVar("T")


def mortal(target: T, chance: float) -> T:
    """The same, but it may die in any call."""
    return cast(T, Mortal(target, chance))


class Mortal:
    """Passes every call on, and dies before or after one with the given chance."""

    def __init__(self, target: Any, chance: float) -> None:
        self._target = target
        self._chance = chance

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._target, name)

        def call(*arguments: Any, **options: Any) -> Any:
            self._perhaps_die()
            result = method(*arguments, **options)
            self._perhaps_die()
            return result

        return call

    def _perhaps_die(self) -> None:
        if random.random() < self._chance:
            raise DiedError


@dataclass
class Storm:
    """Rounds of labels in one project, each round just enough for a retraining run.

    Attributes:
        chance: of dying at each step's begin and end.
        deaths: how often it happened.
    """

    database: FirestoreDatabase
    store: ObjectStore
    bucket: str
    threshold: int = 3
    chance: float = 0.1
    submitter: FakeSubmitter = field(default_factory=FakeSubmitter)
    deaths: int = 0

    @property
    def runs(self) -> RetrainingRepository:
        return RetrainingRepository(
            self.database, self.threshold, lease=LEASE, first_pause=timedelta(0)
        )

    def round(self) -> None:
        """New labels, their events, and afterwards the sweep that comes by every few minutes."""
        names = [self.save_label() for _ in range(self.threshold)]
        deliveries = names * DELIVERIES
        random.shuffle(deliveries)
        with ThreadPoolExecutor(len(deliveries)) as pool:
            list(pool.map(self.deliver, deliveries))
        time.sleep(LEASE.total_seconds())
        Retraining(self.runs, self.submitter).on_schedule()

    def save_label(self) -> str:
        """A reviewer's label of a scan of its own; the document's full name."""
        scan_id = paths.scan_id("storm", uuid.uuid4().hex, 1)
        label = {
            "kind": "correction",
            "slices": {"1": [BOX]},
            "author": "uid",
            "authorEmail": "r@clinic.org",
            "createdAt": firestore.SERVER_TIMESTAMP,
            "modelVersion": "m1",
        }
        path = paths.label(scan_id, uuid.uuid4().hex)
        self.database.commit(
            [
                Put(paths.scan(scan_id), queued_scan().to_document()),
                Put(paths.prediction(scan_id, "m1"), prediction_of("m1").to_document()),
                Put(path, label),
            ]
        )
        return f"projects/p/databases/(default)/documents/{path}"

    def deliver(self, name: str) -> None:
        """One delivery of a label's event, again and again until it is taken."""
        data = event_of(name)
        for _ in range(MOST_TRIES):
            labels = LabelRepository(self.database, self.store, self.bucket)
            retraining = Retraining(
                mortal(self.runs, self.chance), mortal(self.submitter, self.chance)
            )
            try:
                studies = StudyRepository(self.database, labels)
                on_label_created(
                    data,
                    mortal(labels, self.chance),
                    studies,
                    nothing_is_filed(self.database),
                    retraining,
                )
                return
            except DiedError:
                self.deaths += 1
            except RetryableError:
                time.sleep(0.05)
        raise AssertionError(f"{name} was never taken")


def event_of(name: str) -> bytes:
    """The event of a new document, as Eventarc carries it."""
    return bytes(DocumentEventData.serialize(DocumentEventData(value={"name": name})))
