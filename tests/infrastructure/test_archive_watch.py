"""Orthanc's changes become the messages of a DICOM store, and none is missed over a restart."""

import base64
import time
from typing import Any

import httpx
import pytest

from discai.records.archive import ArchivedInstance, ArchivedSeries, archived
from infrastructure.local.archive_watch import Watch

pytestmark = pytest.mark.unit

STORE = "projects/p/locations/local/datasets/local/dicomStores/orthanc"


class Orthanc:
    """Answers as Orthanc's REST API does, for one series."""

    def __init__(self) -> None:
        self.instances: list[str] = []
        self.changes: list[dict[str, Any]] = []

    def store(self, key: str) -> None:
        self.instances.append(key)
        self._change("NewInstance", key, f"/instances/{key}")

    def settle(self) -> None:
        self._change("StableSeries", "series", "/series/series")

    def _change(self, kind: str, key: str, path: str) -> None:
        number = len(self.changes) + 1
        self.changes.append({"ChangeType": kind, "ID": key, "Path": path, "Seq": number})

    def answer(self, request: httpx.Request) -> httpx.Response:
        what, _, key = request.url.path.strip("/").partition("/")
        if what == "changes":
            since = int(request.url.params["since"])
            return httpx.Response(
                200, json={"Changes": self.changes[since:], "Last": len(self.changes)}
            )
        if what == "instances" and key not in self.instances:
            return httpx.Response(404)
        tags = {
            "instances": {"SOPInstanceUID": f"1.4.{key}"},
            "series": {"SeriesInstanceUID": "1.3", "Modality": "MR"},
            "studies": {"StudyInstanceUID": "1.2"},
        }[what]
        more = {"ParentSeries": "series", "ParentStudy": "study", "Instances": self.instances}
        return httpx.Response(200, json={"MainDicomTags": tags, **more})


@pytest.fixture
def orthanc() -> Orthanc:
    return Orthanc()


@pytest.fixture
def watch(orthanc, tmp_path):
    def begin() -> Watch:
        transport = httpx.MockTransport(orthanc.answer)
        client = httpx.Client(base_url="http://orthanc", transport=transport)
        return Watch(client, STORE, tmp_path / "watched.json")

    return begin


def told(watch: Watch) -> list[tuple[Any, dict[str, str]]]:
    """What the next messages name, and their attributes."""
    messages, place = watch.changes()
    watch.told(place)
    return [
        (archived(base64.b64decode(each["data"]).decode()), each["attributes"]) for each in messages
    ]


def test_files_are_told_of_as_the_healthcare_api_does_and_whole_series_with_their_size(
    orthanc, watch
):
    orthanc.store("1")
    orthanc.store("2")
    orthanc.settle()
    names = {"store": STORE, "study": "1.2", "series": "1.3"}
    stored = {"action": "StoreInstances", "modality": "MR"}
    watching = watch()
    assert told(watching) == [
        (ArchivedInstance(**names, uid="1.4.1"), stored),
        (ArchivedInstance(**names, uid="1.4.2"), stored),
        (ArchivedSeries(**names), {"seriesInstances": "2"}),
    ]
    assert told(watching) == []


def test_a_file_that_was_deleted_at_once_is_passed_over(orthanc, watch):
    orthanc.store("1")
    orthanc.store("2")
    orthanc.instances.remove("1")
    assert [found.uid for found, _ in told(watch())] == ["1.4.2"]


def test_what_was_told_in_the_last_minute_is_told_again_after_a_loss(orthanc, watch, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    watching = watch()
    orthanc.store("1")
    assert len(told(watching)) == 1
    for _ in range(2):  # it has settled once a minute has passed since it was told
        now[0] += 61
        assert told(watching) == []
    orthanc.store("2")
    assert len(told(watching)) == 1
    watching.begin_again()
    assert [found.uid for found, _ in told(watching)] == ["1.4.2"]
    assert [found.uid for found, _ in told(watch())] == ["1.4.2"]


def test_a_new_watch_of_a_new_archive_tells_of_all(orthanc, watch):
    orthanc.store("1")
    assert len(told(watch())) == 1
    assert len(told(watch())) == 1
