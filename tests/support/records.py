"""Records that several tests begin with."""

from datetime import UTC, datetime
from typing import Any

from discai.cloud.paths import artifact_names, scan_id
from discai.records.models import Comparison, Measured, ModelVersion, RetrainingRun
from discai.records.scans import (
    Box,
    Disc,
    PictureBytes,
    Prediction,
    ScanRecord,
    StoredObject,
    Timings,
)

UPLOADED = StoredObject(bucket="b", name="a/scan.mha", generation=7, size=100)
SCAN = scan_id(UPLOADED.bucket, UPLOADED.name, UPLOADED.generation)


def queued_scan(uploaded: StoredObject = UPLOADED) -> ScanRecord:
    """A scan that was just uploaded."""
    now = datetime.now(UTC)
    return ScanRecord(object=uploaded, created_at=now, updated_at=now, timings=Timings(queued=now))


def prediction_of(model_version: str) -> Prediction:
    """What a model read in `SCAN`: one disc on the second of three slices."""
    box = Box(x=1, y=2, width=3, height=4)
    disc = Disc(
        level="L5-S1",
        herniation=0.8,
        slice=1,
        box=box,
        boxes={"1": box},
        confidence=0.9,
        volume_mm3=None,
    )
    return Prediction(
        model_version=model_version,
        model_digest="sha256:0",
        created_at=datetime.now(UTC),
        device="cpu",
        seconds={"read": 0.1},
        warnings=[],
        discs=[disc],
        artifacts=artifact_names(SCAN, model_version),
        slice_count=3,
        key_slice=1,
        slice_width=10,
        slice_height=20,
        picture_bytes=PictureBytes(starts=[0, 3, 4, 7, 8, 11], sizes=[3, 1, 3, 1, 3, 1]),
    )


def read_earlier(prediction: Prediction) -> Prediction:
    """It, as it was stored before all pictures were one file: with an object for each picture."""
    folder = f"scans/{SCAN}/{prediction.model_version}"
    artifacts = prediction.artifacts.model_copy(
        update={
            "pictures": None,
            "slices": folder + "/slice-{:02d}.png",
            "masks": folder + "/mask-{:02d}.png",
            "overlays": folder + "/overlay-{:02d}.png",
            "thumbnail": None,
        }
    )
    return prediction.model_copy(update={"artifacts": artifacts, "picture_bytes": None})


def model_of(version: str) -> ModelVersion:
    """A model that was registered."""
    return ModelVersion(
        model_version=version,
        model_digest=f"sha256:{version}",
        created_at=datetime.now(UTC),
        herniation_threshold=0.2,
        git_commit="abc",
        seconds={},
    )


def run_of(epoch: int, began: datetime, **changes: Any) -> RetrainingRun:
    """A run that the labels of fifty scans began; `changes` are its other fields."""
    run = RetrainingRun(
        epoch=epoch,
        state="submitting",
        trigger="labels",
        cutoff=began,
        count=50,
        threshold=50,
        created_at=began,
        updated_at=began,
    )
    return run.model_copy(update=changes)


def evaluated_run(epoch: int) -> RetrainingRun:
    """A run that goes on, and whose challenger was better than the model `old`."""
    now = datetime.now(UTC)
    gain = Measured(value=0.02, low=0.01, high=0.03, count=100, patients=20)
    return run_of(
        epoch,
        now,
        state="running",
        count=1,
        threshold=1,
        model_version=f"run-{epoch:06d}",
        comparison=Comparison(
            metric="auroc",
            production_version="old",
            difference=gain,
            p_value=0.01,
            guards=[],
            changed_scans=3,
        ),
        reason="Better, and worse nowhere.",
    )
