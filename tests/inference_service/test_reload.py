"""A worker process whose model is exchanged while scans come in: pointer and files are real."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests

from discai.cloud import paths
from discai.cloud.models import ModelStore
from discai.cloud.production import ProductionRepository
from discai.manifest import Manifest, Thresholds, sha256_of, write_manifest
from tests.support.waiting import PATIENCE_SECONDS, wait_until

POLL = {"MODEL_POLL_SECONDS": "0.05", "TURN_SECONDS": "60"}
#: What each version says of every disc: its probability of herniation, and how sure it is a disc.
SAYS = {"run-000001": (0.1, 0.11), "run-000002": (0.2, 0.22), "run-000003": (0.3, 0.33)}


@pytest.fixture
def production(cloud, tmp_path, monkeypatch) -> ProductionRepository:
    """Three versions in the models bucket, the first in production."""
    bucket = f"{cloud.project}-models"
    cloud.storage.create_bucket(bucket)
    monkeypatch.setenv("MODELS_BUCKET", bucket)
    store = ModelStore(cloud.storage, bucket)
    for version, numbers in SAYS.items():
        folder = tmp_path / version
        folder.mkdir()
        for name, number in zip(("herniation", "segmentation"), numbers, strict=True):
            (folder / name).write_text(str(number), encoding="utf-8")
        files = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
        write_manifest(folder, manifest_of(version, files))
        store.publish(folder)
    pointer = ProductionRepository(cloud.database)
    move(pointer, "run-000001")
    return pointer


def manifest_of(version: str, files: dict[str, str]) -> Manifest:
    return Manifest(
        model_version=version,
        created_at=datetime.now(UTC),
        files=files,
        preprocessing_id="any",
        crops_id="any",
        input_shape=(None, None, 1),
        thresholds=Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.5),
        dataset_digest="sha256:0",
        metrics={},
        git_commit="0",
        licence="none",
    )


def move(production: ProductionRepository, version: str) -> None:
    production.move(version, "sha256:0", by="test", reason="A test.")


def health(worker) -> dict:
    return requests.get(f"{worker.url}/readyz", timeout=PATIENCE_SECONDS).json()


def answer_of(scans, request) -> tuple[str, tuple[float, float]]:
    scan = scans.get(request.scan_id)
    assert scan.status == "done"
    prediction = scans.prediction(request.scan_id, scan.model_version)
    return prediction.model_version, (
        prediction.discs[0].herniation,
        prediction.discs[0].confidence,
    )


def test_a_corrupt_file_in_the_bucket_leaves_the_old_model_at_work_until_another_comes(
    cloud, scans, upload, start_worker, production
):
    worker = start_worker(**POLL)
    altered = cloud.storage.bucket(f"{cloud.project}-models").blob("models/run-000002/segmentation")
    altered.upload_from_string(b"0.23")
    move(production, "run-000002")
    wait_until(lambda: health(worker)["problem"] is not None)
    assert health(worker)["modelVersion"] == "run-000001"
    assert "run-000002" in health(worker)["problem"]
    assert "not the one its manifest names" in health(worker)["problem"]
    errors = [json.loads(line) for line in worker.log.read_text().splitlines() if "ERROR" in line]
    assert [each["modelVersion"] for each in errors] == ["run-000002"]

    request = upload()
    assert worker.push(request) == 204
    assert answer_of(scans, request) == ("run-000001", SAYS["run-000001"])

    move(production, "run-000003")
    wait_until(lambda: health(worker)["modelVersion"] == "run-000003")
    assert health(worker)["problem"] is None


def test_while_the_pointer_moves_forth_and_back_every_scan_is_answered_by_one_whole_model(
    cloud, scans, upload, start_worker, production
):
    orders = [upload(name=f"{number}/scan.mha") for number in range(14)]
    worker = start_worker(READING_SECONDS="0.05", **POLL)
    stop = threading.Event()

    def move_forth_and_back() -> int:
        moves = 0
        while not stop.is_set():
            moves += 1
            move(production, ("run-000001", "run-000002")[moves % 2])
            time.sleep(0.4)
        return moves

    with ThreadPoolExecutor(4) as pool:
        moves = pool.submit(move_forth_and_back)
        try:
            assert list(pool.map(worker.push, orders)) == [204] * len(orders)
        finally:
            stop.set()
        assert moves.result() >= 3
    answers = [answer_of(scans, request) for request in orders]
    assert {version for version, _ in answers} == {"run-000001", "run-000002"}
    for (version, numbers), request in zip(answers, orders, strict=True):
        assert numbers == SAYS[version]
        folder = paths.results_folder(request.scan_id)
        names = {
            blob.name.split("/")[2]
            for blob in cloud.storage.list_blobs(cloud.results, prefix=folder)
        }
        assert names == {version}
        assert scans.get(request.scan_id).attempt == 1
