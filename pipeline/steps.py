"""The seven steps of a retraining run, as `pipeline.components` calls them.

Each connects to the cloud, records in the run that it is at work, and calls the plain functions
that do the work. A step that is tried again finds what its first try has left and goes on.
"""

import json
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from google.cloud import firestore, storage

from discai.cloud.models import ModelStore
from discai.cloud.names import split_address
from discai.cloud.objects import ObjectStore
from discai.cloud.production import ProductionRepository
from discai.errors import PermanentError
from discai.manifest import manifest_digest, manifest_in
from discai.model_records import Dataset, ModelVersion
from discai.predictor import SEGMENTATION_FILE, Predictor
from pipeline import preparation, training
from pipeline.comparison import Decision, decide
from pipeline.crop_dataset import (
    LABELS_NAME,
    DatasetCrop,
    download_folder,
    read_dataset,
    trained_on,
    upload_folder,
    write_dataset,
)
from pipeline.frozen import agreement_on, frozen_digests, read_frozen
from pipeline.labelled_crops import cut_crops
from pipeline.original import PARTS, fetch
from pipeline.registry import ModelRegistry
from pipeline.runs import RunRecorder
from pipeline.search import search
from pipeline.settings import RetrainingSettings
from pipeline.snapshot import Snapshot, take_snapshot

Settings = dict[str, Any]
"""`RetrainingSettings` as JSON, as the pipeline hands it on."""


@dataclass(frozen=True)
class Prepared:
    """A dataset and where it lies."""

    record: Dataset
    address: str


class Run:
    """What every step of a run works with."""

    def __init__(self, settings: Settings, epoch: int) -> None:
        self.settings = RetrainingSettings.model_validate(settings)
        self.database = firestore.Client(self.settings.project)
        self.buckets = storage.Client(self.settings.project)
        self.bucket = self.buckets.bucket(self.settings.pipeline_bucket)
        self.models = ModelStore(self.buckets, self.settings.models_bucket)
        self.production = ProductionRepository(self.database)
        self.recorder = RunRecorder(self.database, epoch)
        self.epoch = epoch

    @property
    def version(self) -> str:
        """The challenger's: one run makes one."""
        return f"run-{self.epoch:06d}"

    def production_model(self, scratch: Path) -> Path:
        """The folder of the model in production."""
        pointer = self.production.pointer()
        if pointer is None:
            raise PermanentError(
                "no-production", "No model is in production: run python -m pipeline.seed first."
            )
        return self.models.fetch(pointer.model_version, scratch)

    def dataset(self, digest: str, scratch: Path) -> Path:
        """The folder of a dataset."""
        folder = scratch / "dataset"
        download_folder(self.bucket, _dataset_prefix(digest), folder)
        return folder


def snapshot(settings: Settings, epoch: int, cutoff: str, path: str) -> dict[str, Any]:
    """Freezes the labels up to the cutoff into a file; returns its digest and size."""
    run = Run(settings, epoch)
    with run.recorder.step("snapshot"):
        taken = take_snapshot(
            run.database, run.buckets, run.settings.results_bucket, datetime.fromisoformat(cutoff)
        )
        Path(path).write_text(taken.model_dump_json(), encoding="utf-8")
    return {"digest": taken.digest, "scans": len(taken.scans)}


def prepare(settings: Settings, epoch: int, labels: str) -> Prepared:
    """Cuts crops, adds the original ones, and stores the dataset under its digest."""
    run = Run(settings, epoch)
    with run.recorder.step("prepare"), tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        taken = Snapshot.model_validate_json(Path(labels).read_bytes())
        production = run.production_model(scratch)
        predictor = Predictor.load(production)
        frozen: frozenset[str] = frozenset()
        if run.settings.evaluation:
            frozen = frozen_digests(
                fetch(run.buckets, run.settings.evaluation, scratch / "evaluation")
            )
        read = preparation.reader(ObjectStore(run.buckets), predictor)
        crops, refused = preparation.corrected_crops(taken.scans, read, frozen)
        original = original_crops(run, production, predictor, scratch)
        digest = write_dataset(scratch / "dataset", [*original, *crops])
        preparation.write_report(scratch / "dataset", refused)
        upload_folder(run.bucket, _dataset_prefix(digest), scratch / "dataset")
        record = preparation.describe(digest, [*original, *crops], refused)
        run.recorder.update(dataset=record.to_document())
    address = f"gs://{run.settings.pipeline_bucket}/{_dataset_prefix(digest)}"
    return Prepared(record, address)


def tune(settings: Settings, epoch: int, dataset: str) -> dict[str, Any]:
    """Searches hyperparameters, once for each dataset."""
    run = Run(settings, epoch)
    if run.settings.trials == 0:
        run.recorder.skip("tune")
        return {}
    chosen = run.bucket.blob(
        f"{_dataset_prefix(dataset)}hyperparameters-{run.settings.trials}.json"
    )
    with run.recorder.step("tune"), tempfile.TemporaryDirectory() as folder:
        if not chosen.exists():
            crops = trained_on(read_dataset(run.dataset(dataset, Path(folder))))
            found = search(
                [crop.crop for crop in crops],
                Path(folder),
                weights=[run.settings.weights[crop.source] for crop in crops],
                trials=run.settings.trials,
            )
            chosen.upload_from_string(json.dumps(found), content_type="application/json")
        return dict(json.loads(chosen.download_as_bytes()))


