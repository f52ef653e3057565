"""Events come twice, workers die: still one scan, one prediction and whole artifacts."""

import time

import httpx

from discai.cloud import paths
from discai.records.scans import InferenceRequest


def artifact_generations(cloud, scan_id):
    """Name and generation of everything that was stored for a scan."""
    bucket = cloud.storage.bucket(cloud.environment["RESULTS_BUCKET"])
    blobs = bucket.list_blobs(prefix=paths.results_folder(scan_id))
    return {blob.name: blob.generation for blob in blobs}


def publish(cloud, scan_id):
    """The worker's message once more."""
    scan = cloud.scan(scan_id)
    request = InferenceRequest(scan_id=scan_id, **{k: scan["object"][k] for k in OBJECT_KEYS})
    return cloud.publish("inference-requests", request.model_dump_json(by_alias=True).encode())


OBJECT_KEYS = ("bucket", "name", "generation")


def test_every_event_twice_changes_nothing(local_cloud, phantom_file):
    scan_id = local_cloud.put(phantom_file, "deliveries/twice.mha")
    local_cloud.wait_for(scan_id, "queued", "processing", "done")
    publish(local_cloud, scan_id)
    done = local_cloud.wait_for(scan_id, "done")
    before = artifact_generations(local_cloud, scan_id)
    assert before

    blob = local_cloud.storage.bucket(done["object"]["bucket"]).get_blob(done["object"]["name"])
    event = httpx.post(f"{local_cloud.plan.url('eventarc')}/finalized", json=blob._properties)
    assert event.status_code == 204
    publish(local_cloud, scan_id)
    time.sleep(3)

    assert local_cloud.scan(scan_id) == done
    assert len(local_cloud.predictions(scan_id)) == 1
    assert artifact_generations(local_cloud, scan_id) == before
    assert len(local_cloud.wait_for_scans_of("deliveries/twice.mha", 1)) == 1


def test_a_worker_killed_in_the_middle_of_a_scan_is_replaced_and_the_scan_read_once(
    local_cloud, phantom_file
):
    scan_id = local_cloud.put(phantom_file, "deliveries/killed.mha")
    local_cloud.wait_for(scan_id, "processing")
    local_cloud.process("inference-service").kill()
    assert local_cloud.scan(scan_id)["status"] == "processing"
    scan = local_cloud.wait_for(scan_id, "done")
    assert scan["attempt"] == 2
    assert len(local_cloud.predictions(scan_id)) == 1
    names = artifact_generations(local_cloud, scan_id)
    assert len(names) == 4  # pictures, thumbnail, segmentation and answer


def test_a_failed_scan_is_retried_by_a_reviewer_only(local_cloud, tmp_path):
    (tmp_path / "bad.mha").write_bytes(b"no scan")
    scan_id = local_cloud.put(tmp_path / "bad.mha", "deliveries/bad.mha")
    assert local_cloud.wait_for(scan_id)["status"] == "failed"
    url = f"{local_cloud.api_url}/scans/{scan_id}/retry"
    assert httpx.post(url).status_code == 401
    signed = {"authorization": f"Bearer {local_cloud.sign_in()}"}
    assert httpx.post(url, headers=signed).status_code == 202
    again = local_cloud.wait_for_change(scan_id, lambda scan: scan["attempt"] == 2)
    assert local_cloud.wait_for(scan_id)["status"] == "failed"
    assert again["attempt"] == 2
