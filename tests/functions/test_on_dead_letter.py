"""A request that nobody could fulfil ends with a sentence."""

import base64
from datetime import UTC, datetime

import pytest

from discai.errors import PermanentError
from discai.records.scans import InferenceRequest, ScanRecord, StoredObject
from functions.on_dead_letter import on_dead_letter
from tests.support.fakes import FakeRereads, FakeScans


@pytest.fixture
def scans() -> FakeScans:
    now = datetime.now(UTC)
    stored = StoredObject(bucket="b", name="n", generation=1, size=1)
    return FakeScans({"s": ScanRecord(object=stored, created_at=now, updated_at=now)})


def letter(scan_id: str) -> dict:
    request = InferenceRequest(scan_id=scan_id, bucket="b", name="n", generation=1)
    data = base64.b64encode(request.model_dump_json(by_alias=True).encode()).decode()
    return {"message": {"data": data, "messageId": "1"}, "subscription": "projects/p/…"}


def test_the_scan_is_dead_and_says_what_to_do(scans):
    on_dead_letter(letter("s"), "event-1", scans, FakeRereads())
    assert scans.scans["s"].status == "dead"
    assert "please retry" in scans.scans["s"].error.message


@pytest.mark.parametrize(
    "data", [{}, {"message": {}}, {"message": {"data": "%%%"}}, {"message": {"data": "e30="}}, None]
)
def test_a_letter_without_a_scan_is_refused_for_good(data, scans):
    with pytest.raises(PermanentError, match="names no scan"):
        on_dead_letter(data, "event-1", scans, FakeRereads())
