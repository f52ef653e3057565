"""Starting the real worker."""

import json
import os
import subprocess
import sys

import pytest

from tests.support.ports import free_port
from tests.support.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.process

SECRET = "of a test, with enough letters in it"


def run_worker(**environment: str) -> subprocess.CompletedProcess[str]:
    names = (
        *("GOOGLE_CLOUD_PROJECT", "RESULTS_BUCKET", "STUDY_KEYS_SECRET"),
        *("PUSH_AUDIENCE", "PUSH_SERVICE_ACCOUNT"),
    )
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "-m", "inference_service"],
        env={**inherited, "PORT": str(free_port()), **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
    )


def test_it_does_not_start_without_its_settings_and_says_which():
    ended = run_worker(GOOGLE_CLOUD_PROJECT="demo-test", STUDY_KEYS_SECRET=SECRET)
    assert ended.returncode == 1
    assert ended.stderr.strip() == "Set RESULTS_BUCKET in the environment: it can't start without."


def test_a_secret_that_could_be_guessed_is_refused_and_not_repeated():
    ended = run_worker(
        GOOGLE_CLOUD_PROJECT="demo-test", RESULTS_BUCKET="r", STUDY_KEYS_SECRET="hunter2"
    )
    assert ended.returncode == 1
    assert "Set STUDY_KEYS_SECRET in the environment" in ended.stderr
    assert "hunter2" not in ended.stderr


def test_half_a_push_identity_is_none():
    ended = run_worker(
        GOOGLE_CLOUD_PROJECT="demo-test",
        RESULTS_BUCKET="r",
        STUDY_KEYS_SECRET=SECRET,
        PUSH_AUDIENCE="https://worker",
    )
    assert ended.returncode == 1
    assert "PUSH_SERVICE_ACCOUNT" in ended.stderr


def test_a_worker_without_its_model_ends_instead_of_waiting_for_scans(tmp_path):
    ended = run_worker(
        GOOGLE_CLOUD_PROJECT="demo-test",
        RESULTS_BUCKET="r",
        STUDY_KEYS_SECRET=SECRET,
        MODEL_DIR=str(tmp_path),
        FIRESTORE_EMULATOR_HOST="127.0.0.1:1",
        STORAGE_EMULATOR_HOST="http://127.0.0.1:1",
    )
    assert ended.returncode == 1
    last = json.loads(ended.stderr.splitlines()[-1])
    assert (last["severity"], last["message"][:27]) == ("CRITICAL", "The model can't be loaded: ")
    assert "Traceback" not in last["message"]
