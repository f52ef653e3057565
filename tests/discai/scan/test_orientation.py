"""All 48 orientations lead to one frame and exactly back."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from discai.scan import Scan, read_scan
from discai.scan.mha import encode
from discai.scan.orientation import direction_of, orientation_of, to_canonical
from discai.scan.volume import StoredVolume
from tests.support.scan_files import ORIENTATIONS, write

#: Spacing along left-right, front-back and head-feet: sagittal slices, rectangular pixels.
SPACING_MM = {"L": 3.5, "R": 3.5, "P": 0.5, "A": 0.5, "S": 0.75, "I": 0.75}


def _image(orientation: str) -> sitk.Image:
    """A volume whose right-back-feet corner is marked, stored in this orientation."""
    canonical = np.random.default_rng(3).integers(0, 999, (5, 14, 11)).astype(np.int16)
    image = sitk.GetImageFromArray(canonical)
    image.SetSpacing((0.5, 0.75, 3.5))
    image.SetOrigin((11.0, -22.0, 33.0))
    image.SetDirection(direction_of("PIR"))
    return sitk.DICOMOrient(image, orientation)


def _scan(image: sitk.Image) -> Scan:
    x, y, z = image.GetSpacing()
    array = sitk.GetArrayFromImage(image)
    return to_canonical(StoredVolume(array, (z, y, x), image.GetOrigin(), image.GetDirection()))


def test_there_are_48() -> None:
    assert len(set(ORIENTATIONS)) == 48


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_every_orientation_gives_the_same_scan_as_dicom_orient(orientation: str) -> None:
    image = _image(orientation)
    scan = _scan(image)
    assert scan.grid.orientation == orientation
    assert np.array_equal(scan.voxels, sitk.GetArrayFromImage(sitk.DICOMOrient(image, "PIR")))
    assert scan.spacing_mm == (3.5, 0.75, 0.5)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_mask_goes_back_exactly(orientation: str) -> None:
    image = _image(orientation)
    scan = _scan(image)
    assert np.array_equal(scan.to_stored(scan.voxels), sitk.GetArrayFromImage(image))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_box_goes_back_onto_the_same_pixels(orientation: str) -> None:
    image = _image(orientation)
    scan = _scan(image)
    canonical = np.zeros(scan.voxels.shape, np.uint8)
    canonical[3, 2:7, 4:10] = 1
    stored = scan.to_stored(canonical)
    index = scan.slice_to_stored(3)
    stored_slice = np.take(stored, index, axis=scan.grid.axes[0])
    x0, y0, x1, y1 = map(int, scan.box_to_stored((4, 2, 10, 7)))
    assert stored_slice[y0:y1, x0:x1].all()
    assert stored_slice.sum() == stored.sum() == (x1 - x0) * (y1 - y0)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_what_we_write_lies_where_the_scan_lies(tmp_path: Path, orientation: str) -> None:
    image = _image(orientation)
    scan = _scan(image)
    path = write(tmp_path, "mask.mha", encode(scan.to_stored(scan.voxels), scan.grid))
    written = sitk.ReadImage(path)
    assert written.GetOrigin() == image.GetOrigin()
    assert written.GetSpacing() == image.GetSpacing()
    assert written.GetDirection() == image.GetDirection()
    assert np.array_equal(sitk.GetArrayFromImage(written), sitk.GetArrayFromImage(image))
    assert np.array_equal(read_scan(path).voxels, scan.voxels)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_oblique_axes_go_to_the_nearest_patient_axis(orientation: str) -> None:
    turned = sitk.Euler3DTransform()
    turned.SetRotation(0.3, -0.2, 0.25)
    matrix = np.array(turned.GetMatrix()).reshape(3, 3)
    oblique = matrix @ np.array(direction_of(orientation)).reshape(3, 3)
    assert orientation_of(tuple(oblique.ravel())) == orientation
