"""Progress that is shown often enough, never too often, and never in the reading's way."""

import time

import pytest

from discai.cloud.claim import LeaseLostError
from discai.errors import RetryableError
from discai.records import Progress
from inference_service.reporter import Reporter


class FakeClaim:
    """Notes each report; `seconds` is how long Firestore takes for one."""

    scan_id = "s"

    def __init__(self, seconds: float = 0.0, errors: list[Exception] | None = None) -> None:
        self.seconds = seconds
        self.errors = errors or []
        self.reports: list[Progress | None] = []

    def report(self, progress: Progress | None) -> None:
        self.reports.append(progress)
        time.sleep(self.seconds)
        if self.errors:
            raise self.errors.pop(0)


def test_many_steps_become_few_writes_and_the_reading_does_not_wait():
    claim = FakeClaim(seconds=0.2)
    with Reporter(claim, beat_seconds=60) as report:
        started = time.monotonic()
        for done in range(1000):
            report("segmenting", done, 1000)
        assert time.monotonic() - started < 0.2
        time.sleep(1.0)
    assert 1 <= len(claim.reports) <= 4
    assert claim.reports[-1] == Progress(step="segmenting", done=999, total=1000)


def test_the_lease_is_renewed_while_nothing_happens():
    claim = FakeClaim()
    with Reporter(claim, beat_seconds=0.05):
        time.sleep(0.9)
    assert len(claim.reports) >= 2
    assert set(claim.reports) == {None}


def test_a_lost_lease_is_noticed_and_written_no_more():
    claim = FakeClaim(errors=[LeaseLostError()])
    with Reporter(claim, beat_seconds=0.05) as report:
        report.check()
        time.sleep(0.6)
        with pytest.raises(LeaseLostError):
            report.check()
    assert len(claim.reports) == 1


def test_a_firestore_that_is_away_for_a_moment_does_not_end_the_reports():
    claim = FakeClaim(errors=[RetryableError("unavailable", "Firestore does not answer.")])
    with Reporter(claim, beat_seconds=0.05) as report:
        time.sleep(0.9)
        report.check()
    assert len(claim.reports) >= 2
