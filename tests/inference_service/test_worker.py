"""What becomes of a scan when its reading or the cloud goes wrong."""

import errno
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from discai.cloud import paths
from discai.cloud.claim import HeldError
from discai.cloud.forget import ForgetSettings, forget
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.production import ProductionRepository
from discai.cloud.rereading import RereadRepository
from discai.cloud.scans import LEASE_SECONDS, ScanRepository
from discai.cloud.studies import StudyRepository
from discai.errors import RetryableError
from discai.records.states import is_unfinished
from discai.study import Keys
from inference_service.worker import Worker
from tests.support.checkout import ROOT
from tests.support.fake_worker import FakePredictor
from tests.support.scan_files import dicom_bytes
from tests.support.studies.drawing import acquisition
from tests.support.waiting import PATIENCE_SECONDS


def where(cloud) -> ForgetSettings:
    """The places that may hold something of a scan."""
    return ForgetSettings(
        google_cloud_project=cloud.project,
        results_bucket=cloud.results,
        pipeline_bucket=cloud.uploads,
    )


class Model:
    def __init__(self, predictor: FakePredictor) -> None:
        self.predictor = predictor

    def get(self) -> FakePredictor:
        return self.predictor

    def wait_for(self, version: str, seconds: float) -> None:
        """It serves what it serves."""


class BrokenPredictor(FakePredictor):
    def read(self, scan, progress):
        raise RuntimeError("a bug")


#: That a reading is stored in: pictures, thumbnail, segmentation and answer.
FILES = 4


class BrokenObjects(ObjectStore):
    """Cloud Storage that takes a few artifacts and then no more."""

    takes = 2

    def write(self, *arguments):
        self.takes -= 1
        if self.takes < 0:
            raise RetryableError("unavailable", "Cloud Storage does not answer.")
        super().write(*arguments)


class FullDisk(ObjectStore):
    def download(self, stored, path, max_bytes):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))


@pytest.fixture
def worker(cloud, scans):
    """Makes a worker of this process."""

    def make(predictor=None, objects=None, lease_seconds=120) -> Worker:
        return Worker(
            scans,
            RereadRepository(cloud.database),
            objects or ObjectStore(cloud.storage),
            Model(predictor or FakePredictor()),
            studies=StudyRepository(
                cloud.database,
                LabelRepository(cloud.database, ObjectStore(cloud.storage), cloud.results),
            ),
            keys=Keys("of a test, with enough letters in it"),
            results_bucket=cloud.results,
            name="worker",
            lease_seconds=lease_seconds,
        )

    return make


def test_a_bug_in_the_reading_puts_the_scan_back_and_is_raised(scans, upload, worker):
    request = upload()
    with pytest.raises(RuntimeError, match="a bug"):
        worker(BrokenPredictor()).handle(request)
    assert is_unfinished(scans.get(request.scan_id))
    worker().handle(request)
    assert scans.get(request.scan_id).status == "done"


def test_what_goes_wrong_with_a_file_is_told_without_its_name(cloud, upload, worker):
    with pytest.raises(OSError, match="No space left") as error:
        worker(objects=FullDisk(cloud.storage)).handle(upload(name="0a/Jane_Doe.nii.gz"))
    assert "Jane" not in str(error.value)
    assert ".nii.gz" in str(error.value)


def test_a_storage_that_goes_away_leaves_no_prediction_and_the_next_try_is_whole(
    cloud, scans, upload, worker
):
    request = upload()
    with pytest.raises(RetryableError):
        worker(objects=BrokenObjects(cloud.storage)).handle(request)
    assert is_unfinished(scans.get(request.scan_id))
    assert scans.prediction(request.scan_id, "fake-1") is None
    worker().handle(request)
    folder = paths.results_folder(request.scan_id) + "fake-1/"
    assert len(list(cloud.storage.list_blobs(cloud.results, prefix=folder))) == FILES


