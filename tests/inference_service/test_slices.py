"""Loose slices in a bucket become scans: read, superseded, used by retraining, and forgotten."""

from datetime import timedelta
from itertools import islice

import pytest

from discai.cloud import paths
from discai.cloud.forget import ForgetSettings, forget
from discai.cloud.gathers import GatherRepository
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.opening import fetch, read_fetched
from discai.cloud.rereading import RereadRepository
from discai.cloud.studies import StudyRepository
from discai.errors import PermanentError
from discai.records.keys import Keys
from discai.records.scans import ScanRecord, StoredObject
from discai.records.slices import LooseSlice, SliceList
from functions import gathering
from functions.gathering import Gathering
from functions.on_scan_uploaded import on_scan_uploaded
from inference_service.worker import Worker
from tests.inference_service.test_splitting import Model
from tests.support.fakes import FakePublisher
from tests.support.scan_files import dicom_bytes
from tests.support.studies.drawing import acquisition, localizer, named, without_image

SECRET = "of a test, with enough letters in it"


class Clinic:
    """A bucket, and the functions and the worker behind it."""

    def __init__(self, cloud, scans) -> None:
        self.cloud, self.scans = cloud, scans
        self.objects = ObjectStore(cloud.storage)
        self.functions = Gathering(GatherRepository(cloud.database), self.objects, Keys(SECRET))
        self.worker = Worker(
            scans,
            RereadRepository(cloud.database),
            self.objects,
            Model(),
            studies=StudyRepository(
                cloud.database, LabelRepository(cloud.database, self.objects, cloud.results)
            ),
            keys=Keys(SECRET),
            results_bucket=cloud.results,
            name="worker",
            lease_seconds=120,
        )
        self.settings = ForgetSettings(
            google_cloud_project=cloud.project,
            results_bucket=cloud.results,
            pipeline_bucket=cloud.results,
        )
        self.told: set[tuple[str, int]] = set()

    def put(self, files) -> None:
        for name, data in files.items():
            self.cloud.storage.bucket(self.cloud.uploads).blob(name).upload_from_string(data)

    def go_on(self) -> None:
        """Events, the sweep, the events of what it wrote, and the worker."""
        for _ in range(2):
            publisher = FakePublisher()
            for blob in self.cloud.storage.list_blobs(self.cloud.uploads):
                if (blob.name, blob.generation) not in self.told:
                    self.told.add((blob.name, blob.generation))
                    on_scan_uploaded(blob._properties, self.scans, publisher, self.functions)
            self.functions.close_quiet()
            for request in publisher.published:
                self.worker.handle(request)

    def all_scans(self) -> dict[str, ScanRecord]:
        """By id, those whose lists came first first."""
        found = {
            paths.scan_id(blob.bucket.name, blob.name, blob.generation): blob.name
            for blob in self.cloud.storage.list_blobs(self.cloud.uploads)
        }
        known = {key: self.scans.get(key) for key in sorted(found, key=found.__getitem__)}
        return {key: scan for key, scan in known.items() if scan is not None}


@pytest.fixture
def clinic(cloud, scans, monkeypatch) -> Clinic:
    monkeypatch.setattr(gathering, "QUIET", timedelta(0))
    return Clinic(cloud, scans)


def test_a_copied_study_becomes_one_scan_a_series_and_what_nobody_reads_is_no_failure(clinic):
    files = [
        *acquisition("T1", series="1.2.3.2"),
        *acquisition("T2", series="1.2.3.3"),
        *localizer(),
    ]
    clinic.put(named(files, "study/DICOM"))
    clinic.go_on()
    scans = list(clinic.all_scans().values())
    assert sorted(scan.status for scan in scans) == ["done", "done", "split"]
    read = [scan for scan in scans if scan.status == "done"]
    assert sorted(scan.study.series.sequence for scan in read) == ["T1", "T2"]
    assert {(scan.slice_count, scan.study.series.slices) for scan in read} == {(7, 7)}
    assert len({scan.study.study_key for scan in read}) == 1
    (other,) = [scan for scan in scans if scan.status == "split"]
    assert other.split.series == []
    assert {(thing.what, thing.reason) for thing in other.split.left_out} == {
        (f"{plane} localizer, 3 slices", reason)
        for plane, reason in (
            ("axial", "not sagittal"),
            ("coronal", "not sagittal"),
            ("sagittal", "a localizer"),
        )
    }
    key = read[0].study.study_key
    assert clinic.worker._studies.get(key).left_out == other.split.left_out
    forgotten = next(each for each, scan in clinic.all_scans().items() if scan == other)
    list(forget(forgotten, clinic.settings))
    assert clinic.worker._studies.get(key).left_out == []


