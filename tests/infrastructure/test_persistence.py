"""Firestore's journal and exports: what was written lies in one of them."""

import asyncio
import json
import random

import httpx
import pytest
from google.events.cloud.firestore import Document, DocumentEventData, Value

from infrastructure.local.data import persistence
from infrastructure.local.data.documents import OWNER, Documents
from infrastructure.local.data.journal import Journal
from infrastructure.local.data.persistence import FirestoreBackup
from infrastructure.local.data.restoring import (
    batches,
    queue_what_lost_its_prediction,
    replay,
    writes_of,
)

PROJECT = "demo-journal"
ROOT = f"projects/{PROJECT}/databases/(default)/documents"
URL = "http://firestore.test"


def document(path: str, value: int, seconds: int) -> Document:
    fields = {"value": Value(integer_value=value), "none": Value(null_value=0)}
    return Document(name=f"{ROOT}/{path}", fields=fields, update_time={"seconds": seconds})


def written(path: str, value: int, seconds: int) -> bytes:
    """The event of a write at a time."""
    return DocumentEventData.serialize(DocumentEventData(value=document(path, value, seconds)))


def deleted(path: str, value: int, seconds: int) -> bytes:
    """The event that a version is deleted which was written at a time."""
    return DocumentEventData.serialize(DocumentEventData(old_value=document(path, value, seconds)))


def as_write(path: str, value: int) -> dict:
    fields = {"value": {"integerValue": str(value)}, "none": {"nullValue": None}}
    return {"update": {"name": f"{ROOT}/{path}", "fields": fields}}


@pytest.mark.unit
def test_the_last_state_of_each_document_counts_in_whatever_order_events_come():
    events = [
        *(written("scans/a", n, seconds=n) for n in range(1, 4)),
        *(written("scans/b", 1, seconds=1), deleted("scans/b", 1, seconds=1)),
        *(written("scans/c", 1, 1), deleted("scans/c", 1, 1), written("scans/c", 2, seconds=2)),
        DocumentEventData.serialize(DocumentEventData()),  # one was asked to be absent, and was
    ]
    for seed in range(10):
        random.Random(seed).shuffle(events)
        writes = writes_of([*events, *events])
        assert sorted(writes, key=str) == sorted(
            [as_write("scans/a", 3), {"delete": f"{ROOT}/scans/b"}, as_write("scans/c", 2)],
            key=str,
        )


def scan_write(key: str, status: str) -> dict:
    fields = {"status": {"stringValue": status}, "modelVersion": {"stringValue": "m1"}}
    return {"update": {"name": f"{ROOT}/scans/{key}", "fields": fields}}


@pytest.mark.unit
def test_a_scan_whose_commit_was_torn_is_read_again():
    writes = [
        scan_write("torn", "done"),
        scan_write("failed", "failed"),
        scan_write("whole", "done"),
        {"update": {"name": f"{ROOT}/scans/whole/predictions/m1", "fields": {}}},
        scan_write("exported", "done"),
        {"delete": f"{ROOT}/scans/gone"},
    ]

    async def is_there(path: str) -> bool:
        return path == "scans/exported/predictions/m1"

    asyncio.run(queue_what_lost_its_prediction(writes, is_there))
    states = {
        each["update"]["name"].rpartition("/")[2]: each["update"]["fields"]["status"]["stringValue"]
        for each in writes
        if "status" in each.get("update", {}).get("fields", {})
    }
    assert states == {"torn": "queued", "failed": "failed", "whole": "done", "exported": "done"}


@pytest.mark.unit
def test_no_batch_is_larger_than_the_emulator_takes():
    large = {"update": {"name": "d", "fields": {"text": {"stringValue": "x" * 900_000}}}}
    assert [len(batch) for batch in batches([large] * 5)] == [2, 2, 1]
    assert [len(batch) for batch in batches([as_write("scans/a", 1)] * 450)] == [200, 200, 50]
    assert not list(batches([]))


