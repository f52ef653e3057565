"""Enough labels start one run, whatever is delivered twice, at once, or dies halfway."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from discai.cloud import paths
from discai.cloud.database import Database, Delete, Put
from discai.cloud.objects import ObjectStore
from discai.cloud.retraining import Job, RetrainingRepository
from discai.errors import PermanentError
from discai.records.models import RetrainingControl, RunStep
from discai.records.record import Failure
from discai.records.scans import ScanRecord
from functions.retraining import DEADLINE, TOLD_FOR, Retraining
from tests.support.documents import change_fields, end_lease, fields_of
from tests.support.fakes import FakeSubmitter
from tests.support.records import queued_scan
from tests.support.storm import DiedError, Storm

ROUNDS = 20  # `python -m benchmarks.storm` makes 200
THRESHOLD = 3
A_MINUTE_AGO = timedelta(minutes=-1)
BROKEN = Failure(code="pipeline-failed", message="Out of memory.")


@pytest.fixture
def submitter() -> FakeSubmitter:
    return FakeSubmitter()


@pytest.fixture
def runs(database) -> RetrainingRepository:
    return RetrainingRepository(database, THRESHOLD)


@pytest.fixture
def retraining(runs, submitter) -> Retraining:
    return Retraining(runs, submitter)


def add_scan(database: Database, scan: ScanRecord) -> None:
    database.commit([Put(paths.scan(uuid.uuid4().hex), scan.to_document())])


@pytest.fixture
def label(database):
    """Labels that many more scans."""

    def label(count: int = 1) -> None:
        for _ in range(count):
            scan = queued_scan().model_copy(update={"last_label_at": datetime.now(UTC)})
            add_scan(database, scan)

    return label


@pytest.fixture
def end_first_lease(database):
    """Lets the time pass that a dead delivery holds the first run for."""

    def end_first_lease() -> None:
        end_lease(database, paths.run(1))

    return end_first_lease


@pytest.fixture
def end_pause(database):
    """Lets the time pass that labels wait after a failed run."""

    def end_pause() -> None:
        past = datetime.now(UTC) + A_MINUTE_AGO
        change_fields(database, paths.RETRAINING, {"pausedUntil": past})

    return end_pause


def control(database: Database) -> RetrainingControl:
    return RetrainingControl.from_document(fields_of(database, paths.RETRAINING) or {})


def test_a_storm_of_deliveries_and_deaths_starts_one_run_a_round(cloud):
    storm = Storm(cloud.database, ObjectStore(cloud.storage), cloud.results)
    for epoch in range(1, ROUNDS + 1):
        storm.round()
        assert set(storm.submitter.jobs) == set(range(1, epoch + 1))
        run = storm.runs.run(epoch)
        assert (run.state, run.lease, run.job_name) == ("running", None, f"jobs/{epoch}")
        assert storm.runs.close(epoch)
        assert storm.runs.count().count == 0
    assert storm.deaths > 0


def test_no_run_starts_before_the_threshold_and_the_page_sees_the_count(
    database, retraining, submitter, label
):
    label(THRESHOLD - 1)
    retraining.on_label()
    assert submitter.calls == 0
    shown = control(database)
    assert (shown.count, shown.threshold, shown.state) == (2, THRESHOLD, "collecting")


def test_once_a_month_a_run_starts_with_fewer_labels_but_never_with_none(
    retraining, runs, submitter, label
):
    retraining.on_month()
    assert not submitter.jobs
    label()
    retraining.on_month()
    retraining.on_month()
    assert set(submitter.jobs) == {1}
    assert (runs.run(1).trigger, runs.run(1).count) == ("schedule", 1)


def test_a_scan_that_was_never_labelled_does_not_count(database, retraining, label):
    add_scan(database, queued_scan())
    label()
    retraining.on_label()
    assert control(database).count == 1


def test_the_run_remembers_why_and_up_to_when(database, retraining, runs, label):
    label(THRESHOLD)
    before = datetime.now(UTC)
    retraining.on_label()
    run = runs.run(1)
    assert (run.trigger, run.count, run.threshold) == ("labels", THRESHOLD, THRESHOLD)
    assert before <= run.cutoff <= datetime.now(UTC)
    assert run.job_url == "http://jobs/1"
    retraining.on_label()
    assert control(database).state == "running"


def test_a_run_after_a_restore_is_another_one_though_it_has_the_same_number(
    database, retraining, runs, label
):
    label(THRESHOLD)
    retraining.on_label()
    lost = runs.run(1)
    database.commit([Delete(paths.run(1)), Delete(paths.RETRAINING)])  # as before it began
    retraining.on_label()
    again = runs.run(1)
    assert again.epoch == lost.epoch
    assert again.name != lost.name


def test_labels_during_a_run_are_for_the_next(database, retraining, runs, submitter, label):
    label(THRESHOLD)
    retraining.on_label()
    label(THRESHOLD)
    retraining.on_label()
    assert set(submitter.jobs) == {1}
    assert runs.close(1)
    assert control(database).count == THRESHOLD
    retraining.on_schedule()
    assert set(submitter.jobs) == {1, 2}


class DyingSubmitter(FakeSubmitter):
    """Dies with the next submission: before it or after it."""

    dies_before = False
    dies_after = False

    def submit(self, run) -> Job:
        if self.dies_before:
            self.dies_before = False
            raise DiedError
        job = super().submit(run)
        if self.dies_after:
            self.dies_after = False
            raise DiedError
        return job


@pytest.mark.parametrize("moment", ["dies_before", "dies_after"])
def test_a_death_around_the_submission_is_healed_by_the_sweep(runs, label, end_first_lease, moment):
    submitter = DyingSubmitter()
    setattr(submitter, moment, True)
    retraining = Retraining(runs, submitter)
    label(THRESHOLD)
    with pytest.raises(DiedError):
        retraining.on_label()
    retraining.on_label()  # the lease still holds: nobody else may
    retraining.on_schedule()
    assert runs.run(1).state == "submitting"
    end_first_lease()
    retraining.on_schedule()
    assert runs.run(1).state == "running"
    assert set(submitter.jobs) == {1}


def test_a_death_is_healed_by_the_next_label_too(runs, label, end_first_lease):
    submitter = DyingSubmitter()
    submitter.dies_after = True
    retraining = Retraining(runs, submitter)
    label(THRESHOLD)
    with pytest.raises(DiedError):
        retraining.on_label()
    end_first_lease()
    label()
    retraining.on_label()
    assert (runs.run(1).state, runs.run(1).count) == ("running", THRESHOLD)
    assert set(submitter.jobs) == {1}


def test_a_failed_run_leaves_its_labels_to_the_next_after_a_pause(
    database, retraining, runs, submitter, label, end_pause
):
    label(THRESHOLD)
    retraining.on_label()
    assert runs.close(1, BROKEN)
    run = runs.run(1)
    assert (run.state, run.error) == ("failed", BROKEN)
    shown = control(database)
    assert (shown.count, shown.state, shown.failures) == (THRESHOLD, "paused", 1)
    retraining.on_schedule()
    assert set(submitter.jobs) == {1}
    end_pause()
    retraining.on_schedule()
    assert set(submitter.jobs) == {1, 2}
    assert runs.run(2).count == THRESHOLD


def test_the_clock_tells_of_a_failed_run_for_a_while_whoever_has_closed_it(
    database, retraining, runs, label, caplog
):
    label(THRESHOLD)
    retraining.on_label()
    assert runs.close(1, BROKEN)
    retraining.on_schedule()
    assert "retraining failed: Out of memory." in caplog.messages
    caplog.clear()
    change_fields(database, paths.run(1), {"endedAt": datetime.now(UTC) - TOLD_FOR})
    retraining.on_schedule()
    assert not caplog.messages


def test_each_further_failure_doubles_the_pause_up_to_a_day(database, runs, label):
    hours = []
    label(THRESHOLD)
    for epoch in range(1, 8):
        runs.acquire(runs.count(), "labels")
        before = datetime.now(UTC)
        assert runs.close(epoch, BROKEN)
        until = control(database).paused_until
        assert until
        hours.append(round((until - before) / timedelta(hours=1)))
    assert hours == [1, 2, 4, 8, 16, 24, 24]


def test_a_success_ends_the_pauses_and_uses_the_labels_up(
    database, retraining, runs, label, end_pause
):
    label(THRESHOLD)
    runs.acquire(runs.count(), "labels")
    runs.close(1, BROKEN)
    end_pause()
    retraining.on_schedule()
    assert runs.close(2)
    shown = control(database)
    assert (shown.count, shown.failures, shown.paused_until) == (0, 0, None)
    assert (shown.epoch, shown.cutoff) == (2, runs.run(2).cutoff)


def test_a_run_is_closed_once(database, retraining, runs, label):
    label(THRESHOLD)
    retraining.on_label()
    assert runs.close(1)
    assert not runs.close(1, BROKEN)
    assert not runs.close(7)
    assert runs.run(1).state == "succeeded"
    assert control(database).epoch == 1


def test_a_refused_run_fails_with_the_reason(database, retraining, runs, submitter, label):
    submitter.refusal = PermanentError("pipeline-refused", "No such machine type.")
    label(THRESHOLD)
    retraining.on_label()
    error = Failure(code="pipeline-refused", message="No such machine type.")
    assert (runs.run(1).state, runs.run(1).error) == ("failed", error)
    assert (control(database).state, control(database).count) == ("paused", THRESHOLD)


@pytest.mark.parametrize(("submitted", "state"), [(False, "collecting"), (True, "paused")])
def test_a_run_by_hand_pauses_the_others_only_if_it_had_begun(
    database, runs, label, submitted, state
):
    label(THRESHOLD)
    run = runs.start_by_hand()
    if submitted:
        runs.submitted(1, Job("j", "u", "running"))
    assert runs.close(1, BROKEN, held=None if submitted else run.lease)
    assert (control(database).state, control(database).failures) == (state, int(submitted))


def test_a_refusal_that_comes_too_late_ends_no_run_that_another_delivery_submitted(
    runs, label, end_first_lease
):
    class SlowSubmitter(FakeSubmitter):
        """Is refused after the lease has ended and the sweep has submitted the run."""

        def submit(self, run) -> Job:
            end_first_lease()
            Retraining(runs, FakeSubmitter()).on_schedule()
            raise PermanentError("pipeline-refused", "The quota is used up.")

    label(THRESHOLD)
    Retraining(runs, SlowSubmitter()).on_label()
    assert (runs.run(1).state, runs.run(1).error) == ("running", None)


def test_without_a_pipeline_labels_are_counted_and_the_page_is_told(database, label):
    runs = RetrainingRepository(database, THRESHOLD, configured=False)
    retraining = Retraining(runs, None)
    label(THRESHOLD)
    retraining.on_label()
    retraining.on_schedule()
    shown = control(database)
    assert (shown.count, shown.state) == (THRESHOLD, "not-configured")
    assert shown.message.endswith(".")
    assert runs.run(1) is None


@pytest.mark.parametrize(
    ("job", "code", "message"),
    [
        (None, "job-gone", "The pipeline's job does not exist any more."),
        (Job("j", "u", "failed", "Step train: no GPU."), "pipeline-failed", "Step train: no GPU."),
        (Job("j", "u", "failed"), "pipeline-failed", "The pipeline failed."),
        (Job("j", "u", "succeeded"), "no-decision", "The pipeline ended without a decision."),
    ],
)
def test_the_sweep_closes_a_run_whose_job_has_ended(
    retraining, runs, submitter, label, job, code, message
):
    label(THRESHOLD)
    retraining.on_label()
    del submitter.jobs[1]
    if job:
        submitter.jobs[1] = job
    retraining.on_schedule()
    assert (runs.run(1).state, runs.run(1).error) == ("failed", Failure(code=code, message=message))


@pytest.mark.parametrize("job", [None, Job("j", "u", "failed"), Job("j", "u", "succeeded")])
def test_a_run_that_had_decided_before_its_job_broke_has_succeeded(
    database, retraining, runs, submitter, label, job
):
    label(THRESHOLD)
    retraining.on_label()
    change_fields(database, paths.run(1), {"decision": "kept"})
    del submitter.jobs[1]
    if job:
        submitter.jobs[1] = job
    retraining.on_schedule()
    assert (runs.run(1).state, runs.run(1).error) == ("succeeded", None)
    assert (control(database).count, control(database).failures) == (0, 0)


def test_the_sweep_cancels_a_run_that_takes_too_long(database, retraining, runs, submitter, label):
    label(THRESHOLD)
    retraining.on_label()
    retraining.on_schedule()
    assert runs.run(1).state == "running"
    long_ago = datetime.now(UTC) - DEADLINE - timedelta(minutes=1)
    change_fields(database, paths.run(1), {"createdAt": long_ago})
    retraining.on_schedule()
    assert submitter.cancelled == [1]
    assert runs.run(1).error.code == "timed-out"


def test_a_step_that_was_at_work_when_its_run_was_ended_is_not_shown_at_work_for_ever(
    database, retraining, runs, submitter, label
):
    label(THRESHOLD)
    retraining.on_label()
    now = datetime.now(UTC)
    done = RunStep(name="prepare", state="succeeded", started_at=now, ended_at=now)
    steps = [done, RunStep(name="train", state="running", started_at=now), RunStep(name="register")]
    change_fields(database, paths.run(1), {"steps": [step.to_document() for step in steps]})
    submitter.jobs[1] = Job("j", "u", "failed", "The machine was taken away.")
    retraining.on_schedule()
    run = runs.run(1)
    assert [step.state for step in run.steps] == ["succeeded", "failed", "waiting"]
    assert run.steps[0] == done
    assert run.steps[1].ended_at == run.ended_at


def test_a_pipeline_that_closes_its_run_before_it_is_recorded_stays_closed(runs, label):
    label(THRESHOLD)
    runs.acquire(runs.count(), "labels")
    assert runs.close(1)
    runs.submitted(1, Job("j", "u", "running"))
    assert runs.run(1).state == "succeeded"
