"""Slices that an archive keeps become scans; while it is away they wait, and nothing fails."""

import base64
from datetime import timedelta

import numpy as np
import pytest

from discai.cloud import paths
from discai.cloud.archived import ArchivedSlices
from discai.cloud.forget import ForgetSettings, forget
from discai.cloud.gathers import GatherRepository
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.opening import fetch, read_fetched
from discai.cloud.rereading import RereadRepository
from discai.cloud.studies import StudyRepository
from discai.errors import PermanentError, RetryableError
from discai.records.archive import Address
from discai.records.keys import Keys
from functions import gathering
from functions.gathering import Gathering
from functions.on_instance_stored import Arrivals, on_instance_stored
from functions.on_scan_uploaded import on_scan_uploaded
from inference_service.worker import Worker
from pipeline.retraining.preparation import scan_reader
from tests.inference_service.test_splitting import Model
from tests.support.fakes import FakePublisher
from tests.support.pipeline.labelled import scan
from tests.support.scan_files import dicom_bytes
from tests.support.studies.drawing import acquisition, localizer

SECRET = "of a test, with enough letters in it"
STORE = "projects/p/locations/l/datasets/d/dicomStores/s"


class FakeArchive:
    """An archive that can be away.

    Attributes:
        files: by their UIDs.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.is_away = False

    def check(self) -> None:
        if self.is_away:
            raise RetryableError("unavailable", "The archive does not answer at the moment.")

    def fetch(self, instance: Address, max_bytes: int) -> bytes:
        self.check()
        if instance.uid not in self.files:
            raise PermanentError("not-in-archive", "The archive does not have it (any more).")
        return self.files[instance.uid]


class Pacs:
    """An archive, and the functions and the worker that hear of it."""

    def __init__(self, cloud, scans) -> None:
        self.cloud, self.scans = cloud, scans
        self.archive = FakeArchive()
        self.objects = ObjectStore(cloud.storage)
        gathers = GatherRepository(cloud.database)
        self.gathering = Gathering(gathers, self.objects, Keys(SECRET))
        self.arrivals = Arrivals(self.gathering, gathers, scans, self.objects, cloud.uploads)
        self.worker = self.worker_of(self.archive)

    def worker_of(self, archive: FakeArchive | None) -> Worker:
        labels = LabelRepository(self.cloud.database, self.objects, self.cloud.results)
        return Worker(
            self.scans,
            RereadRepository(self.cloud.database),
            self.objects,
            Model(),
            studies=StudyRepository(self.cloud.database, labels),
            keys=Keys(SECRET),
            results_bucket=self.cloud.results,
            name="worker",
            lease_seconds=120,
            archived=ArchivedSlices(archive, Keys(SECRET)) if archive else None,
        )

    def store(self, datasets) -> None:
        """Stores files, and tells of each."""
        for dataset in datasets:
            self.archive.files[dataset.SOPInstanceUID] = dicom_bytes(dataset)
            self.tell(dataset)

    def tell(self, dataset) -> None:
        names = f"studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
        resource = f"{STORE}/dicomWeb/{names}/instances/{dataset.SOPInstanceUID}"
        data = base64.b64encode(resource.encode()).decode()
        on_instance_stored({"message": {"data": data}}, self.arrivals)

    def queued(self) -> list:
        """Requests to read what has come."""
        self.gathering.close_quiet()
        publisher = FakePublisher()
        for blob in self.cloud.storage.list_blobs(self.cloud.uploads):
            on_scan_uploaded(blob._properties, self.scans, publisher, self.gathering)
        return publisher.published


@pytest.fixture
def pacs(cloud, scans, monkeypatch) -> Pacs:
    monkeypatch.setattr(gathering, "QUIET", timedelta(0))
    return Pacs(cloud, scans)


def test_a_study_in_an_archive_becomes_one_scan_a_series(pacs):
    pacs.store(
        [*acquisition("T1", series="1.2.3.2"), *acquisition("T2", series="1.2.3.3"), *localizer()]
    )
    requests = pacs.queued()
    for request in requests:
        pacs.worker.handle(request)
    scans = [pacs.scans.get(request.scan_id) for request in requests]
    assert sorted(scan.status for scan in scans) == ["done", "done", "split"]
    read = [scan for scan in scans if scan.status == "done"]
    assert sorted(scan.study.series.sequence for scan in read) == ["T1", "T2"]
    numbers = {scan.study.series.number: scan.study.series.sequence for scan in read}
    assert numbers == {2: "T1", 3: "T2"}, "as their scanner numbered them"
    assert len({scan.study.study_key for scan in read}) == 1


def test_a_run_learns_from_archived_scans_without_access_to_the_archive(pacs, tmp_path):
    pacs.store(acquisition("T2"))
    (request,) = pacs.queued()
    pacs.worker.handle(request)
    stored = pacs.scans.get(request.scan_id).object
    labelled = scan().model_copy(update={"scan_id": request.scan_id, "object": stored})
    learned = scan_reader(pacs.objects, pacs.cloud.results)(labelled)
    (tmp_path / "fetched").mkdir()
    archived = ArchivedSlices(pacs.archive, Keys(SECRET))
    read = read_fetched(fetch(pacs.objects, stored, tmp_path / "fetched", archived))
    assert np.array_equal(learned.voxels, read.voxels)
    assert learned.spacing_mm == pytest.approx(read.spacing_mm)
    assert learned.grid.orientation == read.grid.orientation


def test_while_the_archive_is_away_nobody_begins_with_its_scans(pacs):
    pacs.store(acquisition("T2"))
    (request,) = pacs.queued()
    pacs.archive.is_away = True
    for _ in range(8):  # of which five begun readings would be the scan's own fault
        with pytest.raises(RetryableError):
            pacs.worker.handle(request)
    scan = pacs.scans.get(request.scan_id)
    assert (scan.status, scan.attempt) == ("queued", 0)
    pacs.archive.is_away = False
    pacs.worker.handle(request)
    assert pacs.scans.get(request.scan_id).status == "done"
    pacs.archive.is_away = True
    pacs.worker.handle(request)  # delivered again: there is nothing left to ask for


def test_a_slice_that_was_deleted_in_the_archive_is_said(pacs):
    slices = acquisition("T2")
    pacs.store(slices)
    (request,) = pacs.queued()
    del pacs.archive.files[slices[3].SOPInstanceUID]
    pacs.worker.handle(request)
    scan = pacs.scans.get(request.scan_id)
    assert (scan.status, scan.error.code) == ("failed", "not-in-archive")


def test_a_worker_without_an_archive_says_so(pacs):
    pacs.store(acquisition("T2"))
    (request,) = pacs.queued()
    pacs.worker_of(None).handle(request)
    assert pacs.scans.get(request.scan_id).error.code == "no-archive"


def test_what_was_forgotten_is_gone_from_the_bucket_and_does_not_come_back(pacs):
    slices = acquisition("T2")
    pacs.store(slices)
    (request,) = pacs.queued()
    pacs.worker.handle(request)
    settings = ForgetSettings(
        google_cloud_project=pacs.cloud.project,
        results_bucket=pacs.cloud.results,
        pipeline_bucket=pacs.cloud.results,
    )
    list(forget(request.scan_id, settings))
    assert not list(pacs.cloud.storage.list_blobs(pacs.cloud.uploads, versions=True))
    pacs.tell(slices[0])
    assert not pacs.queued()
    assert pacs.scans.get(request.scan_id) is None
    assert not list(pacs.cloud.storage.list_blobs(pacs.cloud.uploads, prefix=paths.ARCHIVE))
