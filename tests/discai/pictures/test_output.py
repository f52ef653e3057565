"""What another program finds in the output folder."""

import json
import multiprocessing
import resource
import signal
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from discai.anatomy import disc_value
from discai.pictures.output import write_prediction
from discai.scan import read_scan
from tests.support.readings import reading_of
from tests.support.scan_files import picture_bytes, write

VOXELS = np.random.default_rng(2).integers(0, 999, (4, 48, 44)).astype(np.int16)


def _image(orientation: str) -> sitk.Image:
    image = sitk.GetImageFromArray(VOXELS)
    image.SetSpacing((0.61, 0.6, 4.4))
    image.SetOrigin((1.1, 2.2, -3.3))
    image.SetDirection((0, 0, -1, 1, 0, 0, 0, -1, 0))
    return sitk.DICOMOrient(image, orientation)


@pytest.mark.process
@pytest.mark.parametrize("orientation", ["PIR", "ASL", "LPS", "SRP", "IAL"])
@pytest.mark.parametrize("suffix", [".mha", ".nii.gz"])
def test_segmentation_lies_on_the_scan_and_boxes_around_it(
    tmp_path: Path, orientation: str, suffix: str
) -> None:
    path = tmp_path / f"scan{suffix}"
    sitk.WriteImage(_image(orientation), path)
    scan = read_scan(path)
    write_prediction(tmp_path / "out", scan, reading_of(scan))

    image = sitk.ReadImage(path)
    segmentation = sitk.ReadImage(tmp_path / "out" / "segmentation.mha")
    assert segmentation.GetPixelID() == sitk.sitkUInt8
    assert segmentation.GetSize() == image.GetSize()
    assert segmentation.GetOrigin() == image.GetOrigin()
    assert segmentation.GetSpacing() == image.GetSpacing()
    assert segmentation.GetDirection() == image.GetDirection()

    prediction = json.loads((tmp_path / "out" / "prediction.json").read_text(encoding="utf-8"))
    array = sitk.GetArrayFromImage(segmentation)
    assert prediction["scan"]["shape"] == list(array.shape)
    assert prediction["scan"]["spacingMm"] == list(reversed(image.GetSpacing()))
    assert prediction["scan"]["orientation"] == orientation
    slice_axis = 2 - next(i for i, letter in enumerate(orientation) if letter in "LR")
    for disc in prediction["discs"]:
        shown = np.take(array, disc["slice"], axis=slice_axis) == disc_value(disc["level"])
        rows, columns = np.nonzero(shown)
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert disc["box"] == pytest.approx(box)
        middle = np.argwhere(array == disc_value(disc["level"])).mean(axis=0)[::-1].tolist()
        centre = image.TransformContinuousIndexToPhysicalPoint(middle)
        assert disc["centreMm"] == pytest.approx(centre, abs=0.006)
    assert (tmp_path / "out" / f"overlay-{prediction['scan']['keySlice']:02d}.png").is_file()


def test_prediction_has_the_documented_fields(tmp_path: Path) -> None:
    path = tmp_path / "scan.mha"
    sitk.WriteImage(_image("PIR"), path)
    scan = read_scan(path)
    write_prediction(tmp_path / "out", scan, reading_of(scan))
    # Slices 4.4 mm towards the right, rows 0.6 mm towards the feet, columns 0.61 mm to the back.
    middles = {"L4-L5": (1, 14.5, 21.5), "L5-S1": (1, 32.5, 19.5)}
    centres = {
        level: pytest.approx([1.1 - 4.4 * slice_, 2.2 + 0.61 * column, -3.3 - 0.6 * row], abs=0.006)
        for level, (slice_, row, column) in middles.items()
    }
    assert json.loads((tmp_path / "out" / "prediction.json").read_text(encoding="utf-8")) == {
        "modelVersion": "2026-01-01a",
        "modelDigest": "sha256:00",
        "device": "cpu, by hand",
        "scan": {
            "shape": [4, 48, 44],
            "spacingMm": [4.4, 0.6, 0.61],
            "orientation": "PIR",
            "keySlice": 1,
        },
        "discs": [
            {
                "level": "L4-L5",
                "herniation": 0.8312,
                "slice": 1,
                "box": [12, 12, 32, 18],
                "confidence": 0.97,
                "centreMm": centres["L4-L5"],
                "quantities": None,
                "reason": None,
                "gradings": None,
            },
            {
                "level": "L5-S1",
                "herniation": 0.05,
                "slice": 1,
                "box": [10, 30, 30, 36],
                "confidence": 0.99,
                "centreMm": centres["L5-S1"],
                "quantities": None,
                "reason": None,
                "gradings": None,
            },
        ],
        "spine": {"lordosisDeg": None, "lateralCurve": None},
        "warnings": ["Odd."],
        "seconds": {"segment": 1.2346},
    }


@pytest.mark.process
def test_a_picture_has_no_spacing_and_no_place_in_the_patient(tmp_path: Path) -> None:
    path = write(tmp_path, "slice.png", picture_bytes(VOXELS[0].astype(np.uint8)))
    scan = read_scan(path)
    write_prediction(tmp_path / "out", scan, reading_of(scan, key_slice=0))
    prediction = json.loads((tmp_path / "out" / "prediction.json").read_text(encoding="utf-8"))
    assert prediction["scan"]["spacingMm"] is None
    assert [disc["centreMm"] for disc in prediction["discs"]] == [None, None]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "discs.csv",
        "overlay-00.png",
        "prediction.json",
        "segmentation.mha",
    ]


def _write_on_a_small_disk(scan_path: Path, out: Path) -> None:
    """Is killed by the system at the first file that is larger than a prediction.json."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
    scan = read_scan(scan_path)
    write_prediction(out, scan, reading_of(scan))


def test_a_killed_process_leaves_no_half_result(tmp_path: Path) -> None:
    path = tmp_path / "scan.mha"
    sitk.WriteImage(_image("PIR"), path)
    child = multiprocessing.get_context("spawn").Process(
        target=_write_on_a_small_disk, args=(path, tmp_path / "out")
    )
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGXFSZ
    assert not (tmp_path / "out").exists()


@pytest.mark.process
def test_what_can_not_be_written_whole_is_not_there(tmp_path: Path) -> None:
    path = write(tmp_path, "slice.png", picture_bytes(VOXELS[0].astype(np.uint8)))
    scan = read_scan(path)
    (tmp_path / "out" / "segmentation.mha").mkdir(parents=True)
    with pytest.raises(OSError, match="segmentation"):
        write_prediction(tmp_path / "out", scan, reading_of(scan, key_slice=0))
    assert not (tmp_path / "out" / "prediction.json").exists()
