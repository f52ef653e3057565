"""Reading scans again: what is asked for, once, and what it changes."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from discai.cloud import paths
from discai.cloud.claim import LeaseLostError
from discai.cloud.database import Delete, Put
from discai.cloud.production import ProductionRepository
from discai.cloud.rereading import RereadRepository
from discai.cloud.scans import ScanRepository
from discai.errors import PermanentError, RetryableError
from discai.records.record import Failure
from discai.records.scans import StoredObject
from tests.support.documents import change_fields, end_lease, fields_of, ids_in
from tests.support.records import prediction_of, queued_scan


@pytest.fixture
def scans(database) -> ScanRepository:
    """Three scans that m1 has read, "s3" the newest, while m2 is in production."""
    scans = ScanRepository(database)
    for number in (1, 2, 3):
        stored = StoredObject(bucket="b", name=f"x/{number}.mha", generation=1, size=9)
        at = datetime.now(UTC) + timedelta(minutes=number)
        scans.create(f"s{number}", queued_scan(stored).model_copy(update={"created_at": at}))
        scans.claim(f"s{number}", "worker").finish(prediction_of("m1"), [], {})
    ProductionRepository(database).move("m2", "sha256:2", by="run 2", reason="Better.")
    return scans


@pytest.fixture
def rereads(database, scans) -> RereadRepository:
    return RereadRepository(database)


def ordered(rereads, count=10) -> list[str]:
    return [request.scan_id for request in rereads.order("m2", count, by="admin@x.org")]


def claim(rereads, scan_id="s3", worker="worker"):
    return rereads.claim(scan_id, "m2", serving="m2", worker=worker)


def reread(database, scan_id="s3") -> Any:
    return fields_of(database, paths.reread("m2", scan_id))


def other_answer():
    """m2's reading: the herniated disc is none any more."""
    prediction = prediction_of("m2")
    disc = prediction.discs[0].model_copy(update={"herniation": 0.2})
    return prediction.model_copy(update={"discs": [disc], "herniation_threshold": 0.3})


def save_label(database, scan_id="s3") -> None:
    database.commit([Put(paths.label(scan_id, "l1"), {"modelVersion": "m1"})])


def events_of(database, scan_id="s3") -> list[str]:
    return ids_in(database, paths.events(scan_id))


def test_the_newest_scans_that_the_model_has_not_read_are_asked_for(database, rereads):
    (request,) = rereads.order("m2", 1, by="admin@x.org")
    assert (request.scan_id, request.read_again_with) == ("s3", "m2")
    assert (request.bucket, request.name, request.generation) == ("b", "x/3.mha", 1)
    assert (reread(database)["state"], reread(database)["askedBy"]) == ("waiting", "admin@x.org")
    assert reread(database, "s2") is None


def test_whoever_asks_again_gets_what_waits_and_not_what_is_read(database, rereads):
    assert ordered(rereads, 2) == ["s3", "s2"]
    claim(rereads).finish(prediction_of("m2"), [], {})
    before = reread(database)
    assert ordered(rereads, 2) == ["s2", "s1"]
    assert reread(database) == before


def test_many_who_ask_in_the_same_moment_ask_once(database, rereads):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: ordered(rereads), range(6)))
    assert answers == [["s3", "s2", "s1"]] * 6
    assert len(ids_in(database, paths.rereads("m2"))) == 3


def test_only_the_model_in_production_reads_again(rereads):
    with pytest.raises(PermanentError) as refusal:
        rereads.order("m1", 3, by="admin@x.org")
    assert refusal.value.code == "not-in-production"


def test_the_new_reading_stands_beside_the_old_one_and_says_what_changed(database, scans, rereads):
    ordered(rereads)
    before = scans.get("s3")
    claim(rereads).finish(other_answer(), ["PatientName"], {"read": datetime.now(UTC)})
    assert scans.prediction("s3", "m1") is not None
    assert scans.prediction("s3", "m2").discs[0].herniation == 0.2
    assert reread(database)["state"] == "read"
    assert reread(database)["comparedWith"] == "m1"
    (change,) = reread(database)["changes"]
    assert (change["before"], change["after"]) == (0.8, 0.2)
    assert (change["herniatedBefore"], change["herniatedAfter"]) == (True, False)
    assert events_of(database) == ["claimed-1", "done-1", "queued", "read-again-m2"]
    after = scans.get("s3")
    assert (after.model_version, after.highest_herniation) == ("m2", 0.2)
    assert after.herniation_threshold == 0.3
    assert (after.status, after.attempt, after.timings) == ("done", 1, before.timings)


