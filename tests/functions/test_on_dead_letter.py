"""A request that nobody could fulfil ends with a sentence."""

import base64

import pytest

from discai.cloud.rereading import RereadRepository
from discai.cloud.scans import ScanRepository
from discai.errors import PermanentError
from discai.records.scans import InferenceRequest
from functions.on_dead_letter import on_dead_letter
from tests.support import unusable
from tests.support.memory_database import MemoryDatabase
from tests.support.records import SCAN, queued_scan


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


@pytest.fixture
def scans(database: MemoryDatabase) -> ScanRepository:
    scans = ScanRepository(database)
    scans.create(SCAN, queued_scan())
    return scans


@pytest.fixture
def rereads(database: MemoryDatabase) -> RereadRepository:
    return RereadRepository(database)


def message(scan_id: str) -> dict:
    request = InferenceRequest(scan_id=scan_id, bucket="b", name="n", generation=1)
    data = base64.b64encode(request.model_dump_json(by_alias=True).encode()).decode()
    return {"message": {"data": data, "messageId": "1"}, "subscription": "projects/p/…"}


def test_the_scan_is_dead_and_says_what_to_do(scans, rereads):
    on_dead_letter(message(SCAN), "event-1", scans, rereads)
    assert scans.get(SCAN).status == "dead"
    assert "please retry" in scans.get(SCAN).error.message


@pytest.mark.parametrize("bad", unusable.IDS)
def test_an_id_that_is_none_names_no_scan(bad, scans, rereads):
    with pytest.raises(PermanentError, match="names no scan"):
        on_dead_letter(message(bad), "event-1", scans, rereads)


@pytest.mark.parametrize("bad", ["..", "a/b", "x" * 2000, "__x__"])
def test_an_event_whose_id_can_not_be_noted_is_refused_for_good(bad, scans, rereads):
    with pytest.raises(PermanentError, match="no id"):
        on_dead_letter(message(SCAN), bad, scans, rereads)


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
def test_a_message_without_a_scan_is_refused_for_good(data, scans, rereads):
    with pytest.raises(PermanentError, match="names no scan"):
        on_dead_letter(data, "event-1", scans, rereads)
