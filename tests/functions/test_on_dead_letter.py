"""A request that nobody could fulfil ends with a sentence."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from discai.cloud import paths
from discai.cloud.database import Put
from discai.cloud.filing import FilingRepository
from discai.cloud.production import ProductionRepository
from discai.cloud.requests import AnyRequest
from discai.cloud.rereading import RereadRepository
from discai.cloud.scans import ScanRepository
from discai.errors import PermanentError, RetryableError
from discai.records.record import Failure
from discai.records.scans import InferenceRequest
from discai.records.study import SeriesFacts, StudyOfScan
from functions.on_dead_letter import (
    BROKEN_READINGS,
    FILING_GAVE_UP,
    GAVE_UP,
    on_dead_letter,
)
from tests.support import unusable
from tests.support.documents import change_fields, end_lease
from tests.support.fakes import FakePublisher
from tests.support.memory_database import MemoryDatabase
from tests.support.records import SCAN, prediction_of, queued_scan


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


@pytest.fixture
def scans(database: MemoryDatabase) -> ScanRepository:
    scans = ScanRepository(database)
    scans.create(SCAN, queued_scan())
    return scans


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def rereads(database: MemoryDatabase) -> RereadRepository:
    return RereadRepository(database)


@pytest.fixture
def orders(database: MemoryDatabase) -> FilingRepository:
    return FilingRepository(database)


def change(database: MemoryDatabase, **fields: Any) -> None:
    """Change fields of the scan."""
    path = paths.scan(SCAN)
    database.commit([Put(path, {**(database.get(path).fields or {}), **fields})])


def message(scan_id: str) -> dict:
    return dead_letter_of(InferenceRequest(scan_id=scan_id, bucket="b", name="n", generation=1))


def dead_letter_of(request: AnyRequest) -> dict:
    data = base64.b64encode(request.model_dump_json(by_alias=True).encode()).decode()
    return {"message": {"data": data, "messageId": "1"}, "subscription": "projects/p/…"}


def test_the_scan_is_dead_and_says_what_to_do(database, scans, rereads, orders, publisher):
    change(database, attempt=BROKEN_READINGS)
    on_dead_letter(message(SCAN), "event-1", scans, rereads, orders, publisher)
    assert scans.get(SCAN).status == "dead"
    assert "please retry" in scans.get(SCAN).error.message
    assert not publisher.published


def test_a_scan_that_was_hardly_begun_is_asked_for_again(scans, rereads, orders, publisher):
    # The database was away, or every worker was busy, at each of its deliveries.
    on_dead_letter(message(SCAN), "event-1", scans, rereads, orders, publisher)
    assert scans.get(SCAN).status == "queued"
    [request] = publisher.published
    assert request.scan_id == SCAN


@pytest.mark.parametrize("begun", [0, BROKEN_READINGS - 1])
def test_a_scan_that_was_hardly_begun_waits_however_long_it_takes(
    database, scans, rereads, orders, publisher, begun
):
    long_ago = datetime.now(UTC) - timedelta(days=30)
    change(database, timings={"queued": long_ago}, createdAt=long_ago, attempt=begun)
    on_dead_letter(message(SCAN), "event-1", scans, rereads, orders, publisher)
    assert scans.get(SCAN).status == "queued"
    assert [request.scan_id for request in publisher.published] == [SCAN]


def test_a_scan_that_has_ended_or_is_being_read_is_not_asked_for_again(
    scans, rereads, orders, publisher
):
    claim = scans.claim(SCAN, "worker")
    with pytest.raises(RetryableError, match="is reading"):
        on_dead_letter(message(SCAN), "event-1", scans, rereads, orders, publisher)
    claim.fail(Failure(code="empty", message="Nothing is in it."))
    on_dead_letter(message(SCAN), "event-1", scans, rereads, orders, publisher)
    assert scans.get(SCAN).status == "failed"
    assert not publisher.published


@pytest.mark.parametrize("bad", unusable.IDS)
def test_an_id_that_is_none_names_no_scan(bad, scans, rereads, orders, publisher):
    with pytest.raises(PermanentError, match="names no scan"):
        on_dead_letter(message(bad), "event-1", scans, rereads, orders, publisher)


@pytest.mark.parametrize("bad", ["..", "a/b", "x" * 2000, "__x__"])
def test_an_event_whose_id_can_not_be_noted_is_refused_for_good(
    bad, scans, rereads, orders, publisher
):
    with pytest.raises(PermanentError, match="no id"):
        on_dead_letter(message(SCAN), bad, scans, rereads, orders, publisher)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"message": {}},
        {"message": {"data": "%%%"}},
        {"message": {"data": "e30="}},
        {"message": {"data": "é"}},
        None,
        [],
        "x",
    ],
)
def test_a_message_without_a_scan_is_refused_for_good(data, scans, rereads, orders, publisher):
    with pytest.raises(PermanentError, match="names no scan"):
        on_dead_letter(data, "event-1", scans, rereads, orders, publisher)


def test_results_that_nobody_could_file_are_given_up_and_said_until_they_are_ordered_again(
    database, scans, rereads, orders, publisher
):
    place = StudyOfScan(study_key="k" * 26, series=SeriesFacts(number=1, digest="0" * 32))
    change(database, status="done", study=place.to_document())
    dead = dead_letter_of(orders.order(SCAN, "drafts"))
    change_fields(database, paths.filing("k" * 26), {"begun": BROKEN_READINGS})
    for _ in range(2):
        on_dead_letter(dead, "event-1", scans, rereads, orders, publisher)
        order = orders.get("k" * 26)
        assert (order.problem, order.due_at) == (FILING_GAVE_UP, None)
    assert orders.claim("k" * 26, "worker") is None
    orders.order(SCAN, "drafts")
    assert orders.claim("k" * 26, "worker") is not None
    with pytest.raises(RetryableError):
        on_dead_letter(dead, "event-2", scans, rereads, orders, publisher)
    assert not publisher.published


def test_results_that_no_worker_came_to_are_asked_for_again(
    database, scans, rereads, orders, publisher
):
    place = StudyOfScan(study_key="k" * 26, series=SeriesFacts(number=1, digest="0" * 32))
    change(database, status="done", study=place.to_document())
    dead = dead_letter_of(orders.order(SCAN, "drafts"))
    for begun in range(BROKEN_READINGS):
        on_dead_letter(dead, f"event-{begun}", scans, rereads, orders, publisher)
        assert len(publisher.published) == begun + 1
        assert orders.claim("k" * 26, "worker") is not None  # and dies with it
        end_lease(database, paths.filing("k" * 26))
    on_dead_letter(dead, "event-9", scans, rereads, orders, publisher)
    assert len(publisher.published) == BROKEN_READINGS
    assert orders.get("k" * 26).problem == FILING_GAVE_UP


def test_a_further_reading_that_no_worker_came_to_is_asked_for_again(
    database, scans, rereads, orders, publisher
):
    scans.claim(SCAN, "worker").finish(prediction_of("m1"), [], {})
    ProductionRepository(database).move("m2", "sha256:2", by="run", reason="Better.")
    (request,) = rereads.order("m2", 1, by="admin@x.org")
    for begun in range(BROKEN_READINGS):
        on_dead_letter(dead_letter_of(request), "event-1", scans, rereads, orders, publisher)
        assert publisher.published == [request] * (begun + 1)
        rereads.claim(SCAN, "m2", serving="m2", worker="worker").hand_back("It breaks off.")
    on_dead_letter(dead_letter_of(request), "event-1", scans, rereads, orders, publisher)
    assert len(publisher.published) == BROKEN_READINGS
    assert rereads.get(SCAN, "m2").error == GAVE_UP