def train(
    settings: Settings,
    epoch: int,
    dataset: str,
    hyperparameters: dict[str, Any],
    retrain_segmentation: bool,
    labels: str,
    out: str,
) -> str:
    """Trains the challenger into a folder; returns its version."""
    run = Run(settings, epoch)
    with run.recorder.step("train"), tempfile.TemporaryDirectory() as folder:
        if retrain_segmentation:
            raise PermanentError(
                "not-built", "Retraining the segmentation is not built yet; start without it."
            )
        scratch = Path(folder)
        taken = Snapshot.model_validate_json(Path(labels).read_bytes())
        training.train_challenger(
            read_dataset(run.dataset(dataset, scratch)),
            run.production_model(scratch),
            Path(out),
            version=run.version,
            dataset_digest=dataset,
            hyperparameters=hyperparameters,
            weights=run.settings.weights,
            repeats=run.settings.repeats,
        )
        run.recorder.mark_scans([scan.scan_id for scan in taken.scans])
    return run.version


def register(settings: Settings, epoch: int, folder: str) -> str:
    """Publishes the challenger under its version; returns its name in the registry."""
    run = Run(settings, epoch)
    with run.recorder.step("register"):
        address = run.models.publish(Path(folder))
        name = ModelRegistry(run.settings).register(run.version, address)
        manifest = manifest_in(Path(folder))
        run.production.register(
            ModelVersion(
                model_version=run.version,
                model_digest=manifest_digest(Path(folder)),
                created_at=manifest.created_at,
                parent=_parent(run),
                epoch=epoch,
                dataset=run.recorder.run.dataset,
                herniation_threshold=manifest.thresholds.herniation,
                registry_name=name,
                git_commit=manifest.git_commit,
                seconds={},
            )
        )
        run.recorder.update(modelVersion=run.version)
    return name


def evaluate(settings: Settings, epoch: int, version: str, dataset: str) -> Decision:
    """Compares the challenger with production on the frozen set, and records the decision."""
    run = Run(settings, epoch)
    with run.recorder.step("evaluate"), tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        production = run.production_model(scratch)
        challenger = run.models.fetch(version, scratch)
        manifests = manifest_in(production), manifest_in(challenger)
        thresholds = tuple(manifest.thresholds.herniation for manifest in manifests)
        frozen = fetch(run.buckets, run.settings.evaluation, scratch / "evaluation")
        crops = read_dataset(run.dataset(dataset, scratch))
        decision = decide(
            read_frozen(frozen, production, challenger),
            agreement_on(crops, production, challenger, thresholds),
            production_version=manifests[0].model_version,
            dataset_digest=run.settings.evaluation.rstrip("/").rpartition("/")[2],
            thresholds=thresholds,
        )
        _record(run, decision)
        if not decision.promote:
            run.recorder.skip("promote")
    return decision


def promote(settings: Settings, epoch: int, version: str, registry_name: str) -> None:
    """Points production at the challenger, if it still is what the challenger was better than."""
    run = Run(settings, epoch)
    with run.recorder.step("promote"):
        model = run.production.model(version)
        comparison = run.recorder.run.comparison
        if model is None or comparison is None:
            raise PermanentError("not-evaluated", f"The model {version} was never compared.")
        moved = run.production.move(
            version,
            model.model_digest,
            by=f"run {epoch}",
            reason=model.reason or "",
            expected=comparison.production_version,
        )
        if moved:
            ModelRegistry(run.settings).point_production_at(registry_name)
        else:
            reason = "Kept production: it had changed meanwhile, so the comparison was void."
            run.recorder.update(decision="kept", reason=reason)
            run.production.register(model.model_copy(update={"decision": "kept", "reason": reason}))


def close(settings: Settings, epoch: int, state: str, message: str) -> None:
    """Ends the run: only one that came to its end consumes its labels."""
    Run(settings, epoch).recorder.close(state == "SUCCEEDED", message)


def original_crops(
    run: Run, production: Path, predictor: Predictor, scratch: Path
) -> list[DatasetCrop]:
    """The original dataset's crops, cut once for each segmentation network."""
    address = run.settings.original
    if not address:
        return []
    manifest = manifest_in(production)
    prefix = f"{split_address(address)[1]}crops-{manifest.files[SEGMENTATION_FILE][:16]}/"
    folder = scratch / "original-crops"
    download_folder(run.bucket, prefix, folder)
    if not (folder / LABELS_NAME).exists():
        spider = fetch(run.buckets, address, scratch / "original")
        shutil.rmtree(folder, ignore_errors=True)
        cut = cut_crops(spider, PARTS["original"], predictor.segment, manifest.thresholds)
        write_dataset(folder, [DatasetCrop(crop, "original") for crop in cut])
        upload_folder(run.bucket, prefix, folder)
    return read_dataset(folder)


def _record(run: Run, decision: Decision) -> None:
    word = "promoted" if decision.promote else "kept"
    run.recorder.update(
        comparison=decision.comparison.to_document(), decision=word, reason=decision.reason
    )
    model = run.production.model(run.version)
    if model is None:
        raise PermanentError("not-registered", f"The model {run.version} is not registered.")
    seconds = {
        step.name: (step.ended_at - step.started_at).total_seconds()
        for step in run.recorder.run.steps
        if step.started_at and step.ended_at
    }
    known = {
        "evaluation": decision.evaluation,
        "comparison": decision.comparison,
        "decision": word,
        "reason": decision.reason,
        "seconds": seconds,
    }
    run.production.register(model.model_copy(update=known))


def _parent(run: Run) -> str | None:
    pointer = run.production.pointer()
    return pointer.model_version if pointer else None


def _dataset_prefix(digest: str) -> str:
    return f"datasets/{digest.removeprefix('sha256:')[:32]}/"
