"""A label that is stamped after a run has counted is the next run's, and none is counted twice."""

from datetime import UTC, datetime

import pytest

from discai.cloud import paths
from discai.cloud.database import Put
from discai.cloud.labels import LabelRepository
from discai.cloud.retraining import RetrainingRepository
from discai.records.record import Failure
from discai.records.scans import Label, LabelledBox
from tests.support.memory_objects import MemoryObjects
from tests.support.records import SCAN, prediction_of, queued_scan

BOX = LabelledBox(x=1, y=2, width=4, height=8, level="L5-S1", herniation=True)
OTHER = "b" * 26


@pytest.fixture
def runs(database) -> RetrainingRepository:
    return RetrainingRepository(database, threshold=1)


@pytest.fixture
def labels(database) -> LabelRepository:
    for scan in (SCAN, OTHER):
        database.commit(
            [
                Put(paths.scan(scan), queued_scan().to_document()),
                Put(paths.prediction(scan, "m1"), prediction_of("m1").to_document()),
            ]
        )
    return LabelRepository(database, MemoryObjects(), "results")


def save(database, label_id: str, scan: str = SCAN) -> None:
    label = Label(
        kind="correction",
        slices={"1": [BOX]},
        author="r",
        author_email="r@clinic.org",
        created_at=datetime.now(UTC),
        model_version="m1",
    )
    database.commit([Put(paths.label(scan, label_id), label.to_document())])


def begin(runs: RetrainingRepository) -> int:
    """Counts, and begins the run of what was counted; its epoch."""
    run = runs.acquire(runs.count(), "labels")
    return run.epoch


def test_a_label_that_is_stamped_while_the_run_goes_on_is_counted_by_the_next(
    database, runs, labels
):
    save(database, "counted", OTHER)
    labels.stamp(OTHER)
    save(database, "late")
    epoch = begin(runs)
    labels.stamp(SCAN)
    runs.close(epoch)
    assert runs.count().count == 1
    runs.close(begin(runs))
    assert runs.count().count == 0


def test_a_label_that_is_stamped_after_the_run_is_counted_by_the_next(database, runs, labels):
    save(database, "counted", OTHER)
    labels.stamp(OTHER)
    save(database, "late")
    runs.close(begin(runs))
    assert runs.count().count == 0
    labels.stamp(SCAN)
    assert runs.count().count == 1


def test_a_run_that_begins_while_a_label_is_stamped_has_not_counted_it(database, runs, labels):
    save(database, "late")
    began: list[int] = []

    class Interrupted(LabelRepository):
        """Has a run begin between the look and the write."""

        def of_scan(self, scan_id):
            if not began:
                began.append(begin(runs))
            return super().of_scan(scan_id)

    Interrupted(database, MemoryObjects(), "results").stamp(SCAN)
    runs.close(began[0])
    assert runs.count().count == 1


def test_a_late_label_is_counted_once_beside_a_newer_one_and_after_a_failed_run(
    database, runs, labels
):
    save(database, "late")
    epoch = begin(runs)
    labels.stamp(SCAN)
    runs.close(epoch, Failure(code="pipeline-failed", message="Out of memory."))
    assert runs.count().count == 1
    save(database, "newer")
    labels.stamp(SCAN)
    assert runs.count().count == 1


def test_a_label_that_the_run_has_counted_is_not_counted_again(database, runs, labels):
    save(database, "counted")
    labels.stamp(SCAN)
    epoch = begin(runs)
    labels.stamp(SCAN)
    runs.close(epoch)
    labels.stamp(SCAN)
    assert runs.count().count == 0