def test_a_prediction_that_is_there_is_not_read_again(cloud, scans, upload, worker):
    request, predictor = upload(), FakePredictor()
    worker(predictor).handle(request)
    stored = scans.prediction(request.scan_id, "fake-1")
    cloud.firestore.document(paths.scan(request.scan_id)).update({"status": "queued"})
    worker(predictor).handle(request)
    assert scans.get(request.scan_id).status == "done"
    assert scans.prediction(request.scan_id, "fake-1") == stored
    assert predictor.readings == 1


class NextPredictor(FakePredictor):
    model_version = "fake-2"
    herniation_threshold = 0.8


@pytest.fixture
def read_again(cloud, scans, upload, worker):
    """A scan that fake-1 has read, while fake-2 is in production; the request to read it again."""
    worker().handle(upload())
    ProductionRepository(cloud.database).move("fake-2", "sha256:2", by="run", reason="Better.")
    (request,) = RereadRepository(cloud.database).order("fake-2", 1, by="admin@x.org")
    return request


def reread_of(cloud, request) -> dict:
    return cloud.firestore.document(paths.reread("fake-2", request.scan_id)).get().to_dict()


def test_a_scan_is_read_again_once_beside_its_first_reading(cloud, scans, worker, read_again):
    first = scans.prediction(read_again.scan_id, "fake-1")
    predictor = NextPredictor()
    for _ in range(2):
        worker(predictor).handle(read_again)
    assert predictor.readings == 1
    assert scans.prediction(read_again.scan_id, "fake-1") == first
    again = scans.prediction(read_again.scan_id, "fake-2")
    assert cloud.storage.bucket(cloud.results).get_blob(again.artifacts.pictures)
    (change,) = reread_of(cloud, read_again)["changes"]
    assert (change["before"], change["herniatedBefore"], change["herniatedAfter"]) == (
        0.75, True, False,
    )  # fmt: skip
    assert scans.get(read_again.scan_id).model_version == "fake-2"
    assert scans.get(read_again.scan_id).attempt == 1


def test_a_further_reading_that_breaks_off_is_made_whole_by_the_next_delivery(
    cloud, scans, worker, read_again
):
    before = scans.get(read_again.scan_id)
    with pytest.raises(RetryableError):
        worker(NextPredictor(), BrokenObjects(cloud.storage)).handle(read_again)
    assert scans.get(read_again.scan_id) == before
    assert reread_of(cloud, read_again)["state"] == "waiting"
    worker(NextPredictor()).handle(read_again)
    assert reread_of(cloud, read_again)["state"] == "read"
    folder = paths.results_folder(read_again.scan_id) + "fake-2/"
    assert len(list(cloud.storage.list_blobs(cloud.results, prefix=folder))) == FILES


def test_a_file_that_is_gone_is_told_where_it_was_asked_for_and_the_scan_stays(
    cloud, scans, worker, read_again
):
    cloud.storage.bucket(cloud.uploads).blob(read_again.name).delete()
    before = scans.get(read_again.scan_id)
    worker(NextPredictor()).handle(read_again)
    assert scans.get(read_again.scan_id) == before
    failed = reread_of(cloud, read_again)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "object-gone")


def test_a_worker_with_the_older_model_asks_to_be_asked_again(cloud, worker, read_again):
    with pytest.raises(RetryableError):
        worker().handle(read_again)
    assert reread_of(cloud, read_again)["state"] == "waiting"


def test_a_late_delivery_of_the_first_request_changes_nothing_after_a_promotion(
    scans, upload, worker
):
    request = upload()
    worker().handle(request)
    before = scans.get(request.scan_id)
    worker(NextPredictor()).handle(request)
    assert scans.get(request.scan_id) == before


def test_what_a_late_write_left_of_a_forgotten_scan_goes_with_the_next_delivery(
    cloud, upload, worker
):
    request = upload()
    list(forget(request.scan_id, where(cloud)))
    late = cloud.storage.bucket(cloud.results).blob(f"scans/{request.scan_id}/fake-1/mask-01.png")
    late.upload_from_string(b"late")
    worker().handle(request)
    assert not list(cloud.storage.list_blobs(cloud.results, versions=True))


