"""Retraining runs in Firestore: when one is due, who may submit it, and how it ends.

`control/retraining` says up to when labels have been learned from; `runs/{epoch}` is one run.
Both are changed by create-if-absent and by writes on condition that they are as they were seen,
never in a transaction, so that any number of deliveries may try at the same moment.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from google.api_core.exceptions import AlreadyExists, FailedPrecondition
from google.cloud import firestore

from discai.cloud import paths
from discai.cloud.retrying import retryable
from discai.errors import PermanentError, RetryableError
from discai.records.models import RetrainingControl, RetrainingRun
from discai.records.scans import Failure, Lease

#: To submit a run; then another delivery may try.
LEASE: Final = timedelta(minutes=2)
#: After a failed run, before its labels start the next; doubled by each further failure.
FIRST_PAUSE: Final = timedelta(hours=1)
LONGEST_PAUSE: Final = timedelta(days=1)

NOT_CONFIGURED: Final = "No training pipeline is configured, so labels are only counted."
PAUSED: Final = "The last run failed; its labels start the next one after a pause."

#: A run in one of these states changes no more.
ENDED: Final = ("succeeded", "failed")

Trigger = Literal["labels", "schedule", "person"]
"""What starts a run."""

_LOOKS: Final = 8
_BEFORE_ANY_LABEL: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Job:
    """A run's pipeline job, where it runs."""

    name: str
    url: str
    state: Literal["running", "succeeded", "failed"]
    message: str = ""


class RetrainingRepository:
    """The documents of the retraining loop.

    Args:
        threshold: newly labelled scans that start a run.
        configured: whether there is a pipeline to start at all.
        lease: and `first_pause`: see the constants.
    """

    def __init__(
        self,
        database: firestore.Client,
        threshold: int,
        *,
        configured: bool = True,
        lease: timedelta = LEASE,
        first_pause: timedelta = FIRST_PAUSE,
    ) -> None:
        self._database: Any = database
        self._threshold = threshold
        self._configured = configured
        self._lease = lease
        self._first_pause = first_pause

    def count(self) -> RetrainingControl:
        """Counts the newly labelled scans, and shows the count and what follows from it."""
        for _ in range(_LOOKS):
            control, seen = self._look()
            counted = self._counted(control)
            if _shows_the_same(control, counted):
                break
            batch = self._database.batch()
            add_as_seen(batch, self._control, seen, counted.to_document())
            if committed(batch):
                break
        return counted

    def run(self, epoch: int) -> RetrainingRun | None:
        """One run, or None if there was none yet."""
        return self._look_at_run(epoch)[0]

    def start_by_hand(self, *, retrain_segmentation: bool = False) -> RetrainingRun:
        """The right to submit the next run now, however few scans are newly labelled.

        Raises `PermanentError("run-going-on")` while another one is on its way.
        """
        control = self.count()
        going_on = PermanentError("run-going-on", f"Run {control.epoch + 1} is going on.")
        if self.run(control.epoch + 1):
            raise going_on
        run = self.acquire(control, "person", retrain_segmentation=retrain_segmentation)
        if run is None:
            raise going_on
        return run

    def acquire(
        self, control: RetrainingControl, trigger: Trigger, *, retrain_segmentation: bool = False
    ) -> RetrainingRun | None:
        """The right to submit the next run, until its lease ends; None if somebody else has it.

        The run's cutoff is the moment of the count, or that of the delivery that this one takes
        over from.
        """
        now = datetime.now(UTC)
        run = RetrainingRun(
            epoch=control.epoch + 1,
            state="submitting",
            trigger=trigger,
            cutoff=control.counted_at or now,
            count=control.count,
            threshold=control.threshold,
            retrain_segmentation=retrain_segmentation,
            created_at=now,
            updated_at=now,
            lease=self._new_lease(),
        )
        with retryable("Firestore"):
            try:
                self._run(run.epoch).create(run.to_document())
            except AlreadyExists:
                return self.take_over(run.epoch)
        return run

    def take_over(self, epoch: int) -> RetrainingRun | None:
        """The right to submit a run that somebody else was too slow to submit, or None."""
        run, seen = self._look_at_run(epoch)
        if run is None or run.state != "submitting":
            return None
        if run.lease and run.lease.until > datetime.now(UTC):
            return None
        lease = self._new_lease()
        batch = self._database.batch()
        add_as_seen(batch, self._run(epoch), seen, {"lease": lease.to_document()})
        return run.model_copy(update={"lease": lease}) if committed(batch) else None

    def submitted(self, epoch: int, job: Job) -> None:
        """Records the job of a run; nothing to do if that is recorded or the run has ended."""
        for _ in range(_LOOKS):
            run, seen = self._look_at_run(epoch)
            if run is None or run.state != "submitting":
                return
            fields = {
                "state": "running",
                "lease": None,
                "jobName": job.name,
                "jobUrl": job.url,
                "updatedAt": datetime.now(UTC),
            }
            batch = self._database.batch()
            add_as_seen(batch, self._run(epoch), seen, fields)
            if committed(batch):
                return
        raise RetryableError("busy", "The run is changing right now.")

    def close(self, epoch: int, error: Failure | None = None, *, held: Lease | None = None) -> bool:
        """Ends a run; False, and nothing changes, if it has ended or there is none.

        Who was to submit it gives the lease it `held`: somebody else may have taken over since.
        Without an error its labels are learned from; else they stay counted, and start the next
        run after a pause; at once if a person started this one and it never got a job, since that
        says nothing of the settings of the others. What broke after a run had decided has undone
        nothing, and is no failure.
        """
        for _ in range(_LOOKS):
            control, control_seen = self._look()
            run, seen = self._look_at_run(epoch)
            if run is None or run.state in ENDED or (held and run.lease != held):
                return False
            now = datetime.now(UTC)
            failure = None if run.decision else error
            batch = self._database.batch()
            add_as_seen(batch, self._run(epoch), seen, _ended(run, now, failure))
            after = self._after(control, run, now, failure)
            add_as_seen(batch, self._control, control_seen, after.to_document())
            if committed(batch):
                self.count()
                return True
        raise RetryableError("busy", "The run is changing right now.")

    def _counted(self, control: RetrainingControl) -> RetrainingControl:
        newer = firestore.FieldFilter("lastLabelAt", ">", control.cutoff or _BEFORE_ANY_LABEL)
        with retryable("Firestore"):
            [[result]] = self._database.collection(paths.SCANS).where(filter=newer).count().get()
        state, message = self._state_after(control)
        return control.model_copy(
            update={
                "count": int(result.value),
                "counted_at": result.read_time,
                "threshold": self._threshold,
                "state": state,
                "message": message,
            }
        )

    def _state_after(self, control: RetrainingControl) -> tuple[str, str | None]:
        if not self._configured:
            return "not-configured", NOT_CONFIGURED
        if self.run(control.epoch + 1):
            return "running", None
        if control.paused_until and control.paused_until > datetime.now(UTC):
            return "paused", PAUSED
        return "collecting", None

    def _after(
        self, control: RetrainingControl, run: RetrainingRun, now: datetime, error: Failure | None
    ) -> RetrainingControl:
        update: dict[str, Any] = {"cutoff": run.cutoff, "failures": 0, "paused_until": None}
        if error and run.trigger == "person" and run.state == "submitting":
            update = {}
        elif error:
            pause = min(self._first_pause * 2**control.failures, LONGEST_PAUSE)
            update = {"failures": control.failures + 1, "paused_until": now + pause}
        return control.model_copy(update={"epoch": run.epoch, **update})

    def _new_lease(self) -> Lease:
        return Lease(holder=uuid.uuid4().hex, until=datetime.now(UTC) + self._lease)

    @property
    def _control(self) -> Any:
        return self._database.document(paths.RETRAINING)

    def _run(self, epoch: int) -> Any:
        return self._database.document(paths.run(epoch))

    def _look(self) -> tuple[RetrainingControl, datetime | None]:
        with retryable("Firestore"):
            snapshot = self._control.get()
        stored = snapshot.to_dict() or {"threshold": self._threshold}
        return RetrainingControl.from_document(stored), snapshot.update_time

    def _look_at_run(self, epoch: int) -> tuple[RetrainingRun | None, datetime | None]:
        with retryable("Firestore"):
            snapshot = self._run(epoch).get()
        stored = snapshot.to_dict()
        return (RetrainingRun.from_document(stored) if stored else None), snapshot.update_time


