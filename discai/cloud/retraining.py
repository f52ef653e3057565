"""Retraining runs in Firestore: when one is due, who may submit it, and how it ends.

`control/retraining` says up to when labels have been learned from; `runs/{epoch}` is one run.
Any number of deliveries may try at the same moment.
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from discai.cloud import paths
from discai.cloud.database import Database, Query, Where, Write
from discai.cloud.documents import BusyError, Change, Document, commit_as_seen
from discai.errors import PermanentError
from discai.records.models import RetrainingControl, RetrainingRun
from discai.records.record import Failure
from discai.records.scans import Lease, ScanRecord
from discai.records.states import RUN, is_live

#: To submit a run; then another delivery may try.
LEASE: Final = timedelta(minutes=2)
#: After a failed run, before its labels start the next; doubled by each further failure.
FIRST_PAUSE: Final = timedelta(hours=1)
LONGEST_PAUSE: Final = timedelta(days=1)

NOT_CONFIGURED: Final = "No training pipeline is configured, so labels are only counted."
PAUSED: Final = "The last run failed; its labels start the next one after a pause."

Trigger = Literal["labels", "schedule", "person"]
"""What starts a run."""

_BUSY: Final = "The run is changing right now."
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
        database: Database,
        threshold: int,
        *,
        configured: bool = True,
        lease: timedelta = LEASE,
        first_pause: timedelta = FIRST_PAUSE,
    ) -> None:
        self._database = database
        self._control = Document(database, paths.RETRAINING, RetrainingControl)
        self._threshold = threshold
        self._configured = configured
        self._lease = lease
        self._first_pause = first_pause

    def count(self) -> RetrainingControl:
        """Counts the newly labelled scans, and shows the count and what follows from it."""

        def attempt() -> tuple[RetrainingControl, list[Write]]:
            seen = self._control.read()
            counted = self._counted(seen.record if seen else self._first_control)
            is_shown = seen is not None and _shows_the_same(seen.record, counted)
            return counted, [] if is_shown else [self._control.to_write(seen, counted)]

        try:
            counted, _ = commit_as_seen(self._database, attempt, _BUSY)
        except BusyError:
            # Others count as well; the last of them began after this count did.
            return self._control.get() or self._first_control
        return counted

    def run(self, epoch: int) -> RetrainingRun | None:
        """One run, or None if there was none yet."""
        return self._run(epoch).get()

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
        over from. Its key is new: a database that was restored counts epochs again whose jobs and
        models there are already.
        """
        now = datetime.now(UTC)
        run = RetrainingRun(
            epoch=control.epoch + 1,
            key=secrets.token_hex(4),
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
        return run if self._run(run.epoch).create(run) else self.take_over(run.epoch)

    def take_over(self, epoch: int) -> RetrainingRun | None:
        """The right to submit a run that somebody else was too slow to submit, or None."""

        def taken_over(run: RetrainingRun | None) -> Change[RetrainingRun] | None:
            if run is None or not RUN["take-over"].is_allowed(run.state) or is_live(run.lease):
                return None
            return Change(run.model_copy(update={"lease": self._new_lease()}))

        taken = self._run(epoch).change(taken_over, busy=_BUSY)
        return taken.record if taken else None

    def submitted(self, epoch: int, job: Job) -> None:
        """Records the job of a run; nothing to do if that is recorded or the run has ended."""

        def running(run: RetrainingRun | None) -> Change[RetrainingRun] | None:
            move = RUN["submit"]
            if run is None or not move.is_allowed(run.state):
                return None
            submitted = {"state": move.target, "job_name": job.name, "job_url": job.url}
            return Change(run.model_copy(update={**submitted, "lease": None}))

        self._run(epoch).change(running, busy=_BUSY)

    def close(self, epoch: int, error: Failure | None = None, *, held: Lease | None = None) -> bool:
        """Ends a run; False, and nothing changes, if it has ended or there is none.

        Who was to submit it gives the lease it `held`: somebody else may have taken over since.
        Without an error its labels are learned from; else they stay counted, and start the next
        run after a pause; at once if a person started this one and it never got a job, since that
        says nothing of the settings of the others. What broke after a run had decided has undone
        nothing, and is no failure.
        """
        run_document = self._run(epoch)

        def attempt() -> tuple[bool, list[Write]]:
            run, control = run_document.read(), self._control.read()
            if run is None or (held and run.record.lease != held):
                return False, []
            failure = None if run.record.decision else error
            if not RUN["fail" if failure else "succeed"].is_allowed(run.record.state):
                return False, []
            now = datetime.now(UTC)
            before = control.record if control else self._first_control
            return True, [
                run_document.to_write(run, _ended(run.record, now, failure)),
                self._control.to_write(control, self._after(before, run.record, now, failure)),
            ]

        is_closed, _ = commit_as_seen(self._database, attempt, _BUSY)
        if is_closed:
            self.count()
        return is_closed

    def _counted(self, control: RetrainingControl) -> RetrainingControl:
        newer = Where("lastLabelAt", ">", control.cutoff or _BEFORE_ANY_LABEL)
        found = self._database.count(Query(paths.SCANS, newer))
        late = self._late(control.cutoff, found.at) if control.cutoff else 0
        state, message = self._state_after(control)
        return control.model_copy(
            update={
                "count": found.count + late,
                "counted_at": found.at,
                "threshold": self._threshold,
                "state": state,
                "message": message,
            }
        )

    def _late(self, cutoff: datetime, now: datetime) -> int:
        """Number of scans whose newest label came only after a run had counted past its moment."""
        late = self._database.find(Query(paths.SCANS, Where("lateLabelAt", ">", cutoff)))
        scans = [ScanRecord.from_document(found.fields or {}) for found in late]
        return sum(
            scan.last_label_at is not None
            and scan.late_label_at is not None
            and scan.last_label_at <= cutoff
            and scan.late_label_at <= now
            for scan in scans
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
    def _first_control(self) -> RetrainingControl:
        """State before the first label was counted."""
        return RetrainingControl(threshold=self._threshold)

    def _run(self, epoch: int) -> Document[RetrainingRun]:
        return Document(self._database, paths.run(epoch), RetrainingRun)


def refuse_other_run(run: RetrainingRun, name: str) -> None:
    """Keeps a job from the record of a run that has taken the number of its own.

    That is so where the database was restored to before the job's run began. Raises
    `PermanentError("other-run")` unless the run has that name.
    """
    if run.name != name:
        raise PermanentError(
            "other-run", f"Run {run.epoch} is another one since the database was restored."
        )


def newest_cutoff(database: Database) -> datetime | None:
    """Moment up to which labels are a run's that has begun; None before the first."""
    control = Document(database, paths.RETRAINING, RetrainingControl).get()
    next_one = paths.run((control.epoch if control else 0) + 1)
    run = Document(database, next_one, RetrainingRun).get()
    if run:
        return run.cutoff
    return control.cutoff if control else None


def is_due(control: RetrainingControl) -> bool:
    """Tell if the next run is to be started, or its submission to be taken over."""
    return control.count >= control.threshold and may_start(control)


def may_start(control: RetrainingControl) -> bool:
    """Tell if a run would learn from anything, and no failed one has asked for a pause."""
    return control.count > 0 and control.state in ("collecting", "running")


def _ended(run: RetrainingRun, now: datetime, error: Failure | None) -> RetrainingRun:
    state = RUN["fail" if error else "succeed"].target
    at_work = {"state": state, "ended_at": now}
    steps = [
        step.model_copy(update=at_work) if step.state == "running" else step for step in run.steps
    ]
    ended = {"state": state, "steps": steps, "error": error, "lease": None, "ended_at": now}
    return run.model_copy(update=ended)


def _shows_the_same(one: RetrainingControl, other: RetrainingControl) -> bool:
    moment = {"counted_at": None}
    return one.counted_at is not None and one.model_copy(update=moment) == other.model_copy(
        update=moment
    )
