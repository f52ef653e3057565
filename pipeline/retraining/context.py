"""Context of the steps of a retraining run: its settings, its buckets and its record."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.cloud import storage

from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.folders import download_folder, upload_folder
from discai.cloud.models import ModelStore
from discai.cloud.objects import ObjectStore
from discai.cloud.paths import split_address
from discai.cloud.production import ProductionRepository
from discai.cloud.retraining_settings import RetrainingSettings
from discai.errors import PermanentError
from discai.herniation.crops import CROPS_ID
from discai.manifest import SEGMENTATION_FILE, Manifest, manifest_in
from discai.predictor import Predictor
from pipeline.data.folder import DataFolder
from pipeline.data.original import PARTS, fetch
from pipeline.data.provenance import git_commit
from pipeline.retraining.crop_dataset import DatasetCrop, is_written, read_dataset, write_dataset
from pipeline.retraining.frozen import frozen_digests
from pipeline.retraining.preparation import ReadDiscs, read_report, reader, write_report
from pipeline.retraining.read_once import read_once
from pipeline.retraining.recorder import RunRecorder
from pipeline.retraining.snapshot import Refused
from pipeline.training.crops import cut_crops
from pipeline.training.progress import Progress, named_by

Settings = dict[str, Any]
"""`RetrainingSettings` as JSON, as the pipeline hands it on."""


class Run:
    """Context in which every step of a run works."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings = RetrainingSettings.model_validate(settings)
        self.database = FirestoreDatabase.connect(self.settings.google_cloud_project)
        self.buckets = storage.Client(self.settings.google_cloud_project)
        self.bucket = self.buckets.bucket(self.settings.pipeline_bucket)
        self.models = ModelStore(self.buckets, self.settings.models_bucket)
        self.production = ProductionRepository(self.database)
        self.recorder = RunRecorder(self.database, name)
        self.name, self.epoch = name, self.recorder.epoch

    @property
    def version(self) -> str:
        """The challenger's: one run makes one."""
        return f"run-{self.name}"

    def production_model(self, scratch: Path) -> Path:
        """The folder of the model in production."""
        pointer = self.production.pointer()
        if pointer is None:
            raise PermanentError(
                "no-production",
                "No model is in production: run python -m pipeline.commands.seed first.",
            )
        return self.models.fetch(pointer.model_version, scratch)

    def dataset(self, digest: str, scratch: Path) -> list[DatasetCrop]:
        """A stored dataset."""
        folder = scratch / dataset_prefix(digest)
        download_folder(self.bucket, dataset_prefix(digest), folder)
        return read_dataset(folder)

    def refused(self, digest: str, scratch: Path) -> list[Refused]:
        """Labels that were left out of a stored dataset that `dataset` has fetched."""
        return read_report(scratch / dataset_prefix(digest))

    def store_dataset(
        self, crops: Sequence[DatasetCrop], refused: Sequence[Refused], scratch: Path
    ) -> str:
        """Stores a dataset under its digest, with what was left out and why; returns the digest."""
        folder = scratch / "new-dataset"
        digest = write_dataset(folder, crops)
        write_report(folder, refused)
        upload_folder(self.bucket, dataset_prefix(digest), folder)
        return digest

    def frozen_digests(self, scratch: Path) -> frozenset[str]:
        """Pixel digests of the scans that must never train."""
        if not self.settings.evaluation_set:
            return frozenset()
        return frozen_digests(self.fetch(self.settings.evaluation_set, scratch))

    def fetch(self, address: str, scratch: Path) -> DataFolder:
        """The original dataset or the evaluation set, downloaded once."""
        return fetch(self.buckets, address, scratch / split_address(address)[1])

    def progress(self, step: str, scratch: Path, **inputs: Any) -> Progress:
        """Progress of an earlier try of a step at the same work, which `inputs` describe."""
        prefix = f"runs/{self.version}/progress/{step}-{named_by(**inputs)}/"
        return Progress.found(scratch / "progress", self.bucket, prefix)

    def original_crops(self, model: Path, predictor: Predictor, scratch: Path) -> list[DatasetCrop]:
        """The original dataset's crops as a model cuts them, cut once for each segmentation."""
        address = self.settings.original_dataset
        if not address:
            return []
        manifest = manifest_in(model)
        cut_by = _cut_by(manifest)
        prefix = f"{split_address(address)[1]}crops-{cut_by}/"
        folder = scratch / f"crops-{cut_by}"
        download_folder(self.bucket, prefix, folder)
        if not is_written(folder):
            data = self.fetch(address, scratch)
            shutil.rmtree(folder, ignore_errors=True)
            graded = data.graded_scans(PARTS["original"])
            cut = cut_crops(graded, predictor.segment, manifest.thresholds)
            write_dataset(folder, [DatasetCrop(crop, "original") for crop in cut])
            upload_folder(self.bucket, prefix, folder)
        return read_dataset(folder)

    def discs_reader(self, model: Path, predictor: Predictor) -> ReadDiscs:
        """Finds the discs of labelled scans with a model, once for each segmentation and commit."""
        read = reader(ObjectStore(self.buckets), self.settings.results_bucket, predictor)
        commit = git_commit()
        if commit.endswith("+"):
            return read  # what the code does today it may not do tomorrow
        return read_once(read, self.bucket, f"{_cut_by(manifest_in(model))}-{commit}")


def _cut_by(manifest: Manifest) -> str:
    """A name for all of a model that decides which discs it finds and how they are cut out."""
    return named_by(
        segmentation=manifest.files[SEGMENTATION_FILE],
        crops=CROPS_ID,
        thresholds=manifest.thresholds.model_dump(exclude={"herniation"}),
    )


def dataset_prefix(digest: str) -> str:
    """Prefix of a dataset in the pipeline's bucket."""
    return f"datasets/{digest.removeprefix('sha256:')[:32]}/"
