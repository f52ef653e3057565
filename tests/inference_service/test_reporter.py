"""Progress that is shown often enough, never too often, and never in the reading's way."""

import threading
import time
from typing import ClassVar

import pytest

from discai.cloud.claim import LeaseLostError
from discai.errors import RetryableError
from discai.records.scans import Progress
from inference_service.reporter import SHORTEST_PAUSE_SECONDS, Reporter
from tests.support.waiting import wait_until


class FakeClaim:
    """Notes each report; Firestore answers none before `answers` is set."""

    about: ClassVar = {"scanId": "s"}

    def __init__(self, errors: list[Exception] | None = None) -> None:
        self.errors = errors or []
        self.reports: list[Progress | None] = []
        self.answers = threading.Event()
        self.answers.set()

    def report(self, progress: Progress | None) -> None:
        self.reports.append(progress)
        assert self.answers.wait(60)
        if self.errors:
            raise self.errors.pop(0)


def test_many_steps_become_few_writes_and_the_reading_does_not_wait():
    claim = FakeClaim()
    claim.answers.clear()
    with Reporter(claim, beat_seconds=60) as report:
        for done in range(1000):
            report("segmenting", done, 1000)
        claim.answers.set()
        newest = Progress(step="segmenting", done=999, total=1000)
        wait_until(lambda: newest in claim.reports)
    assert len(claim.reports) <= 2


def test_the_lease_is_renewed_while_nothing_happens():
    claim = FakeClaim()
    with Reporter(claim, beat_seconds=0.05):
        wait_until(lambda: len(claim.reports) >= 2)
    assert set(claim.reports) == {None}


def test_a_lost_lease_is_noticed_and_written_no_more():
    claim = FakeClaim(errors=[LeaseLostError()])
    with Reporter(claim, beat_seconds=0.05) as report:
        wait_until(lambda: not claim.errors)
        report("segmenting", 1, 2)
        time.sleep(2 * SHORTEST_PAUSE_SECONDS)  # enough for a write that should not come
    assert claim.reports == [None]


@pytest.mark.parametrize(
    "error", [RetryableError("unavailable", "Firestore does not answer."), ValueError("unforeseen")]
)
def test_what_goes_wrong_once_does_not_end_the_reports(error):
    claim = FakeClaim(errors=[error])
    with Reporter(claim, beat_seconds=0.05):
        wait_until(lambda: len(claim.reports) >= 2)
