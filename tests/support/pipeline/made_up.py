"""A data folder of drawn spines, laid out as the real one, small enough to measure in a test."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from discai.anatomy import LEVELS
from pipeline.data.spider import SPACE_VALUES
from tests.support.spines import GREY, draw_spine, with_grain

SPACING_MM = (4.0, 0.65, 0.65)
FIELD_MM = 240.0
SPINE = draw_spine(discs=5, field_mm=FIELD_MM)
#: Columns to the back, rows to the feet, slices to the right: `PIR`, the canonical frame.
DIRECTION = (0, 0, -1, 1, 0, 0, 0, -1, 0)
#: Patient -> (official subset, herniated levels).
PATIENTS = {
    1: ("training", {"L5-S1"}),
    15: ("training", set()),
    11: ("validation", {"L5-S1"}),
    12: ("validation", {"L1-L2"}),
}


def write_data_folder(folder: Path) -> Path:
    """Write everything that an evaluation reads."""
    for name in ("midslices", "space_volumes"):
        (folder / "spider" / name).mkdir(parents=True)
    entries = {}
    for patient, (subset, herniated) in PATIENTS.items():
        for sequence in ("t1", "t2", "t2_SPACE"):
            name = f"{patient}_{sequence}"
            write_picture(folder / "spider" / "midslices" / f"{name}.png", SPINE[0])
            entries[name] = _entry(patient, sequence, subset, herniated)
    _write_json(folder / "spider" / "midslices.json", entries)
    volumes = {"11": {"subset": "validation"}, "1": {"subset": "training"}}
    _write_json(folder / "spider" / "space_volumes.json", volumes)
    for name in volumes:
        _write_volume(folder / "spider" / "space_volumes", name, "_labels", _labels(SPACE_VALUES))
    _write_sudirman(folder / "sudirman")
    (folder / "ivd_volumes").mkdir()
    _write_volume(folder / "ivd_volumes", "20", "_mask", _labels({"disc": 1}))
    (folder / "vertebra_volumes" / "vb").mkdir(parents=True)
    _write_volume(folder / "vertebra_volumes" / "vb", "1", "_mask", _labels({"vertebra": 1}))
    (folder / "other_planes").mkdir()
    black = np.zeros((300, 300), np.float32)
    write_picture(folder / "other_planes" / "train_with_pain_spine_0024.png", black)
    write_picture(folder / "other_planes" / "train_with_pain_spine_0000.png", SPINE[0])
    return folder


def _write_sudirman(folder: Path) -> None:
    """Patient 7, whom nobody may learn from, with a herniated L5-S1 and a bulging L4-L5."""
    (folder / "images").mkdir(parents=True)
    boxes = [{"kind": "normal", "level": level, "box_xyxy": box} for level, box in _boxes().items()]
    slices = {}
    for sequence in ("t1", "t2"):
        name = f"0007_{sequence}"
        write_picture(folder / "images" / f"{name}.png", SPINE[0])
        slices[name] = {
            "patient": 7,
            "sequence": sequence,
            "stored_spacing_mm": SPACING_MM[1:],
            "boxes": boxes,
        }
    levels = {
        level: {
            "herniation": int(level == "L5-S1"),
            "bulging": int(level == "L4-L5"),
            "pfirrmann": 4 if level in ("L4-L5", "L5-S1") else None,
        }
        for level in LEVELS
    }
    _write_json(folder / "slices.json", slices)
    _write_json(folder / "patients.json", {"7": {"levels": levels, "flags": []}})


def write_picture(path: Path, page: NDArray[np.float32]) -> None:
    cv2.imwrite(str(path), np.round(with_grain(page) * 255).astype(np.uint8))


def _entry(patient: int, sequence: str, subset: str, herniated: set[str]) -> dict[str, Any]:
    return {
        "patient": patient,
        "sequence": sequence,
        "subset": subset,
        "manufacturer": "SIEMENS" if patient % 2 else "Philips Healthcare",
        "mid_slice_usable": sequence != "t2_SPACE",
        "stored_spacing_mm": SPACING_MM[1:],
        "num_discs": 5,
        "gradings": {
            level: {"herniation": int(level in herniated), "pfirrmann": 5 - index}
            for index, level in enumerate(LEVELS)
        },
        "boxes_trusted": True,
        "boxes": [{"level": level, "box_xyxy": box} for level, box in _boxes().items()],
    }


def _boxes() -> dict[str, list[float]]:
    """Around the discs that `draw_spine` draws, in pixels."""
    boxes: dict[str, list[float]] = {}
    for index, level in enumerate(reversed(LEVELS)):
        row, column = (FIELD_MM - 45 - index * 35) / 0.65, FIELD_MM / 2 / 0.65
        boxes[level] = [column - 30, row - 12, column + 30, row + 12]
    return boxes


def _labels(values: Mapping[str, int]) -> NDArray[np.uint8]:
    labels = np.zeros(SPINE.shape, np.uint8)
    for structure, value in values.items():
        greys = ("disc", "l5s1_disc") if structure == "disc" else (structure,)
        labels[np.isin(SPINE, [np.float32(GREY[grey]) for grey in greys])] = value
    return labels


def _write_volume(folder: Path, name: str, suffix: str, labels: NDArray[np.uint8]) -> None:
    voxels = np.round(with_grain(SPINE) * 1000).astype(np.int16)
    for stem, array in ((name, voxels), (f"{name}{suffix}", labels)):
        image = sitk.GetImageFromArray(array)
        image.SetSpacing(SPACING_MM[::-1])
        image.SetDirection(DIRECTION)
        sitk.WriteImage(image, str(folder / f"{stem}.mha"))


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
