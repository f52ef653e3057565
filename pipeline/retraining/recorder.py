"""Recorder of a retraining run: writes into `runs/{epoch}` for the page to show."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, get_args

from discai.cloud import paths
from discai.cloud.database import Database
from discai.cloud.documents import Change, Document, event_line
from discai.cloud.retraining import RetrainingRepository, refuse_other_run
from discai.errors import DiscaiError, PermanentError
from discai.records.models import RetrainingRun, RunStep, StepName, epoch_of
from discai.records.record import Failure
from discai.records.scans import Event
from discai.records.states import RUN_ENDS
from pipeline.retraining.fates import Fate

STEPS: Final[tuple[StepName, ...]] = get_args(StepName)
#: Firestore commits this many writes at once.
_BATCH: Final = 400

log = logging.getLogger(__name__)


class RunRecorder:
    """One run's document; only the pipeline's own steps write these fields, one after the other.

    A step that comes late finds the run ended, and writes nothing: `PermanentError("run-ended")`.
    So does one whose run the database has lost, and counts another one as: `other-run`.
    """

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self.name, self.epoch = name, epoch_of(name)
        self._document = Document(database, paths.run(self.epoch), RetrainingRun)

    @property
    def run(self) -> RetrainingRun:
        """The run as it is recorded; raises `PermanentError("no-run")` if it is not."""
        if run := self._document.get():
            refuse_other_run(run, self.name)
            return run
        raise PermanentError("no-run", f"There is no run {self.epoch}.")

    @contextmanager
    def step(self, name: StepName) -> Iterator[None]:
        """Records that a step runs, and how it ended; a repeated step starts from its beginning."""
        begun = RunStep(name=name, state="running", started_at=datetime.now(UTC))
        self._record_step(begun, error=None)  # its last try's is not the run's any more
        try:
            yield
        except Exception as error:
            failed = RunStep(name=name, state="failed", ended_at=datetime.now(UTC))
            self._record_step(failed, error=_failure(name, error))
            raise
        self._record_step(RunStep(name=name, state="succeeded", ended_at=datetime.now(UTC)))

    def skip(self, name: StepName) -> None:
        """Records that a step isn't needed."""
        self._record_step(RunStep(name=name, state="skipped"))

    def update(self, **changes: Any) -> None:
        """Changes fields of the run's record."""
        self._change(lambda run: run.model_copy(update=changes))

    def mark_scans(self, fates: Sequence[Fate]) -> None:
        """Lines in the timelines of scans: what came of their labels in this run."""
        now = datetime.now(UTC)
        lines = [
            event_line(
                fate.scan_id,
                f"{fate.kind}-{self.epoch}",
                Event(
                    kind=fate.kind, at=now, by=f"run {self.epoch}", message="\n".join(fate.lines)
                ),
            )
            for fate in fates
        ]
        for start in range(0, len(lines), _BATCH):
            self._database.commit(lines[start : start + _BATCH])

    def close(self, succeeded: bool, message: str) -> None:
        """Ends the run: its labels are learned from, or stay counted if it failed."""
        run = self.run
        error = None
        if not succeeded:
            said = message or "The pipeline failed."
            error = run.error or Failure(code="pipeline-failed", message=said)
        RetrainingRepository(self._database, run.threshold).close(self.epoch, error)

    def _change(self, changed: Callable[[RetrainingRun], RetrainingRun]) -> None:
        def decide(run: RetrainingRun | None) -> Change[RetrainingRun]:
            if run:
                refuse_other_run(run, self.name)
            if run is None or run.state in RUN_ENDS:
                raise PermanentError("run-ended", f"Run {self.epoch} has ended.")
            return Change(changed(run))

        self._document.change(decide, busy="The run is changing right now.")

    def _record_step(self, step: RunStep, **changes: Any) -> None:
        self._change(
            lambda run: run.model_copy(update={"steps": _with_step(run.steps, step), **changes})
        )


def _with_step(steps: Sequence[RunStep], step: RunStep) -> list[RunStep]:
    """All steps in their order, with this one in the place of the one of its name."""
    known = {each.name: each for each in steps}
    if step.started_at is None and (before := known.get(step.name)):
        step = step.model_copy(update={"started_at": before.started_at})
    known[step.name] = step
    return [known.get(name, RunStep(name=name)) for name in STEPS]


def _failure(step: StepName, error: Exception) -> Failure:
    if isinstance(error, DiscaiError):
        return Failure(code=error.code, message=error.message)
    log.exception("step %s failed", step)
    return Failure(code="step-failed", message=f"The step {step} failed: {error}")
