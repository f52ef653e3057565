"""Fixtures: Google's emulators and our Cloud Storage, one of each for the whole test run.

Each test gets a project of its own, so tests see nothing of each other.
"""

import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from google.cloud import firestore, pubsub_v1, storage

from discai.cloud.firestore import FirestoreDatabase
from infrastructure.local.emulators import firestore_emulator, pubsub_emulator
from infrastructure.local.gcs import Signer, StorageApp, Store
from infrastructure.local.keys import ensure_signing_key
from infrastructure.local.supervision.ports import HOST
from tests.support.checkout import ROOT
from tests.support.ports import free_port

RULES = ROOT / "infrastructure" / "firestore.rules"


@dataclass(frozen=True)
class Cloud:
    """One test's project in the emulators, as the environment variables describe it."""

    project: str
    environment: dict[str, str]

    @property
    def uploads(self) -> str:
        return f"{self.project}-uploads"

    @property
    def results(self) -> str:
        return f"{self.project}-results"

    @property
    def firestore(self) -> firestore.Client:
        return firestore.Client(project=self.project)

    @property
    def database(self) -> FirestoreDatabase:
        return FirestoreDatabase(self.firestore)

    @property
    def storage(self) -> storage.Client:
        return storage.Client(project=self.project)

    @property
    def publisher(self) -> pubsub_v1.PublisherClient:
        return pubsub_v1.PublisherClient()

    def end_lease(self, document: str) -> None:
        """What time does to the lease of whoever works on a document."""
        past = datetime.now(UTC) - timedelta(minutes=1)
        self.firestore.document(document).update({"lease.until": past})


@pytest.fixture(scope="session")
def firestore_address() -> Iterator[str]:
    """`host:port` of the Firestore emulator, with our rules."""
    with firestore_emulator(RULES) as address:
        yield address


@pytest.fixture(scope="session")
def pubsub_address() -> Iterator[str]:
    """`host:port` of the Pub/Sub emulator."""
    with pubsub_emulator() as address:
        yield address


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service account's JSON key that the Cloud Storage of the tests trusts."""
    path = tmp_path_factory.mktemp("key") / "signer.json"
    ensure_signing_key(path, "demo-test")
    return path


@pytest.fixture(scope="session")
def storage_url(signing_key: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of our Cloud Storage."""
    with served_storage(tmp_path_factory.mktemp("gcs"), signing_key) as url:
        yield url


@contextmanager
def served_storage(folder: Path, signing_key: Path) -> Iterator[str]:
    """The URL of a Cloud Storage that keeps its objects in a folder, while a thread serves it."""
    connection = sqlite3.connect(folder / "db", check_same_thread=False)
    app = StorageApp(Store(connection, folder / "objects"), Signer.of_key_file(signing_key))
    with served(app) as url:
        yield url


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The URL of an ASGI app while a thread serves it."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, HOST, port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://{HOST}:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def cloud(
    firestore_address: str,
    pubsub_address: str,
    storage_url: str,
    signing_key: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Cloud:
    """A project of this test's own with its buckets and topics; the environment points at it."""
    project = f"demo-{uuid.uuid4().hex[:12]}"
    environment = {
        "GOOGLE_CLOUD_PROJECT": project,
        "FIRESTORE_EMULATOR_HOST": firestore_address,
        "PUBSUB_EMULATOR_HOST": pubsub_address,
        "STORAGE_EMULATOR_HOST": storage_url,
        "UPLOADS_BUCKET": f"{project}-uploads",
        "RESULTS_BUCKET": f"{project}-results",
        "STUDY_KEYS_SECRET": "of a test, with enough letters in it",
        "INFERENCE_TOPIC": "inference-requests",
        "WEB_ORIGIN": "http://web.test",
        "SIGNING_KEY_FILE": str(signing_key),
        "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1",  # tokens are unsigned; nothing is asked there
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made = Cloud(project, environment)
    for bucket in (made.uploads, made.results):
        made.storage.create_bucket(bucket)
    publisher = made.publisher
    publisher.create_topic(name=publisher.topic_path(project, "inference-requests"))
    return made
