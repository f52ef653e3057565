"""An upload becomes one queued scan, whatever its event does."""

import pytest

from discai.cloud import paths
from discai.cloud.objects import StoredFile
from discai.cloud.paths import scan_id
from discai.cloud.scans import ScanRepository
from discai.cloud.series import as_metadata
from discai.errors import PermanentError, RetryableError
from discai.records.study import SeriesFacts, StudyOfScan
from functions.on_scan_uploaded import on_scan_uploaded
from tests.support.documents import change_fields, ids_in
from tests.support.fakes import FakePublisher, NoSlices
from tests.support.memory_database import MemoryDatabase

EVENT = {
    "bucket": "p-uploads",
    "name": "0a1b/scan.mha",
    "generation": "1700000000000000",
    "size": "2048",
    "contentType": "application/octet-stream",
    "metadata": {"uploadedBy": "r@x.org", "fileName": "scan.mha"},
}
SCAN = scan_id("p-uploads", "0a1b/scan.mha", 1700000000000000)


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


@pytest.fixture
def scans(database: MemoryDatabase) -> ScanRepository:
    return ScanRepository(database)


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


def test_an_upload_is_queued_and_its_reading_asked_for(scans, publisher):
    on_scan_uploaded(EVENT, scans, publisher, NoSlices())
    scan = scans.get(SCAN)
    assert scan.status == "queued"
    assert scan.object.size == 2048
    assert scan.uploaded_by == "r@x.org"
    assert {"scan", "mha", SCAN[:5]} <= set(scan.search_terms)
    assert scan.timings.queued == scan.created_at
    [request] = publisher.published
    assert (request.scan_id, request.generation) == (SCAN, 1700000000000000)


def test_the_name_of_the_file_is_kept_as_it_was(scans, publisher):
    metadata = {"uploadedBy": "r@x.org", "fileName": "Пациенты\\Мари\u0438\u0306 1.mha"}
    on_scan_uploaded({**EVENT, "metadata": metadata}, scans, publisher, NoSlices())
    scan = scans.get(SCAN)
    assert scan.file_name == "Марий 1.mha"
    assert {"марий", "мар", "mha"} <= set(scan.search_terms)


def test_a_name_that_only_the_object_has_is_found(scans, publisher):
    event = {**EVENT, "name": "folder/王小明.mha", "metadata": None}
    on_scan_uploaded(event, scans, publisher, NoSlices())
    [request] = publisher.published
    scan = scans.get(request.scan_id)
    assert scan.file_name is None
    assert {"王小明", "小明"} <= set(scan.search_terms)


@pytest.mark.parametrize("metadata", ["text", ["x"], {"fileName": 7, "uploadedBy": {}}, 7])
def test_metadata_that_means_nothing_is_left_alone(scans, publisher, metadata):
    on_scan_uploaded({**EVENT, "metadata": metadata}, scans, publisher, NoSlices())
    assert (scans.get(SCAN).file_name, scans.get(SCAN).uploaded_by) == (None, None)


def test_a_copy_with_gsutil_has_no_uploader_and_works_the_same(scans, publisher):
    on_scan_uploaded({**EVENT, "metadata": None}, scans, publisher, NoSlices())
    assert scans.get(SCAN).uploaded_by is None
    assert len(publisher.published) == 1


def test_a_crash_before_the_publishing_is_healed_by_the_repeated_event(database, scans, publisher):
    publisher.failures = 1
    with pytest.raises(RetryableError):
        on_scan_uploaded(EVENT, scans, publisher, NoSlices())
    on_scan_uploaded(EVENT, scans, publisher, NoSlices())
    assert len(ids_in(database, paths.SCANS)) == 1
    assert len(publisher.published) == 1


def test_an_event_repeated_after_the_reading_began_asks_for_nothing(database, scans, publisher):
    on_scan_uploaded(EVENT, scans, publisher, NoSlices())
    change_fields(database, paths.scan(SCAN), {"status": "done"})
    on_scan_uploaded(EVENT, scans, publisher, NoSlices())
    assert scans.get(SCAN).status == "done"
    assert len(publisher.published) == 1