def test_a_scan_that_somebody_labelled_keeps_the_answers_that_they_saw(database, scans, rereads):
    ordered(rereads)
    work = claim(rereads)
    save_label(database)  # while the worker reads, and nothing has stamped the scan yet
    before = scans.get("s3")
    work.finish(other_answer(), [], {})
    assert scans.get("s3").model_copy(update={"updated_at": before.updated_at}) == before
    assert scans.prediction("s3", "m2") is not None
    assert len(reread(database)["changes"]) == 1


def test_a_scan_that_changes_while_the_result_is_stored_loses_no_change(database, scans, rereads):
    ordered(rereads)
    work = claim(rereads)
    stop = threading.Event()

    def stamp_all_the_time() -> int:
        count = 0
        while not stop.is_set():
            count += 1
            change_fields(database, paths.scan("s3"), {"labelCount": count})
            time.sleep(0.03)
        return count

    with ThreadPoolExecutor(1) as pool:
        stamps = pool.submit(stamp_all_the_time)
        time.sleep(0.1)
        work.finish(other_answer(), [], {})
        stop.set()
    assert scans.get("s3").label_count == stamps.result()
    assert scans.get("s3").model_version == "m2"


def test_of_workers_that_read_again_in_the_same_moment_one_does(database, rereads):
    ordered(rereads)
    barrier = threading.Barrier(4)

    def read(worker: int) -> str:
        barrier.wait()
        try:
            held = claim(rereads, worker=f"worker-{worker}")
            if held is None:
                return "nothing to do"  # it came when another had finished
            held.finish(prediction_of("m2"), [], {})
        except RetryableError as error:
            return error.code
        return "read"

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(read, range(4)))
    assert outcomes.count("read") == 1
    assert set(outcomes) <= {"read", "busy", "nothing to do"}
    assert claim(rereads) is None
    assert events_of(database).count("read-again-m2") == 1


def test_a_worker_that_died_is_followed_by_another(database, rereads):
    ordered(rereads)
    dead = claim(rereads)
    with pytest.raises(RetryableError):
        claim(rereads)
    end_lease(database, paths.reread("m2", "s3"))
    heir = claim(rereads)
    with pytest.raises(LeaseLostError):
        dead.finish(prediction_of("m2"), [], {})
    heir.finish(prediction_of("m2"), [], {})
    assert reread(database)["state"] == "read"


def test_a_reading_that_is_handed_back_waits_for_the_next(database, rereads):
    ordered(rereads)
    claim(rereads).hand_back("The worker was stopped.")
    assert (reread(database)["state"], reread(database)["lease"]) == ("waiting", None)
    claim(rereads).finish(prediction_of("m2"), [], {})


def test_a_scan_that_can_not_be_read_again_says_so_and_stays_as_it_was(database, scans, rereads):
    ordered(rereads)
    before = scans.get("s3")
    claim(rereads).fail(Failure(code="object-gone", message="The file was deleted."))
    assert (reread(database)["state"], reread(database)["error"]["code"]) == (
        "failed",
        "object-gone",
    )
    assert scans.get("s3") == before
    assert claim(rereads) is None
    ordered(rereads)
    assert (reread(database)["state"], reread(database)["error"]) == ("waiting", None)


def test_a_worker_that_has_not_followed_yet_asks_to_be_asked_again(database, rereads):
    ordered(rereads)
    with pytest.raises(RetryableError) as refusal:
        rereads.claim("s3", "m2", serving="m1", worker="worker")
    assert refusal.value.code == "older-model"
    assert reread(database)["state"] == "waiting"


def test_a_model_that_is_not_in_production_any_more_reads_nothing_again(database, scans, rereads):
    ordered(rereads)
    ProductionRepository(database).move("m3", "sha256:3", by="run 3", reason="Better.")
    assert claim(rereads) is None
    assert (reread(database)["state"], reread(database)["error"]["code"]) == (
        "failed",
        "superseded",
    )


def test_a_scan_that_was_forgotten_meanwhile_is_not_read_nor_made_anew(database, scans, rereads):
    ordered(rereads)
    work = claim(rereads)
    database.commit([Delete(paths.scan("s3"))])
    with pytest.raises(PermanentError) as gone:
        work.finish(prediction_of("m2"), [], {})
    assert gone.value.code == "scan-gone"
    assert scans.get("s3") is None
    assert scans.prediction("s3", "m2") is None


def test_a_reading_that_no_delivery_could_finish_ends_with_a_sentence(database, rereads):
    failure = Failure(code="gave-up", message="Many attempts.")
    ordered(rereads)
    work = claim(rereads)
    with pytest.raises(RetryableError):
        rereads.give_up("s3", "m2", failure)
    work.hand_back("")
    assert rereads.give_up("s3", "m2", failure)
    assert not rereads.give_up("s3", "m2", failure)
    assert not rereads.give_up("nobody", "m2", failure)
    assert reread(database)["error"]["message"] == "Many attempts."
