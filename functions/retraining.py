"""Starts a retraining run once enough scans were labelled, and mends or ends what broke off."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from discai.cloud.retraining import Job, RetrainingRepository, Trigger, is_due, may_start
from discai.errors import PermanentError
from discai.records.models import RetrainingControl, RetrainingRun
from discai.records.record import Failure

logger = logging.getLogger(__name__)

#: A run that takes longer is cancelled: training takes hours, and a GPU costs by the minute.
DEADLINE: Final = timedelta(hours=24)
#: How long the clock's calls, every ten minutes, tell of a failed run.
TOLD_FOR: Final = timedelta(minutes=25)


class RunSubmitter(Protocol):
    """Place where pipelines run."""

    def submit(self, run: RetrainingRun) -> Job:
        """Starts the run's job; a second call for one run finds the first one's job.

        Raises `PermanentError` if it can never be started, `RetryableError` if not now.
        """

    def look(self, run: RetrainingRun) -> Job | None:
        """The run's job as it is now, or None if there is none."""

    def cancel(self, run: RetrainingRun) -> None:
        """Ends the run's job if it still runs."""


@dataclass(frozen=True)
class Retraining:
    """The loop's occasions: a new label, and the clock, every few minutes and once a month.

    Any number of deliveries may come at once and stop anywhere: `runs/{epoch}` lets one of them
    submit, until its lease ends, and its name is the job's id, so a second submission is none.
    """

    runs: RetrainingRepository
    submitter: RunSubmitter | None

    def on_label(self) -> None:
        """Counts, and starts a run if that many scans are newly labelled."""
        self._start_if(is_due, "labels")

    def on_schedule(self) -> None:
        """Finishes what a crash left, ends a dead run, then does what a label would."""
        last = self.runs.count().epoch
        run = self.runs.run(last + 1)
        if run and self.submitter:
            self._mend(run, self.submitter)
        for epoch in (last, last + 1):
            self._tell_of_failure(epoch)
        self.on_label()

    def on_month(self) -> None:
        """Starts a run with what is newly labelled, even below the threshold."""
        self._start_if(may_start, "schedule")

    def _start_if(self, ready: Callable[[RetrainingControl], bool], trigger: Trigger) -> None:
        control = self.runs.count()
        if self.submitter is None or not ready(control):
            return
        if run := self.runs.acquire(control, trigger):
            self._submit(run, self.submitter)

    def _submit(self, run: RetrainingRun, submitter: RunSubmitter) -> None:
        try:
            job = submitter.submit(run)
        except PermanentError as error:
            failure = Failure(code=error.code, message=error.message)
            self.runs.close(run.epoch, failure, held=run.lease)
            return
        self.runs.submitted(run.epoch, job)
        logger.info("retraining started", extra={"epoch": run.epoch, "scans": run.count})

    def _mend(self, run: RetrainingRun, submitter: RunSubmitter) -> None:
        """Ends a run whose job broke off: as failed, unless it had decided by then."""
        if run.state == "submitting":
            if taken := self.runs.take_over(run.epoch):
                self._submit(taken, submitter)
            return
        job = submitter.look(run)
        if job is None:
            self._fail(run, "job-gone", "The pipeline's job does not exist any more.")
        elif job.state == "failed":
            self._fail(run, "pipeline-failed", job.message or "The pipeline failed.")
        elif job.state == "succeeded":
            # Its last step closes the run; nothing happens here if it did so meanwhile.
            self._fail(run, "no-decision", "The pipeline ended without a decision.")
        elif datetime.now(UTC) - run.created_at > DEADLINE:
            submitter.cancel(run)
            self._fail(run, "timed-out", "The run took too long and was cancelled.")

    def _fail(self, run: RetrainingRun, code: str, message: str) -> None:
        self.runs.close(run.epoch, Failure(code=code, message=message))

    def _tell_of_failure(self, epoch: int) -> None:
        """Log the failure of a run, whatever has closed it: an alert waits for the line."""
        run = self.runs.run(epoch)
        if run is None or run.error is None or run.ended_at is None:
            return
        if datetime.now(UTC) - run.ended_at < TOLD_FOR:
            extra = {"epoch": epoch, "code": run.error.code}
            logger.error("retraining failed: %s", run.error.message, extra=extra)