@pytest.mark.parametrize(("lease_seconds", "requests"), [(-1, 2), (60, 1)])
def test_an_event_repeated_asks_again_where_the_worker_died(
    database, scans, publisher, lease_seconds, requests
):
    on_scan_uploaded(EVENT, scans, publisher, NoSlices())
    ScanRepository(database, lease_seconds=lease_seconds).claim(SCAN, "worker")
    on_scan_uploaded(EVENT, scans, publisher, NoSlices())
    assert len(publisher.published) == requests


def test_two_uploads_under_one_name_are_two_scans(database, scans, publisher):
    on_scan_uploaded(EVENT, scans, publisher, NoSlices())
    on_scan_uploaded({**EVENT, "generation": "1700000000000001"}, scans, publisher, NoSlices())
    assert len(ids_in(database, paths.SCANS)) == 2


PARTS = "tmp/parallel_composite_uploads"


@pytest.mark.parametrize(
    "name",
    [
        "folder/",
        f"gcloud/{PARTS}/see_gcloud_storage_cp_help_for_details/7_da39a3ee5e6b4b0d_0",
        f"folder/gcloud/{PARTS}/see_gcloud_storage_cp_help_for_details/7_da39a3ee5e6b4b0d_0",
        f"90871/gsutil/{PARTS}/for_details_see/gsutil_help_cp/d41d8cd98f00b204_1",
    ],
)
def test_folders_and_parts_of_large_uploads_are_no_scans(database, scans, publisher, name):
    on_scan_uploaded({**EVENT, "name": name}, scans, publisher, NoSlices())
    assert not ids_in(database, paths.SCANS)
    assert not publisher.published


def test_a_scan_in_a_folder_of_almost_that_name_is_one(scans, publisher):
    on_scan_uploaded({**EVENT, "name": "my-gcloud/tmp/parallel.mha"}, scans, publisher, NoSlices())
    assert len(publisher.published) == 1


def test_what_was_composed_of_parts_is_a_scan(scans, publisher):
    composed = {**EVENT, "componentCount": 4, "crc32c": "AAAAAA=="}
    on_scan_uploaded(composed, scans, publisher, NoSlices())
    assert scans.get(SCAN).status == "queued"


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"bucket": "b"},
        {**EVENT, "generation": "x"},
        {**EVENT, "generation": str(2**64)},
        {**EVENT, "size": 2**64},
        {**EVENT, "name": ""},
        {**EVENT, "name": "\ud800.mha"},
        {**EVENT, "name": ["x"]},
        [["bucket", "b"], ["name", "n"], ["generation", 1], ["size", 1]],
        "text",
        None,
    ],
)
def test_an_event_without_an_object_is_refused_for_good(event, scans, publisher):
    with pytest.raises(PermanentError, match="names no object"):
        on_scan_uploaded(event, scans, publisher, NoSlices())


@pytest.mark.parametrize("superseded_first", [True, False])
def test_a_series_of_a_list_is_superseded_whichever_event_comes_first(
    scans, publisher, superseded_first
):
    names = [paths.slice_list("study", "a" * 26, number) for number in (1, 2)]
    lists = [{"bucket": "b", "name": name, "generation": 1, "size": 9} for name in names]
    earlier, later = (scan_id("b", name, 1) for name in names)
    place = StudyOfScan(
        study_key="s" * 26, series=SeriesFacts(number=1, digest="0" * 32), parent=earlier
    )
    name = paths.series_object(names[0], 1, "0" * 32)
    series = {"bucket": "b", "name": name, "generation": 1, "size": 9}
    events = [lists[1], {**series, "metadata": as_metadata(place)}]

    class Lists(NoSlices):
        def lists_beside(self, slice_list):
            return {name: StoredFile(1, None, {}) for name in names}

    on_scan_uploaded(lists[0], scans, publisher, Lists())
    for event in events if superseded_first else reversed(events):
        on_scan_uploaded(event, scans, publisher, Lists())
    assert scans.get(scan_id("b", name, 1)).superseded_by == later
