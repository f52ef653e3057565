"""The worker as a process of its own, with a predictor that needs no weights.

`python -m tests.support.fake_worker`, all else from the environment as in the cloud;
READING_SECONDS makes the reading slow, like a network that can't be interrupted; READING_UNTIL is
a file without which no reading ends. With MODELS_BUCKET it follows the pointer to models whose two
files are the two numbers that they say of every disc.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from google.cloud import storage

from discai.anatomy import disc_value
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.logs import configure_logs
from discai.cloud.models import ModelStore
from discai.cloud.production import ProductionRepository
from discai.errors import PermanentError
from discai.manifest import load_manifest
from discai.reading import DiscReading, Reading
from discai.records.scans import Step
from discai.scan import Scan
from discai.scratch import Scratch
from inference_service.__main__ import app_for
from inference_service.model import BUILT_IN, LoadedModel, ServedModel
from inference_service.production import ProductionModels
from inference_service.server import serve
from inference_service.settings import Settings

READING_SECONDS = float(os.environ.get("READING_SECONDS", "0"))
READING_UNTIL = os.environ.get("READING_UNTIL")


class FakePredictor:
    """Finds one disc in the middle of every scan; a black scan is no lumbar MRI."""

    model_version = "fake-1"
    model_digest = "sha256:fake"
    herniation_threshold = 0.3
    device = "cpu, none"
    herniation = 0.75
    confidence = 0.9

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.readings = 0

    def warm(self) -> None:
        """Nothing to warm."""

    def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
        """Takes its time, slice by slice."""
        self.readings += 1
        slices, rows, columns = scan.voxels.shape
        for done in range(slices):
            progress("segmenting", done, slices)
            time.sleep(self.seconds / slices)
        while READING_UNTIL and not Path(READING_UNTIL).exists():
            time.sleep(0.02)
        if not scan.voxels.any():
            raise PermanentError("not-sagittal", "This is no sagittal lumbar MRI.")
        segmentation = np.zeros(scan.voxels.shape, np.uint8)
        segmentation[:, rows // 4 : rows // 2, columns // 4 : columns // 2] = disc_value("L5-S1")
        box = (columns // 4, rows // 4, columns // 2, rows // 2)
        disc = DiscReading(
            "L5-S1", self.herniation, slices // 2, {slices // 2: box}, self.confidence, 12.5
        )
        return Reading(
            self.model_version,
            self.model_digest,
            segmentation,
            (disc,),
            ("A warning.",),
            {"segment": 0.1},
            slices // 2,
            self.device,
        )


class FakeModels(ProductionModels):
    """The pointer, the bucket and the check of the manifest are the real ones."""

    def load(self, version: str) -> LoadedModel:
        """Takes its time between one file and the other."""
        predictor = FakePredictor(READING_SECONDS)
        if version != BUILT_IN:
            with tempfile.TemporaryDirectory() as name:
                folder = self._store.fetch(version, Path(name))
                load_manifest(folder, preprocessing_id="any", crops_id="any")
                predictor.model_version = version
                predictor.herniation = float((folder / "herniation").read_text())
                time.sleep(0.1)
                predictor.confidence = float((folder / "segmentation").read_text())
        return predictor


def served_model(settings: Settings) -> ServedModel:
    """The one in production, or always the same without a bucket of models."""
    if not settings.models_bucket:
        return ServedModel(lambda _: FakePredictor(READING_SECONDS))
    project = settings.google_cloud_project
    models = FakeModels(
        ProductionRepository(FirestoreDatabase.connect(project)),
        ModelStore(storage.Client(project), settings.models_bucket),
        backend="",
    )
    return ServedModel(models.load, models.wanted, settings.model_poll_seconds)


def main() -> None:
    """Serves until a signal comes."""
    configure_logs()
    settings = Settings.read()
    model = served_model(settings)
    with Scratch() as scratch:
        app = app_for(settings, model)
        serve(app, model, settings.listen_host, settings.port, at_end=scratch.leave)


if __name__ == "__main__":
    main()