def is_due(control: RetrainingControl) -> bool:
    """Whether the next run is to be started, or its submission to be taken over."""
    return control.count >= control.threshold and may_start(control)


def may_start(control: RetrainingControl) -> bool:
    """Whether a run would learn from anything, and no failed one has asked for a pause."""
    return control.count > 0 and control.state in ("collecting", "running")


def _ended(run: RetrainingRun, now: datetime, error: Failure | None) -> dict[str, Any]:
    state = "failed" if error else "succeeded"
    at_work = {"state": state, "ended_at": now}
    steps = [
        step.model_copy(update=at_work) if step.state == "running" else step for step in run.steps
    ]
    return {
        "state": state,
        "steps": [step.to_document() for step in steps],
        "error": error and error.to_document(),
        "lease": None,
        "updatedAt": now,
        "endedAt": now,
    }


def _shows_the_same(one: RetrainingControl, other: RetrainingControl) -> bool:
    moment = {"counted_at": None}
    return one.counted_at is not None and one.model_copy(update=moment) == other.model_copy(
        update=moment
    )


def add_as_seen(batch: Any, document: Any, seen: datetime | None, fields: dict[str, Any]) -> None:
    """A write on condition that the document is as it was `seen`: None, that it isn't there."""
    if seen is None:
        batch.create(document, fields)
    else:
        unchanged = firestore.Client.write_option(last_update_time=seen)
        batch.update(document, fields, option=unchanged)


def committed(batch: Any) -> bool:
    """Whether everything was as it was seen, and all writes were made."""
    with retryable("Firestore"):
        try:
            batch.commit()
        except (AlreadyExists, FailedPrecondition):
            return False
    return True
