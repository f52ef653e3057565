"""What `discai predict` writes: prediction.json, segmentation.mha and overlays.

The canonical frame is ours alone: all that leaves here counts slices, rows and columns as the
scan's file does.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from discai.reading import DiscReading, Reading
from discai.rendering import Pictures
from discai.scan import Scan
from discai.scan.mha import encode

PREDICTION_FILE = "prediction.json"
SEGMENTATION_FILE = "segmentation.mha"
OVERLAY_FILE = "overlay-{:02d}.png"


def write_prediction(directory: Path, scan: Scan, reading: Reading) -> None:
    """Writes the three kinds of files into `directory`, in place of an earlier prediction there."""
    directory.mkdir(parents=True, exist_ok=True)
    for stale in directory.glob("overlay-*.png"):
        stale.unlink()
    prediction = json.dumps(prediction_json(scan, reading), indent=2)
    (directory / PREDICTION_FILE).write_text(prediction + "\n", encoding="utf-8")
    (directory / SEGMENTATION_FILE).write_bytes(segmentation_mha(scan, reading))
    for index, overlay in enumerate(Pictures(scan, reading).overlays()):
        (directory / OVERLAY_FILE.format(scan.slice_to_stored(index))).write_bytes(overlay)


def prediction_json(scan: Scan, reading: Reading) -> dict[str, Any]:
    """The prediction as plain JSON values; `slice` and `box` as the scan's file stores them."""
    spacing_mm = scan.grid.spacing_mm
    return {
        "modelVersion": reading.model_version,
        "modelDigest": reading.model_digest,
        "device": reading.device,
        "scan": {
            "shape": list(scan.grid.shape),
            "spacingMm": None if spacing_mm is None else list(spacing_mm),
            "orientation": scan.grid.orientation,
            "keySlice": scan.slice_to_stored(reading.key_slice),
        },
        "discs": [_disc_json(scan, disc) for disc in reading.discs],
        "warnings": list(reading.warnings),
        "seconds": {step: round(seconds, 4) for step, seconds in reading.seconds.items()},
    }


def segmentation_mha(scan: Scan, reading: Reading) -> bytes:
    """The segmentation (uint8, values as in `discai.anatomy`) with the scan's own geometry."""
    return encode(scan.to_stored(reading.segmentation.astype(np.uint8)), scan.grid)


def _disc_json(scan: Scan, disc: DiscReading) -> dict[str, Any]:
    return {
        "level": disc.level,
        "herniation": round(float(disc.herniation), 4),
        "slice": scan.slice_to_stored(disc.slice),
        "box": [round(float(edge), 2) for edge in scan.box_to_stored(disc.box)],
        "confidence": round(float(disc.confidence), 4),
    }
