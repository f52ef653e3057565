"""Whatever the format, what comes out lies on what went in."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from discai.anatomy import disc_value
from discai.phantom import PhantomOptions, draw_phantom, write_phantom
from discai.pictures.output import write_prediction
from discai.scan import read_scan
from tests.support.readings import reading_of

pytestmark = pytest.mark.process

#: Coarse and few: only geometry matters here. A different size along each axis tells them apart.
OPTIONS: dict[str, Any] = {"slices": 4, "spacing_mm": (4.0, 2.8, 3.5)}


def predicted(path: Path, out: Path) -> tuple[sitk.Image, dict]:
    """The segmentation and the prediction of a file whose discs lie where `reading_of` says."""
    scan = read_scan(path)
    write_prediction(out, scan, reading_of(scan, key_slice=len(scan.voxels) // 3))
    prediction = json.loads((out / "prediction.json").read_text(encoding="utf-8"))
    return sitk.ReadImage(out / "segmentation.mha"), prediction


def assert_boxes_fit(segmentation: sitk.Image, prediction: dict) -> None:
    """Boxes are around the discs on the slices along the file's own slice axis."""
    array = sitk.GetArrayFromImage(segmentation)
    assert prediction["scan"]["shape"] == list(array.shape)
    letters = prediction["scan"]["orientation"]
    slice_axis = 2 - next(i for i, letter in enumerate(letters) if letter in "LR")
    for disc in prediction["discs"]:
        shown = np.take(array, disc["slice"], axis=slice_axis) == disc_value(disc["level"])
        rows, columns = np.nonzero(shown)
        assert disc["box"] == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@pytest.mark.parametrize("suffix", [".mha", ".nii", ".nii.gz"])
@pytest.mark.parametrize("orientation", ["PIR", "PIL", "ASL", "LPS", "RAI", "SRP", "IAL", "PRS"])
def test_volumes(tmp_path: Path, suffix: str, orientation: str) -> None:
    path = tmp_path / f"phantom{suffix}"
    write_phantom(draw_phantom(PhantomOptions(orientation=orientation, **OPTIONS)), path)
    segmentation, prediction = predicted(path, tmp_path / "out")
    image = sitk.ReadImage(path)
    assert segmentation.GetSize() == image.GetSize()
    assert segmentation.GetSpacing() == image.GetSpacing()
    assert segmentation.GetOrigin() == image.GetOrigin()
    assert segmentation.GetDirection() == image.GetDirection()
    assert prediction["scan"]["orientation"] == orientation
    assert_boxes_fit(segmentation, prediction)


@pytest.mark.parametrize("orientation", ["PIR", "PIL", "ASL"])
def test_a_zipped_dicom_series_lies_where_other_programs_read_it(
    tmp_path: Path, orientation: str
) -> None:
    path = tmp_path / "phantom.zip"
    write_phantom(draw_phantom(PhantomOptions(orientation=orientation, **OPTIONS)), path)
    segmentation, prediction = predicted(path, tmp_path / "out")
    image = _series(path, tmp_path / "series")
    assert segmentation.GetSize() == image.GetSize()
    assert segmentation.GetSpacing() == pytest.approx(image.GetSpacing())
    assert segmentation.GetOrigin() == pytest.approx(image.GetOrigin())
    assert segmentation.GetDirection() == pytest.approx(image.GetDirection())
    assert_boxes_fit(segmentation, prediction)


def test_a_single_dicom_slice(tmp_path: Path) -> None:
    write_phantom(draw_phantom(PhantomOptions(**OPTIONS)), tmp_path / "phantom.zip")
    _series(tmp_path / "phantom.zip", tmp_path / "series")
    path = sorted((tmp_path / "series").iterdir())[1]
    segmentation, prediction = predicted(path, tmp_path / "out")
    image = sitk.ReadImage(path)
    assert segmentation.GetSize() == image.GetSize()
    assert segmentation.GetSpacing()[:2] == pytest.approx(image.GetSpacing()[:2])
    assert segmentation.GetOrigin() == pytest.approx(image.GetOrigin())
    assert segmentation.GetDirection() == pytest.approx(image.GetDirection())
    assert_boxes_fit(segmentation, prediction)


@pytest.mark.parametrize("name", ["phantom.png.zip", "phantom.png", "phantom.jpg"])
def test_pictures_without_spacing(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    phantom = draw_phantom(PhantomOptions(**OPTIONS))
    write_phantom(phantom, path.with_suffix(".png") if name.endswith(".jpg") else path)
    if name.endswith(".jpg"):
        cv2.imwrite(str(path), cv2.imread(str(path.with_suffix(".png")), cv2.IMREAD_GRAYSCALE))
    segmentation, prediction = predicted(path, tmp_path / "out")
    slices = 4 if name.endswith(".zip") else 1
    assert prediction["scan"]["spacingMm"] is None
    assert segmentation.GetSpacing() == (1.0, 1.0, 1.0)
    assert segmentation.GetSize()[2] == slices
    assert_boxes_fit(segmentation, prediction)


def _series(archive: Path, folder: Path) -> sitk.Image:
    """The zipped series as ITK itself reads it."""
    import zipfile

    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder)))
