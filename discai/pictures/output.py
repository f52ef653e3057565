"""Files of `discai predict`: prediction.json, discs.csv, segmentation, overlays, what is asked for.

The canonical frame stays inside DiscAI: all that leaves here counts slices, rows and columns as the
scan's file does.
"""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from discai.anatomy import disc_value
from discai.errors import PermanentError
from discai.pictures.quantities import discs_csv, quantities_json, spine_json
from discai.pictures.reasons import reason_json
from discai.pictures.rendering import Pictures
from discai.reading import DiscReading, Reading
from discai.scan import Scan
from discai.scan.mha import encode

PREDICTION_FILE = "prediction.json"
SEGMENTATION_NAME = "segmentation.mha"
OVERLAY_FILE = "overlay-{:02d}.png"
DISCS_FILE = "discs.csv"
_UNFINISHED_FILE: Final = ".discai-unfinished"
#: Names of files that are only written when they are asked for.
SEGMENTATION_NIFTI: Final = "segmentation.nii.gz"
SEGMENTATION_DICOM: Final = "segmentation.dcm"
REPORT_DICOM: Final = "report.dcm"
PAGE_DICOM: Final = "report-page.dcm"
ASKED_FOR: Final = (SEGMENTATION_NIFTI, SEGMENTATION_DICOM, REPORT_DICOM, PAGE_DICOM)
_FILE_NAME: Final = re.compile(
    rf"{'|'.join(map(re.escape, (PREDICTION_FILE, DISCS_FILE, SEGMENTATION_NAME, *ASKED_FOR)))}"
    r"|overlay-\d{2,}\.png"
)


def write_prediction(
    directory: Path, scan: Scan, reading: Reading, asked_for: Mapping[str, bytes] | None = None
) -> None:
    """Writes the four kinds of files into `directory`, and those of `asked_for` by their names.

    They appear there when all are written, prediction.json last: where it is, the result is whole.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".discai-", dir=directory.parent) as folder:
        for index, overlay in enumerate(Pictures(scan, reading).overlays()):
            Path(folder, OVERLAY_FILE.format(scan.slice_to_stored(index))).write_bytes(overlay)
        Path(folder, SEGMENTATION_NAME).write_bytes(segmentation_mha(scan, reading))
        for name, content in (asked_for or {}).items():
            Path(folder, name).write_bytes(content)
        table = discs_csv(directory.name, scan, reading)
        # A file's name may hold bytes of another encoding: escaped, as messages show it.
        file = Path(folder, DISCS_FILE)
        file.write_text(table, encoding="utf-8", errors="backslashreplace", newline="")
        prediction = json.dumps(prediction_json(scan, reading), indent=2)
        Path(folder, PREDICTION_FILE).write_text(prediction + "\n", encoding="utf-8")
        directory.mkdir(exist_ok=True)
        with _unfinished(directory):
            for file in reversed(files_of_prediction(Path(folder))):
                file.replace(directory / file.name)


def files_of_prediction(directory: Path) -> list[Path]:
    """Files of a prediction, as far as they are there; prediction.json first."""
    files = [path for path in directory.glob("*") if _FILE_NAME.fullmatch(path.name)]
    return sorted(files, key=lambda path: (path.name != PREDICTION_FILE, path.name))


def remove_prediction(directory: Path) -> None:
    """Removes an earlier prediction, and the folder if nothing else is in it.

    Raises `PermanentError("bad-output")` for files of such names without a prediction.json, unless
    an interrupted run left them: they may be a person's scans.
    """
    files = files_of_prediction(directory)
    was_interrupted = (directory / _UNFINISHED_FILE).exists()
    if not files and not was_interrupted:
        return
    if not was_interrupted and files[0].name != PREDICTION_FILE:
        raise PermanentError(
            "bad-output",
            f"{files[0]} has the name of a result, but is part of none; move it or change --out.",
        )
    with _unfinished(directory):
        for file in files:
            file.unlink()
    if not any(directory.iterdir()):
        directory.rmdir()


@contextmanager
def _unfinished(directory: Path) -> Iterator[None]:
    """Mark the folder as made by DiscAI; the mark stays if the work on it breaks off."""
    mark = directory / _UNFINISHED_FILE
    mark.touch()
    yield
    mark.unlink(missing_ok=True)


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
        "discs": [_disc_json(scan, reading, disc) for disc in reading.discs],
        "spine": spine_json(reading),
        "warnings": list(reading.warnings),
        "seconds": {step: round(seconds, 4) for step, seconds in reading.seconds.items()},
    }


def segmentation_mha(scan: Scan, reading: Reading) -> bytes:
    """The segmentation (uint8, values as in `discai.anatomy`) with the scan's own geometry."""
    return encode(scan.to_stored(reading.segmentation.astype(np.uint8)), scan.grid)


def centre_mm(scan: Scan, reading: Reading, disc: DiscReading) -> list[float] | None:
    """The centre of a disc's outline in patient coordinates (LPS); None where none are known."""
    edges = np.array(list(disc.boxes.values()))
    (left, top), (right, bottom) = np.floor(edges.min(0)[:2]), np.ceil(edges.max(0)[2:])
    first, last = min(disc.boxes), max(disc.boxes)
    around = np.s_[first : last + 1, int(top) : int(bottom), int(left) : int(right)]
    voxels = np.argwhere(reading.segmentation[around] == disc_value(disc.level))
    if not len(voxels):
        return None
    slice_, row, column = voxels.mean(axis=0) + np.array((first, top, left))
    place = scan.to_patient_mm((slice_, row, column))
    return None if place is None else [round(along, 2) for along in place]


def _disc_json(scan: Scan, reading: Reading, disc: DiscReading) -> dict[str, Any]:
    return {
        "level": disc.level,
        "herniation": round(float(disc.herniation), 4),
        "slice": scan.slice_to_stored(disc.slice),
        "box": [round(float(edge), 2) for edge in scan.box_to_stored(disc.box)],
        "confidence": round(float(disc.confidence), 4),
        "centreMm": centre_mm(scan, reading, disc),
        "quantities": quantities_json(scan, disc),
        "reason": reason_json(scan, disc),
        "gradings": disc.gradings and disc.gradings.model_dump(by_alias=True),
    }
