"""Whichever way a scan comes in, its discs come out: the whole cloud, nothing replaced."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from discai.anatomy import LEVELS
from tests.support.checkout import require_tool
from tests.support.local_cloud import joined_environment
from tests.support.waiting import PATIENCE_SECONDS


def scan_named(cloud, name):
    """The scan of an object, as soon as there is one."""
    (scan_id,) = cloud.wait_for_scans_of(name, 1)
    return cloud.wait_for(scan_id)


def test_the_phantom_is_read_and_its_herniated_disc_stands_out(local_cloud, phantom_file):
    scan_id = local_cloud.put(phantom_file, "doors/phantom.mha")
    scan = local_cloud.wait_for(scan_id)
    assert scan["status"] == "done", scan["error"]
    (prediction,) = local_cloud.predictions(scan_id)
    discs = {disc["level"]: disc["herniation"] for disc in prediction["discs"]}
    assert set(discs) >= set(LEVELS)
    assert max(discs, key=discs.__getitem__) == "L4-L5"
    times = [scan["timings"][step] for step in ("queued", "claimed", "read", "predicted", "done")]
    assert times == sorted(times)
    assert scan["lease"] is None


def test_a_real_volume_is_read_with_its_five_levels(local_cloud, data_dir):
    scan_id = local_cloud.put(data_dir / "spider" / "space_volumes" / "107.mha", "doors/107.mha")
    scan = local_cloud.wait_for(scan_id)
    assert scan["status"] == "done", scan["error"]
    levels = {disc["level"] for disc in local_cloud.predictions(scan_id)[0]["discs"]}
    assert levels >= set(LEVELS)


def test_every_artifact_opens_through_its_signed_url_and_only_so(local_cloud, phantom_file):
    scan_id = local_cloud.put(phantom_file, "doors/artifacts.mha")
    version = local_cloud.wait_for(scan_id, "done")["modelVersion"]
    url = f"{local_cloud.api_url}/scans/{scan_id}/predictions/{version}/artifacts"
    assert httpx.get(url).status_code == 401
    signed = {"authorization": f"Bearer {local_cloud.sign_in()}"}
    artifacts = httpx.get(url, headers=signed).raise_for_status().json()
    places = local_cloud.predictions(scan_id)[0]["pictureBytes"]
    for start, size in zip(places["starts"], places["sizes"], strict=True):
        part = {"origin": local_cloud.web_url, "range": f"bytes={start}-{start + size - 1}"}
        answer = httpx.get(artifacts["pictures"], headers=part)
        assert (answer.status_code, answer.content[:4]) == (206, b"\x89PNG")
        assert answer.headers["access-control-allow-origin"] == local_cloud.web_url
    files = url.replace("artifacts", "files")
    file = httpx.get(f"{files}/prediction.json", headers=signed).raise_for_status().json()["url"]
    prediction = json.loads(httpx.get(file).content)
    assert {disc["level"] for disc in prediction["discs"]} >= set(LEVELS)
    assert httpx.get(artifacts["pictures"].split("?")[0]).status_code == 403


@pytest.mark.parametrize("tool", ["gsutil", "gcloud storage"])
def test_the_second_door_is_gsutil_or_gcloud(local_cloud, small_phantom_file, tmp_path, tool):
    program, *words = tool.split()
    require_tool(program, "install the Google Cloud CLI")
    name = f"{program}.mha"
    shutil.copy(small_phantom_file, tmp_path / name)
    bucket = local_cloud.environment["UPLOADS_BUCKET"]
    subprocess.run(
        [program, *words, "cp", str(tmp_path / name), f"gs://{bucket}/"],
        env=joined_environment(local_cloud),
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    assert scan_named(local_cloud, name)["status"] in ("done", "failed")


def test_the_third_door_is_discai_upload(local_cloud, phantom_file):
    uploaded = subprocess.run(
        [Path(sys.executable).with_name("discai"), "upload", str(phantom_file)],
        env=joined_environment(local_cloud),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
    )
    assert uploaded.returncode == 0, uploaded.stderr
    bucket = f"gs://{local_cloud.environment['UPLOADS_BUCKET']}/"
    scan = scan_named(local_cloud, uploaded.stdout.strip().removeprefix(bucket))
    assert scan["status"] == "done", scan["error"]
    assert scan["uploadedBy"] == local_cloud.email


def test_two_uploads_of_one_name_are_two_scans(local_cloud, phantom_file, small_phantom_file):
    first = local_cloud.put(phantom_file, "doors/same.mha")
    second = local_cloud.put(small_phantom_file, "doors/same.mha")
    assert first != second
    scans = [local_cloud.wait_for(scan_id) for scan_id in (first, second)]
    assert [scan["status"] for scan in scans] == ["done", "done"]
    assert [scan["sliceCount"] for scan in scans] == [15, 3]
    assert scans[0]["object"]["generation"] != scans[1]["object"]["generation"]


def test_an_upload_that_broke_off_is_resumed_and_read_once(local_cloud, phantom_file):
    data = phantom_file.read_bytes()
    order = {"fileName": "broken.mha", "size": len(data), "contentType": "application/x-mha"}
    signed = {"authorization": f"Bearer {local_cloud.sign_in()}", "origin": local_cloud.web_url}
    session = httpx.post(f"{local_cloud.api_url}/uploads", json=order, headers=signed)
    url = session.raise_for_status().json()["uploadUrl"]

    def breaks_off():
        yield data[: len(data) // 3]
        raise ConnectionError

    whole = {"content-range": f"bytes 0-{len(data) - 1}/{len(data)}"}
    with pytest.raises(ConnectionError):
        httpx.put(url, content=breaks_off(), headers=whole)
    asked = httpx.put(url, headers={"content-range": f"bytes */{len(data)}"})
    assert asked.status_code == 308
    arrived = int(asked.headers["range"].rsplit("-", 1)[1]) + 1
    rest = {"content-range": f"bytes {arrived}-{len(data) - 1}/{len(data)}"}
    httpx.put(url, content=data[arrived:], headers=rest).raise_for_status()
    name = session.json()["objectName"]
    assert scan_named(local_cloud, name)["status"] == "done"
    assert len(local_cloud.wait_for_scans_of(name, 1)) == 1
