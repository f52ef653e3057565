"""Another model comes into production while the cloud runs: real weights, no restart, no hand."""

from collections.abc import Iterator

import httpx
import pytest

from discai.cloud import paths
from discai.cloud.models import ModelStore
from discai.cloud.production import ProductionRepository
from tests.support.local_cloud import LocalCloud
from tests.support.models import publish_copy
from tests.support.waiting import wait_until

STRICT, DAMAGED = "reload-strict", "reload-damaged"


@pytest.fixture
def production(local_cloud: LocalCloud) -> Iterator[ProductionRepository]:
    """The pointer; afterwards it, the account's role and the model that serves are as they were."""
    pointer = local_cloud.firestore.document(paths.PRODUCTION)
    role = local_cloud.firestore.document(paths.reviewer(local_cloud.email))
    before = [(document, document.get().to_dict()) for document in (pointer, role)]
    yield ProductionRepository(local_cloud.database)
    for document, content in before:
        document.set(content) if content else document.delete()
    local_cloud.process("inference-service").kill()  # without a pointer only a new one goes back
    wait_until(lambda: readiness(local_cloud)["modelVersion"] not in (STRICT, DAMAGED))


@pytest.fixture
def store(local_cloud: LocalCloud) -> ModelStore:
    return ModelStore(local_cloud.storage, local_cloud.environment["MODELS_BUCKET"])


def readiness(cloud: LocalCloud) -> dict:
    """What the worker says of its model; nothing of it while it starts."""
    unknown = {"modelVersion": STRICT, "problem": None}
    try:
        return unknown | httpx.get(f"{cloud.plan.url('inference-service')}/readyz").json()
    except httpx.TransportError:
        return unknown


def move(production: ProductionRepository, version: str) -> None:
    production.move(version, "sha256:0", by="test", reason="A test.")


def test_the_worker_follows_reads_again_and_keeps_its_model_when_the_next_is_damaged(
    local_cloud: LocalCloud, production, store, small_phantom_file, tmp_path
):
    before = local_cloud.put(small_phantom_file, "reload/before.mha")
    assert local_cloud.wait_for(before)["status"] == "done"
    publish_copy(store, STRICT, tmp_path, herniation_threshold=1.0)
    local_cloud.firestore.document(paths.reviewer(local_cloud.email)).set({"role": "admin"})
    move(production, STRICT)  # the worker has not followed yet when it is asked
    answer = httpx.post(
        f"{local_cloud.api_url}/models/{STRICT}/read-again",
        json={"count": 1},
        headers={"authorization": f"Bearer {local_cloud.sign_in()}"},
    )
    assert (answer.status_code, answer.json()) == (202, {"count": 1})
    scan = local_cloud.wait_for_change(before, lambda scan: scan["modelVersion"] == STRICT)
    assert scan["status"] == "done"
    assert len(local_cloud.predictions(before)) == 2
    reread = local_cloud.firestore.document(paths.reread(STRICT, before)).get().to_dict()
    turned = [change for change in reread["changes"] if change["herniatedBefore"]]
    assert "L4-L5" in [change["levelBefore"] for change in turned]
    assert not any(change["herniatedAfter"] for change in reread["changes"])
    assert reread["largestShift"] == 0

    manifest = publish_copy(store, DAMAGED, tmp_path)
    file = sorted(manifest.files)[0]
    bucket = local_cloud.storage.bucket(local_cloud.environment["MODELS_BUCKET"])
    bucket.blob(paths.model_file(DAMAGED, file)).upload_from_string(b"damaged")
    move(production, DAMAGED)
    wait_until(lambda: DAMAGED in (readiness(local_cloud)["problem"] or ""))
    after = local_cloud.put(small_phantom_file, "reload/after.mha")
    assert local_cloud.wait_for(after)["modelVersion"] == STRICT
