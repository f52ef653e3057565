"""The whole cloud as `make up` starts it, once for a test run, and what tests do with it."""

import base64
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore, storage

from discai.cloud import paths
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.paths import scan_id
from discai.records.states import SCAN_ENDS
from infrastructure.local.plan import ROOT, Plan
from infrastructure.local.supervision.processes import Process, Processes
from tests.support.waiting import wait_until

# Ends of a hang, for a machine ten times slower than those that need a tenth of it.
START_SECONDS = 600
RESULT_SECONDS = 600


@dataclass(frozen=True)
class LocalCloud:
    """A running cloud.

    Attributes:
        folder: its data, logs and `env`.
        environment: the variables of `env`, for another program that joins.
        launcher: `python -m infrastructure.local up`.
    """

    folder: Path
    environment: dict[str, str]
    launcher: Process

    @property
    def web_url(self) -> str:
        return self.environment["WEB_URL"]

    @property
    def api_url(self) -> str:
        return self.environment["API_URL"]

    @property
    def project(self) -> str:
        return self.environment["GOOGLE_CLOUD_PROJECT"]

    @property
    def email(self) -> str:
        return self.environment["REVIEWER_EMAIL"]

    @property
    def password(self) -> str:
        return self.environment["REVIEWER_PASSWORD"]

    @property
    def plan(self) -> Plan:
        return Plan.load(self.folder / "plan.json")

    @cached_property
    def firestore(self) -> firestore.Client:
        """As an administrator: rules don't apply."""
        with environment_of({"FIRESTORE_EMULATOR_HOST": self.plan.address("firestore")}):
            return firestore.Client(self.project, credentials=AnonymousCredentials())

    @property
    def database(self) -> FirestoreDatabase:
        return FirestoreDatabase(self.firestore)

    @cached_property
    def storage(self) -> storage.Client:
        return storage.Client(
            self.project,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": self.plan.url("storage")},
        )

    def process(self, name: str) -> psutil.Process:
        """One of the cloud's processes, such as `inference-service`."""
        return psutil.Process(
            json.loads((self.folder / "processes.json").read_text(encoding="utf-8"))[name]
        )

    @cached_property
    def first_documents(self) -> dict[str, dict[str, Any]]:
        """What Firestore holds at the first look, all but scans."""
        return {
            document.reference.path: document.to_dict() or {}
            for collection in self.firestore.collections()
            if collection.id != paths.SCANS
            for document in collection.stream()
        }

    def begin_again(self) -> None:
        """Forget every scan and upload, and have all else in Firestore as at the first look.

        Results and who has an account stay.
        """
        first = self.first_documents
        busy = firestore.FieldFilter("status", "==", "processing")
        wait_until(lambda: not self.firestore.collection(paths.SCANS).where(filter=busy).get())
        # The sweep takes an upload without a scan for one whose event was lost.
        uploads = self.storage.bucket(self.environment["UPLOADS_BUCKET"])
        for blob in uploads.list_blobs(versions=True):
            uploads.delete_blob(blob.name, generation=blob.generation)
        for collection in self.firestore.collections():
            self.firestore.recursive_delete(collection)
        for path, content in first.items():
            self.firestore.document(path).set(content)

    def put(self, path: Path, name: str, by: str | None = None) -> str:
        """Put a file into the uploads bucket as a bucket's owner may; the scan's id.

        With an uploader it is a scan by itself, also if it is a DICOM slice, as from the page.

        What people do instead is tested by itself: the browser, gsutil and `discai upload`.
        """
        blob = self.storage.bucket(self.environment["UPLOADS_BUCKET"]).blob(name)
        blob.metadata = {"uploadedBy": by} if by else None
        blob.upload_from_filename(str(path))
        return scan_id_of(blob)

    def scan(self, scan_id: str) -> dict[str, Any]:
        """The scan's document; empty before there is one."""
        return self.firestore.document(paths.scan(scan_id)).get().to_dict() or {}

    def wait_for(
        self, scan_id: str, *statuses: str, seconds: float = RESULT_SECONDS
    ) -> dict[str, Any]:
        """The scan once it has one of the statuses (if none is named: a final one)."""
        wanted = statuses or SCAN_ENDS
        return self.wait_for_change(scan_id, lambda scan: scan.get("status") in wanted, seconds)

    def wait_for_change(
        self, scan_id: str, holds: Callable[[dict[str, Any]], bool], seconds: float = RESULT_SECONDS
    ) -> dict[str, Any]:
        """The scan as soon as something holds for it."""
        seen: dict[str, Any] = {}

        def changed() -> bool:
            nonlocal seen
            seen = self.scan(scan_id)
            return holds(seen)

        wait_until(changed, seconds, told=lambda: f"scan {scan_id} stays {seen}")
        return seen

    def wait_for_scans_of(self, object_name: str, count: int) -> list[str]:
        """The ids of all scans of one object name, once there are that many."""
        found = self.firestore.collection(paths.SCANS).where(
            filter=firestore.FieldFilter("object.name", "==", object_name)
        )
        wait_until(
            lambda: len(list(found.stream())) >= count,
            RESULT_SECONDS,
            told=lambda: f"no scan of {object_name}",
        )
        return [scan.id for scan in found.stream()]

    def publish(self, topic: str, data: bytes) -> None:
        """Put a message on a topic."""
        path = f"/v1/projects/{self.project}/topics/{topic}:publish"
        message = {"data": base64.b64encode(data).decode()}
        httpx.post(self.plan.url("pubsub") + path, json={"messages": [message]}).raise_for_status()

    def predictions(self, scan_id: str) -> list[dict[str, Any]]:
        """Every prediction of the scan."""
        collection = self.firestore.collection(paths.predictions(scan_id))
        return [document.to_dict() for document in collection.stream()]

    def sign_in(self) -> str:
        """The seeded reviewer's ID token."""
        answer = httpx.post(
            f"{self.plan.url('auth')}/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword",
            json={"email": self.email, "password": self.password, "returnSecureToken": True},
        )
        return str(answer.raise_for_status().json()["idToken"])


