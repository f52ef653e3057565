"""The worker as Pub/Sub sees it: a process, its HTTP app and the real emulators."""

import io
import json
import signal
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import requests

from discai.cloud import paths
from discai.cloud.forget import ForgetSettings, forget
from discai.errors import RetryableError
from discai.records.scans import InferenceRequest, Progress
from tests.support.scan_files import mha_bytes
from tests.support.waiting import PATIENCE_SECONDS, wait_until


def events_of(cloud, request: InferenceRequest) -> list[str]:
    events = cloud.firestore.collection(paths.events(request.scan_id)).stream()
    return sorted(event.id for event in events)


def predictions_of(cloud, request: InferenceRequest) -> list[str]:
    stored = cloud.firestore.collection(paths.predictions(request.scan_id)).stream()
    return [prediction.id for prediction in stored]


def artifacts_of(cloud, request: InferenceRequest) -> dict[str, bytes]:
    folder = paths.results_folder(request.scan_id) + "fake-1/"
    blobs = cloud.storage.list_blobs(cloud.results, prefix=folder)
    return {blob.name.removeprefix(folder): blob.download_as_bytes() for blob in blobs}


def check_whole(cloud, scans, request: InferenceRequest) -> None:
    """One prediction, every artifact, status done."""
    assert scans.get(request.scan_id).status == "done"
    assert predictions_of(cloud, request) == ["fake-1"]
    artifacts = artifacts_of(cloud, request)
    others = ("segmentation.mha", "prediction.json", "thumbnail.jpg")
    assert sorted(artifacts) == sorted(["pictures.zip", *others])
    with zipfile.ZipFile(io.BytesIO(artifacts["pictures.zip"])) as pictures:
        names = [f"{kind}-{i:02d}.png" for i in range(5) for kind in ("slice", "mask")]
        assert pictures.namelist() == names
        assert all(pictures.read(name).startswith(b"\x89PNG") for name in names)


def test_a_scan_goes_in_and_its_prediction_and_artifacts_come_out(
    cloud, scans, upload, start_worker
):
    request = upload()
    assert start_worker().push(request) == 204
    check_whole(cloud, scans, request)
    scan = scans.get(request.scan_id)
    assert (scan.model_version, scan.slice_count, scan.key_slice) == ("fake-1", 5, 2)
    assert scan.discs[0].level == "L5-S1"
    times = scan.timings
    steps = [times.queued, times.claimed, times.read, times.predicted, times.stored, times.done]
    assert steps == sorted(steps)
    prediction = scans.prediction(request.scan_id, "fake-1")
    assert prediction.device.startswith("cpu, ")
    assert prediction.warnings == ["A warning."]
    assert set(prediction.seconds) == {"read", "segment"}
    assert (prediction.discs[0].box.x, prediction.discs[0].box.width) == (10, 10)
    blob = cloud.storage.bucket(cloud.results).get_blob(prediction.artifacts.pictures)
    assert (blob.content_type, blob.cache_control) == ("application/zip", "private, no-store")
    stored = json.loads(artifacts_of(cloud, request)["prediction.json"])
    assert stored["discs"][0]["level"] == "L5-S1"
    assert events_of(cloud, request) == ["claimed-1", "done-1", "queued"]


def test_a_second_delivery_of_a_done_scan_changes_nothing(cloud, scans, upload, start_worker):
    request, worker = upload(), start_worker()
    worker.push(request)
    before = scans.get(request.scan_id)
    assert worker.push(request) == 204
    assert scans.get(request.scan_id) == before


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"GIF89a nothing", "unsupported-format"),
        (b"", "empty"),
        (mha_bytes(np.zeros((5, 40, 40), np.int16)), "not-sagittal"),
    ],
)
def test_a_scan_that_can_not_be_read_fails_with_a_sentence_and_comes_never_again(
    cloud, scans, upload, start_worker, data, code
):
    request = upload(data)
    assert start_worker().push(request) == 204
    scan = scans.get(request.scan_id)
    assert (scan.status, scan.error.code) == ("failed", code)
    assert scan.error.message.endswith(".")
    assert scan.lease is None
    assert events_of(cloud, request) == ["claimed-1", "failed-1", "queued"]


