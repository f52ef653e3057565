"""Scans in the database: who gets one, and what survives duplicates and crashes."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import get_args

import pytest

from discai.cloud import paths
from discai.cloud.claim import LeaseLostError
from discai.cloud.scans import ScanRepository
from discai.errors import PermanentError, RetryableError
from discai.records.record import Failure
from discai.records.scans import Progress, ScanStatus
from discai.records.states import is_unfinished
from tests.support.documents import change_fields, end_lease, ids_in
from tests.support.records import SCAN, prediction_of, queued_scan


@pytest.fixture
def scans(database) -> ScanRepository:
    return ScanRepository(database)


@pytest.fixture
def queued(scans) -> ScanRepository:
    scans.create(SCAN, queued_scan())
    return scans


def events_of(database) -> list[str]:
    return ids_in(database, paths.events(SCAN))


def test_a_scan_is_created_once_however_often_its_event_comes(database, scans):
    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(lambda _: scans.create(SCAN, queued_scan()), range(8)))
    assert created.count(True) == 1
    assert events_of(database) == ["queued"]


def test_a_claimed_scan_says_who_has_it_and_a_second_creation_leaves_it_alone(queued):
    queued.claim(SCAN, "worker-a")
    assert not queued.create(SCAN, queued_scan())
    scan = queued.get(SCAN)
    assert scan.status == "processing"
    assert scan.attempt == 1
    assert scan.lease.holder.startswith("worker-a/")
    assert scan.timings.claimed >= scan.timings.queued
    assert not is_unfinished(scan)


def test_of_workers_that_claim_in_the_same_moment_one_wins(database, queued):
    barrier = threading.Barrier(6)

    def claim(worker: int) -> str:
        barrier.wait()
        try:
            return queued.claim(SCAN, f"worker-{worker}").scan.lease.holder
        except RetryableError as error:
            return error.code

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(claim, range(6)))
    assert outcomes.count("busy") == 5
    assert queued.get(SCAN).lease.holder in outcomes
    assert queued.get(SCAN).attempt == 1


def test_a_worker_that_died_loses_the_scan_when_its_lease_runs_out(database, queued):
    dead = queued.claim(SCAN, "dead")
    with pytest.raises(RetryableError, match="Another worker"):
        queued.claim(SCAN, "heir")
    end_lease(database, paths.scan(SCAN))
    heir = queued.claim(SCAN, "heir")
    assert heir.scan.attempt == 2
    with pytest.raises(LeaseLostError):
        dead.report(Progress(step="reading"))
    with pytest.raises(LeaseLostError):
        dead.finish(prediction_of("m1"), [], {})
    heir.finish(prediction_of("m1"), [], {})
    assert queued.get(SCAN).status == "done"
    assert events_of(database) == ["claimed-1", "claimed-2", "done-2", "queued"]


def test_reporting_renews_the_lease(database, queued):
    claim = queued.claim(SCAN, "slow")
    for done in range(4):
        end_lease(database, paths.scan(SCAN))
        claim.report(Progress(step="segmenting", done=done, total=4))
    with pytest.raises(RetryableError):
        queued.claim(SCAN, "other")
    assert queued.get(SCAN).progress == Progress(step="segmenting", done=3, total=4)


def test_whose_lease_ran_out_unnoticed_may_go_on_until_another_has_the_scan(database, queued):
    sleeper = ScanRepository(database, lease_seconds=-1).claim(SCAN, "sleeper")
    sleeper.check()
    queued.claim(SCAN, "heir")
    with pytest.raises(LeaseLostError):
        sleeper.check()


def test_the_holder_goes_on_after_somebody_wrote_another_field(database, queued):
    claim = queued.claim(SCAN, "worker")
    label_time = datetime.now(UTC)
    change_fields(database, paths.scan(SCAN), {"lastLabelAt": label_time})
    claim.report(Progress(step="reading"))
    claim.finish(prediction_of("m1"), [], {})
    assert queued.get(SCAN).status == "done"
    assert queued.get(SCAN).last_label_at == label_time


def test_a_finished_scan_shows_its_result_and_needs_nothing_more(database, queued):
    claim = queued.claim(SCAN, "worker")
    read = datetime.now(UTC)
    claim.finish(prediction_of("m1"), ["PatientName"], {"read": read})
    scan = queued.get(SCAN)
    assert (scan.status, scan.model_version, scan.key_slice, scan.slice_count) == (
        "done", "m1", 1, 3,
    )  # fmt: skip
    assert [(disc.level, disc.herniation) for disc in scan.discs] == [("L5-S1", 0.8)]
    assert scan.highest_herniation == 0.8
    assert scan.uncertainty == pytest.approx(0.4)
    assert scan.herniation_threshold == 0.5
    assert scan.removed_tags == ["PatientName"]
    assert scan.timings.read == read
    assert scan.timings.done >= scan.timings.claimed
    assert scan.lease is None
    assert queued.prediction(SCAN, "m1") == prediction_of("m1").model_copy(
        update={"created_at": queued.prediction(SCAN, "m1").created_at}
    )
    assert queued.claim(SCAN, "late") is None


def test_a_prediction_that_is_stored_is_pointed_at_and_not_written_again(database, queued):
    queued.claim(SCAN, "worker").finish(prediction_of("m1"), [], {})
    stored = queued.prediction(SCAN, "m1")
    change_fields(database, paths.scan(SCAN), {"status": "queued", "modelVersion": None})
    queued.claim(SCAN, "worker").finish_again(stored)
    assert queued.get(SCAN).model_version == "m1"
    assert queued.prediction(SCAN, "m1") == stored


def test_a_failed_scan_keeps_its_sentence_and_duplicates_leave_it_failed(queued):
    queued.claim(SCAN, "worker").fail(Failure(code="not-3d", message="It has one slice."))
    scan = queued.get(SCAN)
    assert scan.status == "failed"
    assert scan.error.message == "It has one slice."
    assert queued.claim(SCAN, "duplicate") is None


def test_a_scan_handed_back_is_there_for_the_next_worker_and_gone_for_the_first(queued):
    first = queued.claim(SCAN, "first")
    first.hand_back("The worker was stopped.")
    assert is_unfinished(queued.get(SCAN))
    with pytest.raises(LeaseLostError):
        first.finish(prediction_of("m1"), [], {})
    assert queued.claim(SCAN, "second").scan.attempt == 2


def test_a_retry_empties_the_error_and_a_second_click_is_harmless(database, queued):
    queued.claim(SCAN, "worker").fail(Failure(code="object-gone", message="Gone."))
    first = queued.requeue(SCAN, by="r@x.org")
    second = queued.requeue(SCAN, by="r@x.org")
    assert first == second
    assert (first.bucket, first.name, first.generation) == ("b", "a/scan.mha", 7)
    assert queued.get(SCAN).error is None
    assert is_unfinished(queued.get(SCAN))
    assert "retried-1" in events_of(database)


def test_a_scan_whose_worker_died_is_asked_for_again(database, queued):
    queued.claim(SCAN, "dead")
    end_lease(database, paths.scan(SCAN))
    request = queued.requeue(SCAN, by="r@x.org")
    assert request.scan_id == SCAN
    assert is_unfinished(queued.get(SCAN))
    assert queued.claim(SCAN, "heir").scan.attempt == 2


def test_every_state_of_a_scan_has_an_exit_that_a_person_can_click(database, queued):
    for status in get_args(ScanStatus):
        change_fields(database, paths.scan(SCAN), {"status": status, "lease": None})
        if status in ("done", "split"):  # the ends that were wished for
            continue
        assert queued.requeue(SCAN, by="r@x.org").scan_id == SCAN
        assert queued.claim(SCAN, "worker") is not None


def test_a_scan_at_work_or_done_is_not_retried_nor_one_that_is_unknown(queued):
    claim = queued.claim(SCAN, "worker")
    for _ in range(2):
        with pytest.raises(PermanentError) as refusal:
            queued.requeue(SCAN, by="r@x.org")
        assert refusal.value.code == "not-retryable"
        if queued.get(SCAN).status == "processing":
            claim.finish(prediction_of("m1"), [], {})
    with pytest.raises(PermanentError) as refusal:
        queued.requeue("nobody", by="r@x.org")
    assert refusal.value.code == "not-found"
    with pytest.raises(PermanentError):
        queued.claim("nobody", "worker")


def test_one_dead_letter_buries_a_scan_once(queued):
    failure = Failure(code="gave-up", message="Many attempts.")
    assert queued.mark_dead(SCAN, failure, "letter-1")
    assert queued.get(SCAN).status == "dead"
    assert not queued.mark_dead(SCAN, failure, "letter-1")
    queued.requeue(SCAN, by="r@x.org")
    assert not queued.mark_dead(SCAN, failure, "letter-1")
    assert is_unfinished(queued.get(SCAN))
    assert queued.mark_dead(SCAN, failure, "letter-2")


def test_a_scan_at_work_is_not_buried_and_a_done_one_stays_done(queued):
    failure = Failure(code="gave-up", message="Many attempts.")
    claim = queued.claim(SCAN, "worker")
    with pytest.raises(RetryableError):
        queued.mark_dead(SCAN, failure, "letter")
    claim.finish(prediction_of("m1"), [], {})
    assert not queued.mark_dead(SCAN, failure, "letter")
    assert queued.get(SCAN).status == "done"