def scan_id_of(blob: storage.Blob) -> str:
    """The id that the scan of an uploaded object gets."""
    return scan_id(blob.bucket.name, blob.name, int(blob.generation))


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """The cloud of this test run, without the phantom's scan."""
    with running_cloud(tmp_path_factory.mktemp("cloud")) as cloud:
        assert cloud.first_documents
        yield cloud


@contextmanager
def running_cloud(
    folder: Path, *, retraining: bool = False, pacs: bool = False
) -> Iterator[LocalCloud]:
    """A cloud of its own in a folder that may have data of an earlier one."""
    with Processes(folder / "launcher-logs") as processes:
        launcher = launch(processes, folder, retraining=retraining, pacs=pacs)
        yield LocalCloud(folder, wait_for_environment(launcher, folder), launcher)


def launch(
    processes: Processes,
    folder: Path,
    *,
    retraining: bool = False,
    pacs: bool = False,
    quick: bool = False,
) -> Process:
    """Start the launcher as `make up` does, but without the phantom's scan.

    A quick one reads scans without a model, and finds the same in each.
    """
    program = "tests.support.quick_cloud" if quick else "infrastructure.local"
    command = [sys.executable, "-m", program, "up", "--empty"]
    if not retraining:
        command.append("--without-retraining")
    if pacs:
        command.append("--pacs")
    return processes.start("launcher", [*command, "--folder", str(folder)], cwd=ROOT)


def wait_for_environment(launcher: Process, folder: Path) -> dict[str, str]:
    """The variables of `env`, which is there once everything is ready."""
    file = folder / "env"

    def ready() -> bool:
        launcher.check_alive()
        return file.exists()

    wait_until(ready, START_SECONDS, told=lambda: launcher.log.read_text(encoding="utf-8"))
    pairs = (line.split("=", 1) for line in shlex.split(file.read_text(encoding="utf-8")))
    return dict(pairs)


@contextmanager
def environment_of(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables for a client library that only reads the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


def joined_environment(cloud: LocalCloud) -> dict[str, str]:
    """What a shell has after `set -a; . .local/env`."""
    return os.environ | cloud.environment