def test_an_object_that_was_deleted_fails_its_scan(cloud, scans, upload, start_worker):
    request = upload()
    cloud.storage.bucket(cloud.uploads).blob(request.name).delete()
    assert start_worker().push(request) == 204
    assert scans.get(request.scan_id).error.code == "object-gone"


def test_a_busy_worker_asks_to_come_again_and_shows_its_progress(
    cloud, scans, upload, start_worker, tmp_path
):
    first, second = upload(), upload(name="0b/scan.mha")
    worker = start_worker(READING_SECONDS="1.5", READING_UNTIL=str(tmp_path / "seen"))

    def far_along() -> bool:
        progress = scans.get(first.scan_id).progress
        return progress == Progress(step="segmenting", done=max(progress.done, 3), total=5)

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(worker.push, first)
        wait_until(lambda: scans.get(first.scan_id).progress is not None)
        assert worker.push(second) == 429
        assert worker.get("/healthz") == 200
        wait_until(far_along)
        (tmp_path / "seen").touch()
        assert answer.result() == 204
    assert worker.push(second) == 204
    assert scans.get(second.scan_id).status == "done"


def test_where_requests_may_wait_their_turn_each_is_read(scans, upload, start_worker):
    scans_to_read = [upload(name=f"{number}/scan.mha") for number in range(3)]
    worker = start_worker(READING_SECONDS="0.3", TURN_SECONDS="30")
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(worker.push, scans_to_read)) == [204, 204, 204]
    assert [scans.get(request.scan_id).attempt for request in scans_to_read] == [1, 1, 1]


def test_sigterm_sends_those_away_who_wait_their_turn(scans, upload, start_worker, tmp_path):
    first, second = upload(), upload(name="0b/scan.mha")
    worker = start_worker(READING_UNTIL=str(tmp_path / "never"), TURN_SECONDS="600")
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(worker.push, first)]
        wait_until(lambda: scans.get(first.scan_id).progress is not None)
        answers.append(pool.submit(worker.push, second))
        wait_until(lambda: len(worker.connections()) == 2)
        time.sleep(0.3)  # from its connection to its turn
        worker.process.send_signal(signal.SIGTERM)
        assert [answer.result() for answer in answers] == [503, 503]
        assert worker.process.wait(timeout=PATIENCE_SECONDS) == 0
    assert scans.get(second.scan_id).attempt == 0


def test_of_two_workers_that_get_the_same_scan_one_reads_it(cloud, scans, upload, start_worker):
    request = upload()
    workers = [start_worker(READING_SECONDS="1"), start_worker(READING_SECONDS="1")]
    barrier = threading.Barrier(2)

    def push(worker) -> int:
        barrier.wait()
        return worker.push(request)

    with ThreadPoolExecutor() as pool:
        # The other waits for a moment, in case that the first is dead, and may see it done.
        assert sorted(pool.map(push, workers)) in ([204, 204], [204, 429])
    check_whole(cloud, scans, request)
    assert scans.get(request.scan_id).attempt == 1


def test_sigterm_in_the_middle_of_a_network_run_hands_the_scan_back(
    cloud, scans, upload, start_worker, tmp_path
):
    request = upload()
    worker = start_worker(READING_UNTIL=str(tmp_path / "never"))
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(worker.push, request)
        wait_until(lambda: scans.get(request.scan_id).progress is not None)
        worker.process.send_signal(signal.SIGTERM)
        assert answer.result() == 503
        assert worker.process.wait(timeout=PATIENCE_SECONDS) == 0
    scan = scans.get(request.scan_id)
    assert (scan.status, scan.lease, scan.progress) == ("queued", None, None)
    assert "handed-back-1" in events_of(cloud, request)
    assert start_worker().push(request) == 204
    check_whole(cloud, scans, request)


