"""A whole retraining run, step by step, over the real emulators with synthetic patients."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from discai.cloud import paths
from discai.cloud.paths import artifact_names, scan_id
from discai.cloud.production import ProductionRepository
from discai.cloud.retraining import RetrainingRepository
from discai.manifest import GRADINGS_FILE, SEGMENTATION_FILE, manifest_in
from discai.phantom import PhantomOptions, draw_phantom, write_phantom
from discai.pictures.rendering import Pictures
from discai.predictor import Predictor, built_in_model
from discai.records.gradings import LabelledGradings
from discai.records.scans import Label, LabelledBox, ScanRecord, StoredObject
from inference_service.artifacts import describe
from pipeline.commands.seed import seed
from pipeline.data.original import PARTS, pack, upload
from pipeline.data.phantoms import write_data
from pipeline.retraining import steps
from pipeline.retraining.context import dataset_prefix
from pipeline.retraining.crop_dataset import LABELS_NAME
from pipeline.training import herniation


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    write_data(folder, patients=18)
    return folder


class Retraining:
    """One project in which scans were labelled and a run may start."""

    def __init__(self, cloud, vertex, phantoms: Path, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        self.predictor = Predictor.bootstrap()
        buckets = {kind: f"{cloud.project}-{kind}" for kind in ("models", "pipeline")}
        for bucket in buckets.values():
            cloud.storage.create_bucket(bucket)
        parts = {
            part: upload(
                cloud.storage.bucket(buckets["pipeline"]), part, pack(phantoms, part, folder)
            )
            for part in PARTS
        }
        seed(cloud.database, cloud.storage, buckets["models"], built_in_model())
        self.settings = {
            "google_cloud_project": cloud.project,
            "pipeline_template": "gs://p/t.json",
            "pipeline_region": "europe-west4",
            "results_bucket": cloud.results,
            "models_bucket": buckets["models"],
            "pipeline_bucket": buckets["pipeline"],
            "pipeline_endpoint": f"http://127.0.0.1:{vertex.port}",
            "tuning_trials": 0,
            "calibration_repeats": 1,
            "segmentation_steps": 2,
            "original_dataset": parts["original"],
            "evaluation_set": parts["evaluation"],
        }
        self.runs = RetrainingRepository(cloud.database, threshold=2)
        self.production = ProductionRepository(cloud.database)

    def correct(self, number: int, herniated: str) -> str:
        """Uploads and reads a phantom, and labels it as one who knows what was drawn."""
        phantom = draw_phantom(PhantomOptions(seed=number, herniated=herniated, slices=3))
        path = self.folder / f"{number}.mha"
        write_phantom(phantom, path)
        blob = self.cloud.storage.bucket(self.cloud.uploads).blob(path.name)
        blob.upload_from_filename(str(path))
        stored = StoredObject(
            bucket=self.cloud.uploads, name=blob.name, generation=blob.generation, size=1
        )
        key = scan_id(stored.bucket, stored.name, stored.generation)
        reading = self.predictor.read(phantom.scan)
        prediction = describe(
            phantom.scan,
            reading,
            Pictures(phantom.scan, reading),
            artifact_names(key, reading.model_version),
            herniation_threshold=self.predictor.herniation_threshold,
        )
        now = datetime.now(UTC)
        boxes = [
            LabelledBox(
                **disc.box.model_dump(), level=disc.level, herniation=disc.level == herniated
            )
            for disc in prediction.discs
        ]
        label = Label(
            kind="correction",
            slices={str(prediction.key_slice): boxes},
            gradings={herniated: LabelledGradings(pfirrmann=4, narrowing=True)},
            author="uid",
            author_email="r@clinic.org",
            created_at=now,
            model_version=reading.model_version,
        )
        scan = ScanRecord(object=stored, created_at=now, updated_at=now, last_label_at=now)
        records = {
            paths.scan(key): scan,
            paths.prediction(key, reading.model_version): prediction,
            paths.label(key, "one"): label,
        }
        for place, record in records.items():
            self.cloud.firestore.document(place).set(record.to_document())
        return key

    def names_of(self, prefix: str) -> list[str]:
        """What lies in the pipeline's bucket."""
        bucket = self.cloud.storage.bucket(self.settings["pipeline_bucket"])
        return [blob.name for blob in bucket.list_blobs(prefix=prefix)]

    def dataset(self, digest: str) -> pd.DataFrame:
        """The table of a dataset."""
        bucket = self.cloud.storage.bucket(self.settings["pipeline_bucket"])
        table = bucket.blob(f"{dataset_prefix(digest)}{LABELS_NAME}").download_as_text()
        return pd.read_csv(io.StringIO(table))

    def run(self, epoch: int):
        return self.runs.run(epoch)


@pytest.fixture
def retraining(cloud, vertex, phantoms, tmp_path, monkeypatch) -> Retraining:
    monkeypatch.setattr(herniation, "FOLDS", 2)  # a network each, which takes a while
    return Retraining(cloud, vertex, phantoms, tmp_path)


