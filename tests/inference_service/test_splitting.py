"""An archive of several series becomes several scans, also where its splitting is cut off."""

import json

import numpy as np
import pytest

from discai.cloud import paths
from discai.cloud.database import Query
from discai.cloud.forget import ForgetSettings, forget
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.rereading import RereadRepository
from discai.cloud.scans import ScanRepository
from discai.cloud.studies import StudyRepository
from discai.errors import PermanentError, RetryableError
from discai.records.scans import InferenceRequest
from discai.records.studies import StudyRecord
from discai.study import Keys
from functions.on_scan_uploaded import on_scan_uploaded
from inference_service.worker import Worker
from tests.support.fake_worker import FakePredictor
from tests.support.fakes import FakePublisher, NoSlices
from tests.support.scan_files import mha_bytes, zip_bytes
from tests.support.studies.drawing import acquisition, localizer, named

ARCHIVE = "0a/Examination.zip"


class Model:
    predictor = FakePredictor()

    def get(self):
        return self.predictor

    def wait_for(self, version: str, seconds: float) -> None:
        """It serves what it serves."""


class OneSeriesOnly(ObjectStore):
    """Cloud Storage that goes away after the first series."""

    takes = 1

    def add(self, *arguments):
        self.takes -= 1
        if self.takes < 0:
            raise RetryableError("unavailable", "Cloud Storage does not answer.")
        return super().add(*arguments)


@pytest.fixture
def worker(cloud, scans):
    def make(objects=None) -> Worker:
        return Worker(
            scans,
            RereadRepository(cloud.database),
            objects or ObjectStore(cloud.storage),
            Model(),
            studies=StudyRepository(
                cloud.database,
                LabelRepository(cloud.database, ObjectStore(cloud.storage), cloud.results),
            ),
            keys=Keys("of a test, with enough letters in it"),
            results_bucket=cloud.results,
            name="worker",
            lease_seconds=120,
        )

    return make


@pytest.fixture
def examination(upload) -> InferenceRequest:
    """A study of two sagittal series, a localizer and an axial series, uploaded as one archive."""
    files = named(
        [
            *acquisition("T1", series="1.2.3.2"),
            *acquisition("T2", series="1.2.3.3"),
            *acquisition("T2", "axial", 9, series="1.2.3.4"),
            *localizer(),
        ]
    )
    return upload(zip_bytes(files), ARCHIVE)


def series_objects(cloud) -> dict[str, int]:
    """Names and generations of all that the archive became."""
    folder = paths.series_folder(ARCHIVE)
    listed = cloud.storage.list_blobs(cloud.uploads, prefix=folder, versions=True)
    return {blob.name: blob.generation for blob in listed}


def studies_in(cloud) -> list[StudyRecord]:
    found = cloud.database.find(Query(paths.STUDIES))
    return [StudyRecord.from_document(each.fields) for each in found]


def announce(cloud, scans: ScanRepository) -> list[InferenceRequest]:
    """The events of the objects beside the archive, each of them twice; the requests."""
    publisher = FakePublisher()
    for blob in cloud.storage.list_blobs(cloud.uploads, prefix=paths.series_folder(ARCHIVE)):
        for _ in range(2):
            on_scan_uploaded(blob._properties, scans, publisher, NoSlices())
    return publisher.published


def test_each_readable_series_becomes_a_scan_and_the_rest_is_listed(
    cloud, scans, worker, examination
):
    worker().handle(examination)
    archive = scans.get(examination.scan_id)
    assert archive.status == "split"
    assert archive.lease is None
    assert [(each.sequence, each.slices) for each in archive.split.series] == [("T1", 7), ("T2", 7)]
    left_out = {(thing.what, thing.reason) for thing in archive.split.left_out}
    assert ("axial T2, 9 slices", "not sagittal") in left_out
    assert scans.prediction(examination.scan_id, "fake-1") is None

    for request in announce(cloud, scans):
        worker().handle(request)
    for number, series in enumerate(archive.split.series, 1):
        scan = scans.get(series.scan_id)
        assert scan.status == "done"
        assert scan.slice_count == 7
        assert scan.study.parent == examination.scan_id
        assert scan.study.series.sequence == series.sequence
        assert scan.study.series.number == number
        assert scan.file_name == f"Examination.zip {number}-{series.sequence.lower()}"
    (study,) = studies_in(cloud)
    assert set(study.series) == {series.scan_id for series in archive.split.series}
    assert {series.status for series in study.series.values()} == {"done"}
    assert study.left_out == archive.split.left_out
    assert study.discs
    places = [scans.get(series.scan_id).study for series in archive.split.series]
    assert len({(study.study_key, study.patient_key, study.frame_key) for study in places}) == 1