def test_a_worker_killed_in_the_middle_is_followed_by_another(
    cloud, scans, upload, start_worker, tmp_path
):
    request, scratch = upload(), tmp_path / "temporary"
    scratch.mkdir()
    doomed = start_worker(READING_SECONDS="60", LEASE_SECONDS="2", TMPDIR=str(scratch))
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(doomed.push, request)
        wait_until(lambda: scans.get(request.scan_id).progress is not None)
        doomed.process.kill()
        assert answer.result() == 0
    assert list(scratch.rglob("*.mha"))
    heir = start_worker(LEASE_SECONDS="2", TMPDIR=str(scratch))
    assert not list(scratch.rglob("*.mha"))  # a patient's
    wait_until(lambda: heir.push(request) == 204)
    check_whole(cloud, scans, request)
    assert scans.get(request.scan_id).attempt == 2


def test_a_worker_that_was_frozen_while_its_scan_was_forgotten_stores_nothing_of_it(
    cloud, scans, upload, start_worker, tmp_path
):
    request, end = upload(), tmp_path / "end"
    frozen = start_worker(READING_UNTIL=str(end), LEASE_SECONDS="1")
    settings = ForgetSettings(
        google_cloud_project=cloud.project,
        results_bucket=cloud.results,
        pipeline_bucket=cloud.uploads,
    )

    def is_forgotten() -> bool:
        try:
            return bool(list(forget(request.scan_id, settings)))
        except RetryableError:
            return False  # until the lease has run out

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(frozen.push, request)
        wait_until(lambda: scans.get(request.scan_id).progress is not None)
        frozen.process.send_signal(signal.SIGSTOP)
        wait_until(is_forgotten)
        end.touch()
        frozen.process.send_signal(signal.SIGCONT)
        assert answer.result() == 503
    assert frozen.push(request) == 204
    assert scans.get(request.scan_id) is None
    assert not list(cloud.storage.list_blobs(cloud.results, versions=True))
    assert not events_of(cloud, request)


def test_a_scan_keeps_its_worker_however_long_the_reading_takes(scans, upload, start_worker):
    request = upload()
    slow = start_worker(READING_SECONDS="4.5", LEASE_SECONDS="1.5")
    other = start_worker(LEASE_SECONDS="1.5")
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(slow.push, request)
        wait_until(lambda: scans.get(request.scan_id).status == "processing")
        while not answer.done():
            assert other.push(request) in (429, 204)
            time.sleep(0.2)
        assert answer.result() == 204
    assert scans.get(request.scan_id).attempt == 1


def test_half_stored_artifacts_of_a_dead_worker_are_made_whole(cloud, scans, upload, start_worker):
    request = upload()
    name = f"scans/{request.scan_id}/fake-1/pictures.zip"
    half = cloud.storage.bucket(cloud.results).blob(name)
    half.upload_from_string(b"half of all pictures")
    assert start_worker().push(request) == 204
    check_whole(cloud, scans, request)


def test_a_request_for_an_unknown_scan_is_not_asked_again(start_worker):
    nobody = InferenceRequest(scan_id="nobody" * 4 + "no", bucket="b", name="n", generation=1)
    assert start_worker().push(nobody) == 204


def test_what_is_no_push_is_refused(start_worker):
    worker = start_worker()
    for body in (b"", b"[]", b'{"message": {}}', b'{"message": {"data": "e30="}}', b"[" * 10**5):
        assert requests.post(worker.url, data=body, timeout=PATIENCE_SECONDS).status_code == 400


def test_logs_are_json_with_the_scan_and_no_file_name(upload, start_worker):
    request, worker = upload(name="0a/Jane_Doe.mha"), start_worker()
    worker.push(request)
    log = worker.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines()]
    assert any(line.get("scanId") == request.scan_id for line in lines)
    assert "Jane" not in log