@pytest.mark.unit
def test_the_journal_is_found_by_whoever_opens_it_next(tmp_path):
    Journal(tmp_path / "journal").add([(1.0, b"one"), (3.0, b"three"), (2.0, b"two")])
    journal = Journal(tmp_path / "journal")
    assert journal.events() == [b"one", b"two", b"three"]
    assert journal.newest() == 3.0
    journal.forget_before(2.0)
    assert journal.events() == [b"two", b"three"]


@pytest.mark.unit
def test_nothing_on_the_disk_has_what_the_journal_forgot(tmp_path):
    journal = Journal(tmp_path / "journal")
    journal.add([(1.0, b"of a scan that is forgotten"), (2.0, b"of another")])
    journal.forget_before(2.0)
    assert not any(b"forgotten" in path.read_bytes() for path in tmp_path.iterdir())


def exporting(tmp_path) -> httpx.MockTransport:
    """A Firestore that exports nothing, but does so."""

    def answer(request: httpx.Request) -> httpx.Response:
        folder = tmp_path / "firestore" / json.loads(request.content)["export_name"]
        folder.mkdir(parents=True)
        (folder / "x.overall_export_metadata").touch()
        return httpx.Response(200)

    return httpx.MockTransport(answer)


@pytest.mark.unit
def test_an_export_has_what_was_written_before_it_began(tmp_path):
    journal = Journal(tmp_path / "journal")
    backup = FirestoreBackup(tmp_path / "firestore", PROJECT, journal)
    assert backup.is_whole()
    journal.add([(1.0, b"left by a cloud that was killed")])
    assert not backup.is_whole()

    async def export() -> None:
        async with httpx.AsyncClient(transport=exporting(tmp_path)) as client:
            await backup.export(client, URL)

    asyncio.run(export())
    assert backup.is_whole()
    assert journal.events()  # events may be late: they are kept until the next export
    asyncio.run(export())
    assert not journal.events()
    assert [path.name for path in (tmp_path / "firestore").iterdir()] == ["00000001"]
    journal.add([(1.0, b"older than some that it missed")])
    backup.has_gap = True
    asyncio.run(export())
    assert not journal.events()
    journal.add([(2e10, b"after it")])
    assert not backup.is_whole()


@pytest.mark.unit
def test_exports_that_fail_are_told_of_after_the_second_time_and_once(tmp_path, monkeypatch):
    monkeypatch.setattr(persistence, "EXPORT_EVERY_SECONDS", 0.0)
    backup = FirestoreBackup(tmp_path / "firestore", PROJECT, Journal(tmp_path / "journal"))
    said: list[tuple[int, str]] = []
    good = exporting(tmp_path)
    asked = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return good.handle_request(request) if asked in (2, 6) else httpx.Response(500)

    def say(sentence: str) -> None:
        said.append((asked, sentence))

    async def export() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            exports = asyncio.create_task(backup.export_forever(client, URL, say))
            while len(said) < 2:
                await asyncio.sleep(0)
            exports.cancel()

    asyncio.run(export())
    assert [when for when, _ in said] == [4, 6]
    assert "can't be exported" in said[0][1]
    assert said[1][1] == "Firestore's data is exported again."


def test_an_emulator_takes_a_journal_but_for_what_it_refuses(firestore_address):
    writes = [as_write("scans/a", 1), as_write("scans/a/labels/b", 2), {"delete": f"{ROOT}/x/y"}]
    wrong = {"update": {"name": f"{ROOT}/no-document", "fields": {}}}

    async def restore(url: str) -> tuple[int, object]:
        refused = await replay(url, PROJECT, [*writes, wrong])
        async with httpx.AsyncClient(headers=OWNER) as client:
            return refused, await Documents(client, url, PROJECT).get("scans/a/labels/b")

    refused, label = asyncio.run(restore(f"http://{firestore_address}"))
    assert refused == 1
    assert label == {"value": 2, "none": None}
