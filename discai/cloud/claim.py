"""`Claim`: one worker's exclusive hold on one scan, and all that the worker may write about it."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from discai.cloud import paths
from discai.cloud.database import Create, Database, Write
from discai.cloud.documents import (
    HOLDERS_ATTEMPTS,
    BusyError,
    Change,
    Document,
    Stored,
    event_line,
)
from discai.errors import RetryableError
from discai.records.filing import FilingOrder
from discai.records.models import Reread
from discai.records.record import Failure
from discai.records.scans import DiscAtAGlance, Event, Lease, Prediction, Progress, ScanRecord
from discai.records.states import SCAN, Move, ScanMove, State
from discai.records.study import Split, StudyOfScan
from discai.records.worklist import uncertainty

Held = TypeVar("Held", ScanRecord, Reread, FilingOrder)

_BUSY: Final = "This scan is changing right now."
_EVENTS: Final[dict[ScanMove, Any]] = {
    "finish": "done",
    "split": "split",
    "fail": "failed",
    "hand-back": "handed-back",
}


class HeldError(BusyError):
    """Another worker holds it, until that moment unless it renews its lease."""

    def __init__(self, until: datetime) -> None:
        super().__init__("Another worker is reading this scan.")
        self.until = until


class LeaseLostError(RetryableError):
    """The lease ran out and another worker took the scan, or this worker has given it up."""

    def __init__(self) -> None:
        super().__init__("lease-lost", "Another worker has taken over this scan.")


def check_holder_may(move: Move[State], state: State) -> None:
    """Raises `LeaseLostError` if nobody can hold what is in this state, whatever its lease says."""
    if not move.is_allowed(state):
        raise LeaseLostError


class Hold(Generic[Held]):
    """A document that nobody else works on until the lease in it runs out.

    Whatever is written asks that the lease still is this holder's, else `LeaseLostError` is raised:
    a worker that slept past its lease can't overwrite its successor. Methods may be called from
    several threads.

    Attributes:
        about: what it is of, as logs name it.
    """

    def __init__(
        self,
        document: Document[Held],
        held: Stored[Held],
        about: Mapping[str, str],
        lease_seconds: float,
    ) -> None:
        if held.record.lease is None:
            raise ValueError("only what has a lease can be held")
        self.about = about
        self._document: Document[Held] = document
        self._held: Stored[Held] | None = held
        self._holder = held.record.lease.holder
        self._until = held.record.lease.until
        self._lease = timedelta(seconds=lease_seconds)
        self._lock = threading.Lock()

    def report(self, progress: Progress | None) -> None:
        """Shows how far the reading is (None leaves that as it is) and renews the lease."""
        lease = Lease(holder=self._holder, until=datetime.now(UTC) + self._lease)
        shown = {"lease": lease} if progress is None else {"lease": lease, "progress": progress}
        self._change(lambda record: Change(record.model_copy(update=shown)))
        self._until = lease.until

    def check(self) -> None:
        """Raises `LeaseLostError` unless nobody else can have the scan at this moment.

        A lease that ran out unnoticed, as that of a process that was frozen, is renewed first.
        """
        if self._held is None:
            raise LeaseLostError
        if datetime.now(UTC) >= self._until:
            self.report(None)

    def _change(self, decide: Callable[[Held], Change[Held]]) -> None:
        """Changes what is held; without its lease it is held no longer."""

        def decide_as_holder(record: Held | None) -> Change[Held]:
            if record is None or record.lease is None or record.lease.holder != self._holder:
                self._held = None
                raise LeaseLostError
            return decide(record)

        with self._lock:
            if self._held is None:
                raise LeaseLostError
            held = self._document.change(
                decide_as_holder, busy=_BUSY, seen=self._held, attempts=HOLDERS_ATTEMPTS
            )
            self._held = held if held and held.record.lease else None


class Claim(Hold[ScanRecord]):
    """A scan that nobody else reads."""

    def __init__(
        self,
        database: Database,
        scan_id: str,
        held: Stored[ScanRecord],
        lease_seconds: float,
    ) -> None:
        document = Document(database, paths.scan(scan_id), ScanRecord)
        super().__init__(document, held, {"scanId": scan_id}, lease_seconds)
        self.scan_id = scan_id
        self.scan = held.record

    def finish(
        self, prediction: Prediction, removed_tags: list[str], timings: dict[str, datetime]
    ) -> None:
        """Stores the prediction and marks the scan done, both or neither."""
        path = paths.prediction(self.scan_id, prediction.model_version)
        self._finish(
            prediction,
            timings,
            {"removed_tags": removed_tags},
            Create(path, prediction.to_document()),
        )

    def finish_again(self, prediction: Prediction) -> None:
        """Marks the scan done with a prediction that is stored already: it never changes."""
        self._finish(prediction, {}, {})

    def place(self, study: StudyOfScan) -> None:
        """Notes which study the scan belongs to, as soon as that is known."""
        self._change(lambda scan: Change(scan.model_copy(update={"study": study})))
        self.scan = self.scan.model_copy(update={"study": study})

    def split(self, split: Split) -> None:
        """Marks the scan as an archive that became several, which are in the bucket already."""
        now = datetime.now(UTC)

        def ended(scan: ScanRecord) -> dict[str, Any]:
            times = scan.timings.model_copy(update={"read": now, "done": now})
            return {"error": None, "timings": times, "split": split}

        self._move("split", f"{len(split.series)} series, each a scan of its own.", ended)

    def fail(self, failure: Failure) -> None:
        """Marks the scan as one that can't be read, with the sentence that people will see."""
        self._move("fail", failure.message, lambda _: {"error": failure})

    def hand_back(self, reason: str) -> None:
        """Puts the scan back into the queue, for the worker that gets the next delivery."""
        self._move("hand-back", reason, lambda _: {})

    def _finish(
        self,
        prediction: Prediction,
        timings: dict[str, datetime],
        known: dict[str, Any],
        *also: Write,
    ) -> None:
        now = datetime.now(UTC)

        def done(scan: ScanRecord) -> dict[str, Any]:
            ended = scan.timings.model_copy(update={**timings, "done": now})
            return {"error": None, "timings": ended, **known, **at_a_glance(prediction)}

        self._move("finish", f"Read by {prediction.model_version}.", done, *also)

    def _move(
        self,
        name: ScanMove,
        message: str,
        changes: Callable[[ScanRecord], dict[str, Any]],
        *also: Write,
    ) -> None:
        """Ends the hold with a move of the scan, its changes, and a line in its timeline."""
        move, kind = SCAN[name], _EVENTS[name]
        event = Event(kind=kind, at=datetime.now(UTC), by=self._holder, message=message)
        line = event_line(self.scan_id, f"{kind}-{self.scan.attempt}", event)

        def moved(scan: ScanRecord) -> Change[ScanRecord]:
            check_holder_may(move, scan.status)
            ended = {"status": move.target, "progress": None, "lease": None}
            return Change(scan.model_copy(update={**ended, **changes(scan)}), [line, *also])

        self._change(moved)


AnyHold = Hold[ScanRecord] | Hold[Reread]
"""A hold on a scan's first or further reading."""


def at_a_glance(prediction: Prediction) -> dict[str, Any]:
    """The fields of a scan's record that tell what the model read in it."""
    discs = [DiscAtAGlance(level=d.level, herniation=d.herniation) for d in prediction.discs]
    herniations = [disc.herniation for disc in discs]
    return {
        "model_version": prediction.model_version,
        "key_slice": prediction.key_slice,
        "slice_count": prediction.slice_count,
        "discs": discs,
        "highest_herniation": max(herniations, default=None),
        "uncertainty": uncertainty(herniations, prediction.herniation_threshold),
        "herniation_threshold": prediction.herniation_threshold,
    }