def test_series_of_an_archive_know_their_study_before_they_are_read(
    cloud, scans, worker, examination
):
    worker().handle(examination)
    waiting = [scans.get(request.scan_id) for request in announce(cloud, scans)]
    assert {scan.status for scan in waiting} == {"queued"}
    assert len({scan.study.study_key for scan in waiting}) == 1


def test_volumes_of_one_archive_are_one_study(cloud, scans, worker, upload):
    volume = np.arange(5 * 40 * 40, dtype=np.int16).reshape(5, 40, 40)
    volumes = {"t1.mha": mha_bytes(volume), "t2.mha": mha_bytes(volume + 1)}
    worker().handle(upload(zip_bytes(volumes), ARCHIVE))
    requests = announce(cloud, scans)
    for request in requests:
        worker().handle(request)
    studies = [scans.get(request.scan_id).study for request in requests]
    assert [study.patient_key for study in studies] == [None] * len(studies)
    assert len({study.study_key for study in studies}) == 1
    assert {study.series.number for study in studies} == {1, 2}


def test_a_splitting_that_is_cut_off_goes_on_with_the_same_scans(cloud, scans, worker, examination):
    with pytest.raises(RetryableError):
        worker(OneSeriesOnly(cloud.storage)).handle(examination)
    assert scans.get(examination.scan_id).status == "queued"
    first = series_objects(cloud)
    assert len(first) == 1
    worker().handle(examination)
    worker().handle(examination)
    assert first.items() < series_objects(cloud).items()
    split = scans.get(examination.scan_id).split
    known = {paths.scan_id(cloud.uploads, *stored) for stored in series_objects(cloud).items()}
    assert {series.scan_id for series in split.series} == known


def test_forgetting_the_archive_reaches_its_series_and_no_series_is_forgotten_alone(
    cloud, scans, worker, examination
):
    settings = ForgetSettings(
        google_cloud_project=cloud.project,
        results_bucket=cloud.results,
        pipeline_bucket=cloud.uploads,
    )
    worker().handle(examination)
    for request in announce(cloud, scans):
        worker().handle(request)
    series = [each.scan_id for each in scans.get(examination.scan_id).split.series]
    with pytest.raises(PermanentError, match=f"discai forget {examination.scan_id}"):
        list(forget(series[0], settings))
    list(forget(examination.scan_id, settings))
    assert [scans.get(key) for key in (examination.scan_id, *series)] == [None] * 3
    assert studies_in(cloud) == []
    for bucket in (cloud.uploads, cloud.results):
        assert not list(cloud.storage.list_blobs(bucket, versions=True))


SERIES = {"number": 1, "digest": "0" * 32}


@pytest.mark.parametrize(
    "study",
    [
        "{}",
        "[",
        json.dumps({"studyKey": "a" * 26, "series": SERIES, "parent": "../reviewers"}),
        json.dumps({"studyKey": "Doe", "series": SERIES, "parent": "b" * 26}),
    ],
)
def test_a_series_whose_metadata_is_nonsense_is_a_scan_like_any_other(cloud, scans, study):
    publisher = FakePublisher()
    name = paths.series_object(ARCHIVE, 1, "0" * 32)
    event = {
        "bucket": cloud.uploads,
        "name": name,
        "generation": "1",
        "size": "1",
        "metadata": {"study": study},
    }
    on_scan_uploaded(event, scans, publisher, NoSlices())
    assert scans.get(paths.scan_id(cloud.uploads, name, 1)).study is None