def test_a_late_slice_is_read_with_all_others_and_the_first_reading_stays(clinic):
    *first, late = acquisition("T2")
    files = named([*first, late], "study")
    name, data = files.popitem()
    clinic.put(files)
    clinic.go_on()
    clinic.put({name: data})
    clinic.go_on()
    scans = clinic.all_scans()
    assert [scan.slice_count for scan in scans.values()] == [6, 7]
    before, after = scans
    assert [scan.superseded_by for scan in scans.values()] == [after, None]
    assert clinic.scans.prediction(before, "fake-1") is not None


def test_a_series_with_two_echoes_is_split_as_an_archive_is(clinic):
    echoes = [
        *acquisition("T2", series="1.2.3.4", EchoTime=100.0, EchoNumbers=1),
        *acquisition("T2", series="1.2.3.4", EchoTime=20.0, EchoNumbers=2),
    ]
    clinic.put(named(echoes, "study"))
    for _ in range(2):
        clinic.go_on()
    (parent,) = [scan for scan in clinic.all_scans().values() if scan.status == "split"]
    became = [clinic.scans.get(each.scan_id) for each in parent.split.series]
    assert [scan.status for scan in became] == ["done"] * 2
    assert [scan.study.series.number for scan in became] == [4, 4], "their scanner's one series"


def test_retraining_reads_a_list_as_the_worker_does(clinic, tmp_path):
    clinic.put(named(acquisition("T2"), "study"))
    clinic.go_on()
    (scan,) = clinic.all_scans().values()
    path = fetch(clinic.objects, scan.object, tmp_path)
    assert not {each.name for each in path.iterdir()} & {"study", "IM0000"}
    assert read_fetched(path).voxels.shape[0] == 7


@pytest.mark.parametrize("slices", ["[", '{"slices": []}', "another bucket"])
def test_a_list_that_somebody_else_wrote_opens_nothing(clinic, tmp_path, slices):
    if slices == "another bucket":
        other = StoredObject(bucket="elsewhere", name="a", generation=1, size=1)
        slices = SliceList(slices=[other]).model_dump_json(by_alias=True)
    name = paths.slice_list("study", "a" * 26, 1)
    clinic.put({name: slices})
    blob = clinic.cloud.storage.bucket(clinic.cloud.uploads).get_blob(name)
    stored = StoredObject.model_validate(blob._properties)
    with pytest.raises(PermanentError, match="damaged"):
        fetch(clinic.objects, stored, tmp_path)


def test_forgetting_one_reading_reaches_all_of_the_series(clinic):
    files = named(acquisition("T2"), "study")
    name, data = files.popitem()
    clinic.put(files)
    clinic.go_on()
    clinic.put({name: data, "other/IM0": named(acquisition("T1", count=1))["DICOM/IM0000"]})
    clinic.go_on()
    ours = [key for key, scan in clinic.all_scans().items() if "study" in scan.object.name]
    list(forget(ours[0], clinic.settings))
    assert [clinic.scans.get(key) for key in ours] == [None, None]
    left = clinic.cloud.storage.list_blobs(clinic.cloud.uploads, versions=True)
    assert {paths.slice_folder(blob.name) for blob in left} == {"other"}
    assert len(clinic.cloud.database.documents(paths.GATHERS)) == 1
    assert len(clinic.cloud.database.documents(paths.SLICES)) == 1
    clinic.go_on()
    assert [clinic.scans.get(key) for key in ours] == [None, None]


def test_a_late_event_of_a_forgotten_slice_brings_no_scan(clinic):
    clinic.put(named(acquisition("T2"), "study"))
    events = [blob._properties for blob in clinic.cloud.storage.list_blobs(clinic.cloud.uploads)]
    clinic.go_on()
    (scan,) = clinic.all_scans()
    list(forget(scan, clinic.settings))
    publisher = FakePublisher()
    for event in events:
        on_scan_uploaded(event, clinic.scans, publisher, clinic.functions)
    assert publisher.published == []
    assert clinic.cloud.database.documents(paths.SCANS) == []
    assert clinic.cloud.database.documents(paths.SLICES) == []


