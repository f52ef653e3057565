"""What becomes of a scan when its reading or the cloud goes wrong."""

import pytest

from discai.cloud.objects import ObjectStore
from discai.cloud.scans import is_waiting
from discai.errors import RetryableError
from inference_service.worker import Worker
from tests.inference_service.fake_worker import FakePredictor

pytestmark = pytest.mark.emulator


class Model:
    def __init__(self, predictor: FakePredictor) -> None:
        self.predictor = predictor

    def get(self) -> FakePredictor:
        return self.predictor


class BrokenPredictor(FakePredictor):
    def read(self, scan, progress):
        raise RuntimeError("a bug")


class BrokenObjects(ObjectStore):
    """Cloud Storage that takes a few artifacts and then no more."""

    takes = 5

    def write(self, *arguments):
        self.takes -= 1
        if self.takes < 0:
            raise RetryableError("unavailable", "Cloud Storage does not answer.")
        super().write(*arguments)


@pytest.fixture
def worker(cloud, scans):
    """Makes a worker of this process."""

    def make(predictor=None, objects=None) -> Worker:
        return Worker(
            scans,
            objects or ObjectStore(cloud.storage),
            Model(predictor or FakePredictor()),
            results_bucket=cloud.results,
            name="worker",
            lease_seconds=120,
        )

    return make


def test_a_bug_in_the_reading_puts_the_scan_back_and_is_raised(scans, upload, worker):
    request = upload()
    with pytest.raises(RuntimeError, match="a bug"):
        worker(BrokenPredictor()).handle(request)
    assert is_waiting(scans.get(request.scan_id))
    worker().handle(request)
    assert scans.get(request.scan_id).status == "done"


def test_a_storage_that_goes_away_leaves_no_prediction_and_the_next_try_is_whole(
    cloud, scans, upload, worker
):
    request = upload()
    with pytest.raises(RetryableError):
        worker(objects=BrokenObjects(cloud.storage)).handle(request)
    assert is_waiting(scans.get(request.scan_id))
    assert scans.prediction(request.scan_id, "fake-1") is None
    worker().handle(request)
    folder = f"scans/{request.scan_id}/fake-1/"
    assert len(list(cloud.storage.list_blobs(cloud.results, prefix=folder))) == 3 * 5 + 2


def test_a_prediction_that_is_there_is_not_read_again(cloud, scans, upload, worker):
    request, predictor = upload(), FakePredictor()
    worker(predictor).handle(request)
    stored = scans.prediction(request.scan_id, "fake-1")
    cloud.firestore.document(f"scans/{request.scan_id}").update({"status": "queued"})
    worker(predictor).handle(request)
    assert scans.get(request.scan_id).status == "done"
    assert scans.prediction(request.scan_id, "fake-1") == stored
    assert predictor.readings == 1


def test_a_worker_that_is_stopped_takes_no_more(scans, upload, worker):
    request, stopped = upload(), worker()
    stopped.stop()
    with pytest.raises(RetryableError):
        stopped.handle(request)
    assert scans.get(request.scan_id).attempt == 0