def test_corrections_become_a_challenger_that_is_compared_and_the_run_says_so(
    cloud, vertex, retraining, tmp_path
):
    scans = [retraining.correct(1, "L4-L5"), retraining.correct(2, "L5-S1")]
    run = retraining.runs.start_by_hand()
    cutoff = run.cutoff.isoformat()
    settings, labels = retraining.settings, str(tmp_path / "labels.json")

    assert steps.snapshot(settings, run.name, cutoff, labels)["scans"] == 2
    prepared = steps.prepare(settings, run.name, labels)
    assert prepared.record.from_corrections == 10
    assert prepared.record.original > 0
    graded = retraining.dataset(prepared.record.digest).dropna(subset=["pfirrmann"])
    told = {(row.scan, row.level, row.pfirrmann, row.narrowing) for row in graded.itertuples()}
    assert told == {(scans[0], "L4-L5", 4, 1), (scans[1], "L5-S1", 4, 1)}
    again = steps.prepare(settings, run.name, labels)
    assert again.record.digest == prepared.record.digest, "a step that is tried again"
    assert steps.tune(settings, run.name, prepared.record.digest) == {}
    model = tmp_path / "model"
    version = steps.train(settings, run.name, prepared.record.digest, {}, True, labels, str(model))
    name = steps.register(settings, run.name, str(model))
    assert steps.register(settings, run.name, str(model)) == name
    decision = steps.evaluate(settings, run.name, version, prepared.record.digest)
    if decision.promote:
        steps.promote(settings, run.name, name)
    steps.close(settings, run.name, "SUCCEEDED", "")

    run = retraining.run(run.epoch)
    assert run.state == "succeeded"
    assert run.decision == ("promoted" if decision.promote else "kept")
    assert run.dataset.digest == prepared.record.digest
    assert {step.name: step.state for step in run.steps}["train"] == "succeeded"
    in_production = version if decision.promote else retraining.predictor.model_version
    assert version == f"run-{run.name}", "no other run ever makes a model of that name"
    assert retraining.production.pointer().model_version == in_production
    model_record = retraining.production.model(version)
    assert model_record.evaluation.discs == 2 * 6 * 5
    assert model_record.comparison.production_version == retraining.predictor.model_version
    for scan in scans:
        event = cloud.firestore.document(paths.event(scan, f"used-in-run-{run.epoch}")).get()
        assert event.exists
    assert retraining.runs.count().count == 0, "the labels were learned from"
    challenger = Predictor.load(model)
    assert challenger.model_version == version
    before, after = manifest_in(built_in_model()), manifest_in(model)
    assert after.files[SEGMENTATION_FILE] != before.files[SEGMENTATION_FILE]
    assert after.files[GRADINGS_FILE] == before.files[GRADINGS_FILE], "two discs were graded"
    assert "boxes of 2 corrected slices" in (model / "MODEL_CARD.md").read_text()
    production_record = retraining.production.model(retraining.predictor.model_version)
    assert production_record.evaluation.discs == model_record.evaluation.discs
    guards = {guard.name: guard.passed for guard in model_record.comparison.guards}
    assert "discs found and named" in guards
    logs = retraining.names_of(f"runs/{version}/logs/")
    assert any("herniation/train" in name for name in logs)
    assert any("segmentation" in name for name in logs)


def test_a_label_file_that_is_none_is_counted_among_the_refused(cloud, retraining, tmp_path):
    retraining.correct(1, "L4-L5")
    key = retraining.correct(2, "L5-S1")
    read = {"modelVersion": retraining.predictor.model_version}
    cloud.firestore.document(paths.scan(key)).update(read)
    cloud.firestore.document(paths.label(key, "one")).delete()
    name = f"user_corrected_labels/overlay_{key}.txt"
    cloud.storage.bucket(cloud.results).blob(name).upload_from_string("a note")
    run = retraining.runs.start_by_hand()
    settings, labels = retraining.settings | {"original_dataset": ""}, str(tmp_path / "labels.json")
    cutoff = datetime.now(UTC).isoformat()
    assert steps.snapshot(settings, run.name, cutoff, labels)["scans"] == 1
    dataset = steps.prepare(settings, run.name, labels)
    assert (dataset.record.scans, dataset.record.refused) == (1, 1)


def test_a_step_that_fails_fails_the_run_and_leaves_its_labels_counted(retraining, tmp_path):
    retraining.correct(1, "L4-L5")
    run = retraining.runs.start_by_hand()
    settings = retraining.settings | {"original_dataset": "gs://nowhere/original/x/"}
    labels = str(tmp_path / "labels.json")
    steps.snapshot(settings, run.name, run.cutoff.isoformat(), labels)
    with pytest.raises(Exception, match=r".+"):
        steps.prepare(settings, run.name, labels)
    steps.close(settings, run.name, "FAILED", "Task prepare failed.")
    run = retraining.run(run.epoch)
    assert run.state == "failed"
    assert "prepare" in run.error.message
    assert retraining.runs.count().count == 1