def test_series_of_a_list_are_superseded_with_it_and_count_once(clinic):
    echoes = [
        *acquisition("T2", EchoTime=100.0, EchoNumbers=1),
        *acquisition("T2", EchoTime=20.0, EchoNumbers=2),
    ]
    files = named(echoes, "study")
    name, data = files.popitem()
    clinic.put(files)
    for _ in range(2):
        clinic.go_on()
    clinic.put({name: data})
    for _ in range(2):
        clinic.go_on()
    scans = clinic.all_scans()
    lists = [key for key, scan in scans.items() if scan.status == "split"]
    earlier, later = sorted(lists, key=lambda key: scans[key].object.name)
    of = {key: [each.scan_id for each in scans[key].split.series] for key in lists}
    assert [scans[key].superseded_by for key in (earlier, *of[earlier])] == [later] * 3
    assert [scans[key].superseded_by for key in (later, *of[later])] == [None] * 3
    study = clinic.worker._studies.get(scans[of[later][0]].study.study_key)
    assert {key for disc in study.discs for key in disc.per_series} == set(of[later])


def test_forgetting_the_last_series_of_a_study_reaches_what_has_no_picture(clinic):
    report = dicom_bytes(without_image("1.2.840.10008.5.1.4.1.1.88.22"))
    clinic.put(
        {
            **named(acquisition("T2"), "study"),
            **named(acquisition("T1", series="1.2.3.2"), "study/more"),
            "study/SR0": report,
            "study/DICOMDIR": b"names of patients",
            "other/DICOMDIR": b"of others",
        }
    )
    clinic.go_on()
    first, last = clinic.all_scans()

    def left() -> set[str]:
        found = clinic.cloud.storage.list_blobs(clinic.cloud.uploads, versions=True)
        return {blob.name for blob in found}

    list(forget(first, clinic.settings))
    assert "study/SR0" in left(), "the study has another series"
    assert "study/DICOMDIR" not in left(), "it names the patient"
    list(forget(last, clinic.settings))
    assert left() == {"other/DICOMDIR"}
    assert not clinic.cloud.database.documents(paths.GATHERS)
    assert not clinic.cloud.database.documents(paths.SLICES)


def test_a_medium_in_the_root_of_the_bucket_loses_its_directory_and_no_other_does(clinic):
    files = {f"IM{number}": data for number, data in enumerate(named(acquisition("T2")).values())}
    clinic.put({**files, "DICOMDIR": b"names", "other/DICOMDIR": b"of others"})
    clinic.go_on()
    (scan,) = clinic.all_scans()
    list(forget(scan, clinic.settings))
    left = clinic.cloud.storage.list_blobs(clinic.cloud.uploads, versions=True)
    assert {blob.name for blob in left} == {"other/DICOMDIR"}


@pytest.mark.parametrize("known", ["a file", "its series"])
def test_a_study_of_loose_documents_alone_is_forgotten_by_an_id_of_them(clinic, known):
    report, page = (without_image(f"1.2.840.10008.5.1.4.1.1.{kind}") for kind in ("88.22", "104.1"))
    page.SeriesInstanceUID = f"{report.SeriesInstanceUID}.2"
    read = acquisition("T2", count=1)
    read[0].StudyInstanceUID = f"{report.StudyInstanceUID}.2"
    clinic.put(
        {
            "study/SR0": dicom_bytes(report),
            "study/more/PDF0": dicom_bytes(page),
            "study/DICOMDIR": b"names of patients",
            "other/IM0": dicom_bytes(read[0]),
        }
    )
    clinic.go_on()
    ids = {}
    for path in clinic.cloud.database.documents(paths.SLICES):
        found = LooseSlice.from_document(clinic.cloud.database.get(path).fields)
        ids[found.object.name] = {"a file": path.rpartition("/")[2], "its series": found.gather}
    (scan,) = clinic.all_scans()
    with pytest.raises(PermanentError, match=f"discai forget {scan}"):
        list(forget(ids["other/IM0"][known], clinic.settings))
    list(islice(forget(ids["study/SR0"][known], clinic.settings), 5))  # then it is cut off
    list(forget(ids["study/SR0"][known], clinic.settings))
    left = clinic.cloud.storage.list_blobs(clinic.cloud.uploads, versions=True)
    assert {paths.slice_folder(blob.name) for blob in left} == {"other"}
    assert len(clinic.cloud.database.documents(paths.GATHERS)) == 1
    assert len(clinic.cloud.database.documents(paths.SLICES)) == 1
    with pytest.raises(PermanentError, match="nothing of a scan"):
        list(forget(ids["study/SR0"][known], clinic.settings))
