"""Finding Java and the emulators, and saying in one line what is missing."""

import httpx
import psutil
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from infrastructure.local import emulators
from infrastructure.local.errors import SetupError
from infrastructure.local.prerequisites import emulator_files
from infrastructure.local.prerequisites.emulator_files import FIRESTORE, PUBSUB, jar_of
from tests.support.waiting import PATIENCE_SECONDS


def test_a_jar_named_by_its_variable_wins(tmp_path, monkeypatch):
    jar = tmp_path / "mine.jar"
    jar.touch()
    monkeypatch.setenv("FIRESTORE_EMULATOR_BINARY_PATH", str(jar))
    assert jar_of(FIRESTORE) == jar


def test_a_missing_emulator_is_one_sentence_that_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.delenv("PUBSUB_EMULATOR_BINARY_PATH", raising=False)
    monkeypatch.setattr(emulator_files, "sdk_platforms", lambda: iter(()))
    monkeypatch.setenv("FIREBASE_EMULATORS_PATH", str(tmp_path))
    with pytest.raises(SetupError, match="gcloud components install pubsub-emulator") as problem:
        jar_of(PUBSUB)
    assert "\n" not in str(problem.value)


def test_java_home_comes_first_and_what_does_not_run_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    found = emulators.find_java()
    broken = tmp_path / "bin" / "java"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert emulators.find_java() == found != str(broken)


def java_processes() -> set[psutil.Process]:
    """The JVMs that this test run has brought to life."""
    return {p for p in psutil.Process().children(recursive=True) if "java" in p.name()}


def test_firestore_starts_keeps_a_document_and_leaves_no_process(monkeypatch):
    before = java_processes()
    with emulators.firestore_emulator() as address:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", address)
        client = firestore.Client(project="demo-test", credentials=AnonymousCredentials())
        client.document("a/b").set({"n": 1})
        assert client.document("a/b").get().to_dict() == {"n": 1}
        java = java_processes() - before
        assert len(java) == 1
    gone, alive = psutil.wait_procs(java, timeout=PATIENCE_SECONDS)
    assert gone
    assert not alive


def test_pubsub_starts_and_answers():
    with emulators.pubsub_emulator() as address:
        assert address.startswith("127.0.0.1:")
        assert httpx.get(f"http://{address}/").is_success
