"""`segmentation.nii.gz` lies where `segmentation.mha` does."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from discai.export.nifti import segmentation_nifti
from discai.scan import Scan, nifti
from discai.scan.orientation import direction_of, stored_grid, to_canonical
from tests.support.readings import reading_of
from tests.support.scan_files import ORIENTATIONS

pytestmark = pytest.mark.usefixtures("decoding_here")

CANONICAL = np.random.default_rng(3).integers(0, 999, (4, 48, 44)).astype(np.int16)
SPACING_MM = {"L": 4.4, "P": 0.61, "S": 0.6}


def scan_of(orientation: str) -> Scan:
    """A scan as a file of that orientation has it."""
    sizes = {"LR": 4, "PA": 44, "SI": 48}
    pairs = [next(pair for pair in sizes if letter in pair) for letter in reversed(orientation)]
    z, y, x = (sizes[pair] for pair in pairs)
    dz, dy, dx = (SPACING_MM[pair[0]] for pair in pairs)
    grid = stored_grid((z, y, x), (dz, dy, dx), (1.1, 2.2, -3.3), direction_of(orientation))
    return Scan(CANONICAL, (4.4, 0.6, 0.61), grid)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_it_is_read_back_onto_the_same_voxels(tmp_path: Path, orientation: str) -> None:
    scan = scan_of(orientation)
    reading = reading_of(scan)
    path = tmp_path / "segmentation.nii.gz"
    path.write_bytes(segmentation_nifti(scan, reading))
    stored = nifti.read(path)
    assert np.array_equal(stored.array, scan.to_stored(reading.segmentation))
    assert stored.array.dtype == np.uint8
    assert stored.spacing_mm == pytest.approx(scan.grid.spacing_mm)
    assert stored.origin_mm == pytest.approx(scan.grid.origin_mm)
    assert np.array_equal(to_canonical(stored).voxels, reading.segmentation)


def test_its_affine_is_in_ras_and_its_unit_the_millimetre(tmp_path: Path) -> None:
    path = tmp_path / "segmentation.nii.gz"
    path.write_bytes(segmentation_nifti(scan_of("LPS"), reading_of(scan_of("LPS"))))
    image: Any = nibabel.load(path)
    assert image.affine.diagonal().tolist() == pytest.approx([-4.4, -0.61, 0.6, 1.0])
    assert image.affine[:3, 3].tolist() == pytest.approx([-1.1, -2.2, -3.3])
    assert image.header.get_xyzt_units()[0] == "mm"
    assert int(image.header["sform_code"]) == int(image.header["qform_code"]) == 1


def test_the_same_reading_is_the_same_bytes() -> None:
    scan = scan_of("PIR")
    assert segmentation_nifti(scan, reading_of(scan)) == segmentation_nifti(scan, reading_of(scan))
