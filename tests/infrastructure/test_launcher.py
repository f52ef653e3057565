"""The launcher: everything it starts ends with it, however it ends, and its data stays."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import psutil
import pytest

from infrastructure.local.data.journal import Journal
from infrastructure.local.plan import ROOT
from infrastructure.local.supervision.processes import Processes
from tests.support.local_cloud import LocalCloud, launch, wait_for_environment
from tests.support.waiting import PATIENCE_SECONDS, wait_until

EVERYTHING = {
    "inference-service",
    "firestore",
    "pubsub",
    "stand-ins",
    "functions",
}


def family(cloud: LocalCloud) -> list[psutil.Process]:
    """Every process that the launcher has brought to life: children, grandchildren, watchdog."""
    processes = psutil.Process(cloud.launcher.popen.pid).children(recursive=True)
    assert any("java" in process.name() for process in processes)
    assert len(processes) > len(EVERYTHING)
    return processes


def test_nothing_is_left_behind_and_data_survives(tmp_path):
    with Processes(tmp_path / "launcher-logs") as processes:
        launcher = launch(processes, tmp_path)
        cloud = LocalCloud(tmp_path, wait_for_environment(launcher, tmp_path), launcher)
        cloud.firestore.document("scans/kept").set({"status": "done"})
        bucket = cloud.storage.bucket(cloud.environment["RESULTS_BUCKET"])
        bucket.blob("kept.png").upload_from_string(b"kept")
        (tmp_path / "waiting.mha").write_bytes(b"no scan")
        waiting = cloud.put(tmp_path / "waiting.mha", "waiting.mha")
        cloud.wait_for(waiting)
        an_hour = datetime.now(UTC) + timedelta(hours=1)
        cloud.firestore.document(f"scans/{waiting}").update(
            {"status": "processing", "error": None, "lease": {"holder": "w", "until": an_hour}}
        )
        children = family(cloud)
        launcher.popen.send_signal(signal.SIGINT)
        assert launcher.popen.wait(PATIENCE_SECONDS) == 0
        assert not alive(children)
        assert not (tmp_path / "env").exists()

        launcher = launch(processes, tmp_path)
        again = LocalCloud(tmp_path, wait_for_environment(launcher, tmp_path), launcher)
        assert again.web_url == cloud.web_url  # an open page finds it again
        assert again.scan("kept") == {"status": "done"}
        bucket = again.storage.bucket(again.environment["RESULTS_BUCKET"])
        assert bucket.blob("kept.png").download_as_bytes() == b"kept"
        # Its message was lost with the emulator, and its worker died over it.
        assert again.wait_for(waiting)["error"]["code"]
        children = family(again)
        launcher.popen.kill()
        assert not alive(children)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Which of them do not end."""
    return psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)[1]


def test_nothing_listens_to_other_machines(local_cloud):
    listening = [
        each.laddr.ip.removeprefix("::ffff:")
        for process in family(local_cloud)
        for each in process.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= len(local_cloud.plan.ports) - 1  # no Vertex without retraining
    assert set(listening) == {"127.0.0.1"}


def test_a_second_launcher_in_one_folder_is_refused_in_one_line(local_cloud):
    command = [sys.executable, "-m", "infrastructure.local", "up"]
    second = subprocess.run(
        [*command, "--folder", str(local_cloud.folder)],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
    )
    assert second.returncode == 1
    assert "already running" in second.stderr
    assert second.stderr.count("\n") == 1


def test_a_missing_emulator_is_one_line(tmp_path):
    started = subprocess.run(
        [sys.executable, "-m", "infrastructure.local", "up", "--folder", str(tmp_path)],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=os.environ | {"FIRESTORE_EMULATOR_BINARY_PATH": "/nowhere.jar"},
    )
    assert started.returncode == 1
    assert started.stderr == (
        "DiscAI: FIRESTORE_EMULATOR_BINARY_PATH names /nowhere.jar, which is no file.\n"
    )


@pytest.mark.parametrize("part", sorted(EVERYTHING))
def test_a_dead_part_is_started_again_with_its_data(local_cloud, tmp_path, part):
    kept = f"kept-{part}"
    local_cloud.firestore.document(f"scans/{kept}").set({"status": "done"})
    bucket = local_cloud.storage.bucket(local_cloud.environment["RESULTS_BUCKET"])
    bucket.blob(kept).upload_from_string(b"kept")
    wait_until(lambda: kept.encode() in b"".join(Journal(local_cloud.plan.journal).events()))
    dead = local_cloud.process(part)
    dead.kill()
    wait_until(lambda: is_back(local_cloud, part, dead.pid))
    said = local_cloud.launcher.log.read_text(encoding="utf-8")
    assert said.count(f"{part} was ended by SIGKILL") == 1
    assert local_cloud.scan(kept) == {"status": "done"}
    assert bucket.blob(kept).download_as_bytes() == b"kept"
    (tmp_path / "no.mha").write_bytes(b"no scan")
    assert local_cloud.wait_for(local_cloud.put(tmp_path / "no.mha", f"{part}.mha"))["error"]


def is_back(cloud: LocalCloud, part: str, old_id: int) -> bool:
    """Whether another process answers for the part by now."""
    address = {
        "functions": f"{cloud.api_url}/scans",
        "stand-ins": cloud.plan.url("storage"),
        "inference-service": f"{cloud.plan.url('inference-service')}/readyz",
    }.get(part)
    try:
        if cloud.process(part).pid == old_id:
            return False
        return httpx.get(address or cloud.plan.url(part)).status_code in (200, 401)
    except (psutil.NoSuchProcess, httpx.HTTPError):
        return False


def test_the_environment_names_everything_that_another_program_needs(local_cloud):
    assert set(local_cloud.environment) >= {
        "GOOGLE_CLOUD_PROJECT",
        "FIRESTORE_EMULATOR_HOST",
        "PUBSUB_EMULATOR_HOST",
        "STORAGE_EMULATOR_HOST",
        "FIREBASE_AUTH_EMULATOR_HOST",
        "UPLOADS_BUCKET",
        "RESULTS_BUCKET",
        "MODELS_BUCKET",
        "PIPELINE_BUCKET",
        "PIPELINE_JOBS",
        "WEB_URL",
        "API_URL",
        "REVIEWER_EMAIL",
        "REVIEWER_PASSWORD",
    }
    assert httpx.get(local_cloud.environment["STORAGE_EMULATOR_HOST"]).is_success


def test_the_bootstrap_model_is_where_the_pipeline_puts_its_models(local_cloud):
    bucket = local_cloud.storage.bucket(local_cloud.environment["MODELS_BUCKET"])
    names = {blob.name.rsplit("/", 1)[1] for blob in bucket.list_blobs(prefix="models/")}
    assert {"manifest.json", "segmentation.keras", "herniation.keras"} <= names
