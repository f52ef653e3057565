"""Firestore is exported, lost and imported again; then the clock's calls replay what is newer.

The functions are those of the deployment, on the emulator of Firestore, our Cloud Storage and our
Vertex AI. Importing into an empty emulator is what Google's import into a new
database is: documents come back under their paths, with the time of the import as their version.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.cloud import firestore

from discai.cloud import paths
from discai.cloud.database import Put
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.forget import ForgetSettings, forget
from discai.records.filing import FilingRequest
from discai.records.scans import InferenceRequest, Label, LabelledBox
from discai.records.study import SeriesFacts, StudyOfScan
from functions import reconciliation
from functions.on_label_created import on_label_created
from functions.on_scan_uploaded import on_scan_uploaded
from functions.services import Services
from functions.settings import Settings
from infrastructure.local.data.documents import OWNER
from infrastructure.local.emulators import firestore_emulator
from tests.support.emulators import RULES, Cloud
from tests.support.fakes import FakePublisher
from tests.support.records import prediction_of
from tests.support.storm import event_of

STUDY = "k" * 26
FACTS = SeriesFacts(number=1, sequence="T2", slices=7, digest="0" * 32)
BOX = LabelledBox(x=1, y=2, width=4, height=8, level="L5-S1", herniation=True)
TEMPLATE = json.dumps({"components": {}, "root": {}}).encode()
MODEL = "m1"


class Deployment:
    """One project's buckets and topics, and a Firestore that can be lost."""

    def __init__(self, cloud: Cloud, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.cloud, self.folder = cloud, folder
        self._monkeypatch = monkeypatch
        self._stack = ExitStack()
        self.publisher = FakePublisher()
        monkeypatch.setattr(Services, "publisher", self.publisher)

    def close(self) -> None:
        self._stack.close()

    @property
    def address(self) -> str:
        return self.cloud.environment["FIRESTORE_EMULATOR_HOST"]

    def functions(self) -> Services:
        """As Cloud Run starts them: with nothing in their memory."""
        return Services(Settings.read())

    @property
    def database(self) -> FirestoreDatabase:
        return FirestoreDatabase(firestore.Client(self.cloud.project))

    def documents(self) -> dict[str, Any]:
        """Every document by its path, whatever collection it is in."""
        client, found = firestore.Client(self.cloud.project), {}

        def collect(collections: Any) -> None:
            for collection in collections:
                for reference in collection.list_documents():
                    if (document := reference.get()).exists:
                        found[reference.path] = document.to_dict()
                    collect(reference.collections())

        collect(client.collections())
        return found

    def export(self) -> Path:
        """The metadata file of an export of all documents."""
        name = f"projects/{self.cloud.project}/databases/(default)"
        body = {"database": name, "export_directory": str(self.folder), "export_name": "copy"}
        url = f"http://{self.address}/emulator/v1/projects/{self.cloud.project}:export"
        httpx.post(url, json=body, headers=OWNER, timeout=60).raise_for_status()
        return next((self.folder / "copy").glob("*.overall_export_metadata"))

    def lose(self) -> None:
        """Deletes every document."""
        url = f"http://{self.address}/emulator/v1/projects/{self.cloud.project}"
        httpx.delete(f"{url}/databases/(default)/documents", timeout=60).raise_for_status()
        assert self.documents() == {}

    def restore(self, export: Path) -> None:
        """Goes on with a new Firestore that has what was exported."""
        address = self._stack.enter_context(firestore_emulator(RULES, seed=export))
        self._monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", address)

    def upload(self, name: str) -> str:
        """A new file, whose event comes; the scan's id."""
        blob = self.cloud.storage.bucket(self.cloud.uploads).blob(name)
        blob.metadata = {"uploadedBy": "r@clinic.org"}
        blob.upload_from_string(name.encode(), if_generation_match=0)
        services = self.functions()
        resource = {
            "bucket": self.cloud.uploads,
            "name": name,
            "generation": str(blob.generation),
            "size": str(blob.size),
            "metadata": blob.metadata,
        }
        on_scan_uploaded(resource, services.scans, services.publisher, services.gathering)
        return paths.scan_id(self.cloud.uploads, name, int(blob.generation or 0))

    def read(self, scan_id: str) -> None:
        """What a worker writes of a series of the study."""
        scan = self.functions().scans.get(scan_id)
        assert scan
        place = StudyOfScan(study_key=STUDY, series=FACTS)
        done = {"status": "done", "model_version": MODEL, "study": place}
        prediction = prediction_of(MODEL).to_document()
        record = scan.model_copy(update=done).to_document()
        writes = [
            Put(paths.prediction(scan_id, MODEL), prediction),
            Put(paths.scan(scan_id), record),
        ]
        self.database.commit(writes)
        services = self.functions()
        services.studies.refresh(STUDY)
        services.filing.give(scan_id)

    def label(self, scan_id: str) -> str:
        """A reviewer's correction, whose event comes; the label's path."""
        label = Label(
            kind="correction",
            slices={"1": [BOX]},
            author="r",
            author_email="r@clinic.org",
            created_at=datetime.now(UTC),
            model_version=MODEL,
        )
        path = paths.label(scan_id, uuid.uuid4().hex)
        self.database.commit([Put(path, label.to_document())])
        name = f"projects/{self.cloud.project}/databases/(default)/documents/{path}"
        services = self.functions()
        orders = (services.filing, services.retraining)
        on_label_created(event_of(name), services.labels, services.studies, *orders)
        return path

    def forget(self, scan_id: str) -> list[str]:
        where = ForgetSettings(
            google_cloud_project=self.cloud.project,
            results_bucket=self.cloud.results,
            pipeline_bucket=self.cloud.results,
        )
        return list(forget(scan_id, where))

    def clock(self) -> None:
        """What Cloud Scheduler calls each ten minutes."""
        services = self.functions()
        services.reconciliation.run()
        services.retraining.on_schedule()

    def label_files(self) -> dict[str, bytes]:
        blobs = self.cloud.storage.list_blobs(self.cloud.results, prefix="user_corrected_labels/")
        return {blob.name: blob.download_as_bytes() for blob in blobs}


@pytest.fixture
def deployment(cloud, vertex, tmp_path, monkeypatch) -> Iterator[Deployment]:
    template = f"templates/{hashlib.sha256(TEMPLATE).hexdigest()}.json"
    cloud.storage.bucket(cloud.results).blob(template).upload_from_string(TEMPLATE)
    settings = {
        "FILING": "drafts",
        "RETRAIN_THRESHOLD": "1",
        "PIPELINE_TEMPLATE": f"gs://{cloud.results}/{template}",
        "PIPELINE_REGION": "europe-west4",
        "PIPELINE_BUCKET": "pipeline",
        "MODELS_BUCKET": "models",
        "PIPELINE_ENDPOINT": f"http://127.0.0.1:{vertex.port}",
        "EVALUATION_SET": "gs://pipeline/evaluation/1/",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(reconciliation, "GRACE", reconciliation.GRACE * 0)
    made = Deployment(cloud, tmp_path, monkeypatch)
    yield made
    made.close()


def test_nothing_is_lost_of_a_firestore_that_was_exported_and_imported_again(deployment, vertex):
    read, waiting, gone = (deployment.upload(f"{name}/a.mha") for name in ("read", "new", "gone"))
    deployment.read(read)
    label = deployment.label(read)  # the first run begins, and learns from it
    assert deployment.functions().retraining.runs.close(1)
    deployment.clock()
    before, files = deployment.documents(), deployment.label_files()
    export = deployment.export()

    # After the copy came an upload, a label, with it the second run, and one was forgotten.
    later = deployment.upload("later/a.mha")
    deployment.label(read)
    lost = deployment.functions().retraining.runs.run(2)
    assert lost.job_name
    deployment.forget(gone)
    forgotten = deployment.database.documents("forgotten")
    deployment.lose()
    deployment.publisher.published.clear()

    deployment.restore(export)
    assert deployment.documents() == before
    for note in forgotten:  # as the guide says
        deployment.forget(paths.scan_of(note))
    for _ in range(2):  # the second call finds nothing left to do
        deployment.clock()

    after = deployment.documents()
    kept = {path for path in before if gone not in path}
    assert kept <= after.keys()
    assert [path for path in after if gone in path] == [paths.forgotten(gone)]
    assert after[label] == before[label]
    assert {after[path]["status"] for path in (paths.scan(waiting), paths.scan(later))} == {
        "queued"
    }
    assert after[paths.scan(read)]["labelCount"] == 1
    assert after[paths.study(STUDY)]["series"].keys() == {read}
    assert deployment.label_files() == files
    asked = deployment.publisher.published
    assert {each.scan_id for each in asked if isinstance(each, InferenceRequest)} == {later}
    assert {each.study_key for each in asked if isinstance(each, FilingRequest)} == {STUDY}

    # The reviewer says it once more: the second run is another one than the one that was lost.
    deployment.label(read)
    again = deployment.functions().retraining.runs.run(2)
    assert again.name != lost.name
    assert again.job_name != lost.job_name
    jobs = vertex.jobs.list_pipeline_jobs(parent=again.job_name.partition("/pipelineJobs/")[0])
    assert {job.name for job in jobs} >= {lost.job_name, again.job_name}
    parameters = {job.name: job.runtime_config.parameter_values["run"] for job in jobs}
    assert parameters[again.job_name] == again.name
