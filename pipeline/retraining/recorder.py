"""Recorder of a retraining run: writes into `runs/{epoch}` for the page to show."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, get_args

from google.cloud import firestore

from discai.cloud import paths
from discai.cloud.documents import timeline
from discai.cloud.retraining import ENDED, RetrainingRepository, add_as_seen, committed
from discai.cloud.retrying import retryable
from discai.errors import DiscaiError, PermanentError, RetryableError
from discai.records.models import RetrainingRun, RunStep, StepName
from discai.records.scans import Event, Failure

STEPS: Final[tuple[StepName, ...]] = get_args(StepName)
#: Firestore commits this many writes at once.
_BATCH: Final = 400
_LOOKS: Final = 8

log = logging.getLogger(__name__)


class RunRecorder:
    """One run's document; only the pipeline's own steps write these fields, one after the other.

    A step that comes late finds the run ended, and writes nothing: `PermanentError("run-ended")`.
    """

    def __init__(self, database: firestore.Client, epoch: int) -> None:
        self._database: Any = database
        self.epoch = epoch

    @property
    def run(self) -> RetrainingRun:
        """The run as it is recorded."""
        return self._look()[0]

    @contextmanager
    def step(self, name: StepName) -> Iterator[None]:
        """Records that a step runs, and how it ended; a repeated step starts from its beginning."""
        begun = RunStep(name=name, state="running", started_at=datetime.now(UTC))
        self._record_step(begun, error=None)  # its last try's is not the run's any more
        try:
            yield
        except Exception as error:
            failed = RunStep(name=name, state="failed", ended_at=datetime.now(UTC))
            self._record_step(failed, error=_failure(name, error).to_document())
            raise
        self._record_step(RunStep(name=name, state="succeeded", ended_at=datetime.now(UTC)))

    def skip(self, name: StepName) -> None:
        """Records that a step isn't needed."""
        self._record_step(RunStep(name=name, state="skipped"))

    def update(self, **fields: Any) -> None:
        """Changes fields, by their names in the document."""
        for _ in range(_LOOKS):
            run, seen = self._look()
            if run.state in ENDED:
                raise PermanentError("run-ended", f"Run {self.epoch} has ended.")
            batch = self._database.batch()
            add_as_seen(batch, self._document, seen, {**fields, "updatedAt": datetime.now(UTC)})
            if committed(batch):
                return
        raise RetryableError("busy", "The run is changing right now.")

    def mark_scans(self, scan_ids: list[str]) -> None:
        """A line in the timeline of each scan whose labels this run has learned from."""
        event = Event(
            kind="used-in-run",
            at=datetime.now(UTC),
            by=f"run {self.epoch}",
            message=f"Used in retraining run {self.epoch}.",
        )
        for start in range(0, len(scan_ids), _BATCH):
            batch = self._database.batch()
            for scan_id in scan_ids[start : start + _BATCH]:
                timeline(self._database, scan_id, f"used-in-run-{self.epoch}", event)(batch)
            with retryable("Firestore"):
                batch.commit()

    def close(self, succeeded: bool, message: str) -> None:
        """Ends the run: its labels are learned from, or stay counted if it failed."""
        run = self.run
        error = None
        if not succeeded:
            said = message or "The pipeline failed."
            error = run.error or Failure(code="pipeline-failed", message=said)
        RetrainingRepository(self._database, run.threshold).close(self.epoch, error)

    @property
    def _document(self) -> Any:
        return self._database.document(paths.run(self.epoch))

    def _look(self) -> tuple[RetrainingRun, Any]:
        with retryable("Firestore"):
            snapshot = self._document.get()
        return RetrainingRun.from_document(snapshot.to_dict()), snapshot.update_time

    def _record_step(self, step: RunStep, **fields: Any) -> None:
        steps = {known.name: known for known in self.run.steps}
        if step.started_at is None and (known := steps.get(step.name)):
            step = step.model_copy(update={"started_at": known.started_at})
        steps[step.name] = step
        ordered = [steps.get(name, RunStep(name=name)) for name in STEPS]
        self.update(steps=[each.to_document() for each in ordered], **fields)


def _failure(step: StepName, error: Exception) -> Failure:
    if isinstance(error, DiscaiError):
        return Failure(code=error.code, message=error.message)
    log.exception("step %s failed", step)
    return Failure(code="step-failed", message=f"The step {step} failed: {error}")
