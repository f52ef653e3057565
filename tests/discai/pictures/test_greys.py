"""Slices hold the scan's own greys, and their windows show of them what they should."""

import cv2
import numpy as np
import pytest

from discai.anatomy import CANAL, FIRST_VERTEBRA
from discai.pictures.greys import Greys, planes_of
from discai.pictures.rendering import Pictures
from discai.records.windows import GreyRange
from discai.scan import Scan
from discai.scan.orientation import to_canonical
from discai.scan.volume import StoredVolume
from tests.support.readings import reading_of

RNG = np.random.default_rng(8)


def scan_of(voxels: np.ndarray, spacing_mm=(4.0, 0.6, 0.6)) -> Scan:
    return to_canonical(StoredVolume(voxels, spacing_mm))


def decode(png: bytes) -> np.ndarray:
    """The greys in a picture: its upper half holds the high bytes, its lower half the low ones."""
    planes = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    assert planes.dtype == np.uint8
    high, low = np.split(planes.astype(int), 2)
    return 256 * high + low


def shown(grey: float, window: GreyRange) -> float:
    return (grey - window.low) / (window.high - window.low)


@pytest.mark.parametrize(
    ("voxels", "kept"),
    [
        (RNG.integers(0, 60_000, (3, 48, 44)).astype(np.uint16), True),
        (RNG.integers(-1000, 3000, (3, 48, 44)).astype(np.int16), True),
        (RNG.integers(0, 255, (3, 48, 44)).astype(np.uint8), True),
        (RNG.integers(0, 3000, (3, 48, 44)).astype(np.float32), True),
        (RNG.normal(0, 1e-3, (3, 48, 44)).astype(np.float32), False),
        (RNG.integers(-(2**30), 2**30, (3, 48, 44)).astype(np.int32), False),
    ],
)
def test_every_grey_that_a_scanner_stored_is_in_the_slice(voxels, kept):
    scan = scan_of(voxels)
    seen = decode(Pictures(scan, reading_of(scan)).slice(1))
    above_darkest = voxels[1].astype(float) - voxels.min()
    if kept:
        assert (seen == above_darkest).all()
    else:
        whole = 65535 / (float(voxels.max()) - float(voxels.min()))
        assert seen == pytest.approx(above_darkest * whole, abs=1.1)


def test_a_scan_of_one_grey_is_black():
    greys = Greys(scan_of(np.full((3, 48, 44), 7.5, np.float32)), (48, 44))
    assert (greys.slice(0) == 0).all()
    assert planes_of(greys.slice(0)).shape == (96, 44)


def test_rectangular_pixels_become_square_between_the_stored_greys():
    voxels = np.zeros((3, 48, 44), np.uint16)
    voxels[:, 24:] = 4000
    scan = scan_of(voxels, (4.0, 1.2, 0.6))
    seen = decode(Pictures(scan, reading_of(scan)).slice(1))
    assert seen.shape == (96, 44)
    assert (seen[:47] == 0).all()
    assert (seen[49:] == 4000).all()
    assert ((seen[47:49] > 0) & (seen[47:49] < 4000)).all()


def test_windows_of_sequences_follow_marrow_and_liquor_and_not_fat_at_the_coil():
    voxels = np.full((3, 48, 44), 100, np.uint16)
    scan = scan_of(voxels)
    reading = reading_of(scan)
    voxels[reading.segmentation == CANAL] = 1000
    marrow = (reading.segmentation >= FIRST_VERTEBRA) & (reading.segmentation < CANAL)
    voxels[marrow] = 400
    voxels[:, :, 43] = 4000  # fat
    scan = scan_of(voxels)
    windows = Pictures(scan, reading).windows()
    assert shown(400 - 100, windows.t1) == pytest.approx(0.6, abs=0.01)
    assert shown(1000 - 100, windows.t2) == pytest.approx(0.9, abs=0.01)
    assert (windows.t1.low, windows.t2.low) == (0, 0)
    assert shown(400 - 100, windows.stir) == pytest.approx(0.2, abs=0.01)
    assert shown(1000 - 100, windows.stir) == pytest.approx(0.95, abs=0.01)
    assert windows.fit == GreyRange(low=0, high=3900)
    assert windows.usual.high == 3900


def test_a_sequence_that_these_tissues_cannot_tell_has_the_usual_window():
    voxels = RNG.integers(200, 1000, (3, 48, 44)).astype(np.uint16)
    scan = scan_of(voxels)
    reading = reading_of(scan)
    voxels[reading.segmentation == CANAL] = 50  # liquor darker than marrow, as in T1
    windows = Pictures(scan_of(voxels), reading).windows()
    assert windows.stir == windows.usual
    assert windows.t1 != windows.usual
    nothing = np.zeros_like(reading.segmentation)
    reading.segmentation[...] = nothing
    windows = Pictures(scan_of(voxels), reading).windows()
    assert windows.t1 == windows.t2 == windows.usual
    assert windows.usual.high > windows.usual.low