def test_an_order_that_was_noted_while_its_scan_was_forgotten_goes_with_its_delivery(
    cloud, worker, read_again
):
    late = reread_of(cloud, read_again)
    list(forget(read_again.scan_id, where(cloud)))
    cloud.firestore.document(paths.reread("fake-2", read_again.scan_id)).set(late)
    worker(NextPredictor()).handle(read_again)
    assert reread_of(cloud, read_again) is None


def test_a_worker_that_is_stopped_takes_no_more(scans, upload, worker):
    request, stopped = upload(), worker()
    stopped.stop()
    with pytest.raises(RetryableError):
        stopped.handle(request)
    assert scans.get(request.scan_id).attempt == 0


def test_a_dead_workers_scan_is_read_by_the_next_delivery_as_soon_as_its_lease_has_run_out(
    cloud, scans, upload, worker
):
    request = upload()
    dead = ScanRepository(cloud.database, lease_seconds=1).claim(request.scan_id, "dead")
    worker().handle(request)
    scan = scans.get(request.scan_id)
    assert (scan.status, scan.attempt) == ("done", 2)
    assert scan.timings.claimed >= dead.scan.lease.until


def test_a_scan_whose_worker_lives_is_left_to_it(cloud, scans, upload, worker):
    request = upload()
    alive = ScanRepository(cloud.database, lease_seconds=60).claim(request.scan_id, "alive")
    other = worker(lease_seconds=0.4)
    with ThreadPoolExecutor() as pool:
        refused = pool.submit(other.handle, request)
        while not refused.done():
            alive.report(None)
    assert isinstance(refused.exception(), HeldError)
    assert scans.get(request.scan_id).lease.holder.startswith("alive")


def test_a_worker_that_waits_for_a_scan_stops_when_it_is_told_to(cloud, upload, worker):
    request = upload()
    ScanRepository(cloud.database, lease_seconds=3600).claim(request.scan_id, "dead")
    waiting = worker()
    with ThreadPoolExecutor() as pool:
        refused = pool.submit(waiting.handle, request)
        waiting.stop()
        error = refused.exception(timeout=PATIENCE_SECONDS)
    assert isinstance(error, RetryableError)
    assert error.code == "stopping"


@pytest.mark.unit
def test_a_dead_workers_scan_is_claimed_within_a_minute_by_the_first_delivery_after_its_death():
    topology = yaml.safe_load((ROOT / "infrastructure" / "topology.yaml").read_text())
    backoff = topology["subscriptions"]["inference-worker"]["retry"]["minimum_backoff_seconds"]
    lease = topology["services"]["inference-service"]["lease_seconds"]
    assert lease == LEASE_SECONDS
    assert max(backoff, lease) <= 60


def test_a_scan_finds_its_study_by_what_its_file_says_or_else_by_its_folder(scans, upload, worker):
    said = {"StudyInstanceUID": "1.2.840.1", "PatientID": "Doe-17"}

    def study_of(data: bytes | None = None, **options):
        request = upload(*(() if data is None else (data,)), **options)
        worker().handle(request)
        scan = scans.get(request.scan_id)
        assert (scan.status, scan.error) == ("done", None)
        return scan.study

    def dicom(**elements: str) -> bytes:
        (dataset,) = acquisition(count=1)
        for keyword, value in {**said, **elements}.items():
            setattr(dataset, keyword, value)
        return dicom_bytes(dataset)

    one, other = (study_of(dicom(), name=f"{folder}/IM1") for folder in "ab")
    assert one.study_key == other.study_key
    later = study_of(dicom(StudyInstanceUID="1.2.840.2"), name="c/IM1")
    assert (later.study_key == one.study_key, later.patient_key) == (False, one.patient_key)
    assert "Doe" not in repr(one)

    first, second = (study_of(name=f"study-17/{name}.mha") for name in ("t1", "t2"))
    assert first.study_key == second.study_key
    assert (first.patient_key, first.series.number, first.series.slices) == (None, 1, 5)
    alone = [study_of(name=name) for name in ("t1.mha", "t2.mha")]
    assert len({study.study_key for study in (*alone, first, one, later)}) == 5
