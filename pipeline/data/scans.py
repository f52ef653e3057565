"""The training data as scans, so that they are read just as uploads are."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from discai.scan import CANONICAL_ORIENTATION, Scan, StoredGrid
from pipeline.data.examples import MidSlice, Volume

#: Slices of an ordinary lumbar study lie this far apart; a single one needs some thickness.
SLICE_MM = 4.0


def mid_slice_scan(mid: MidSlice) -> Scan:
    """A mid-slice as a scan of one slice."""
    return _scan(mid.pixels[None], (SLICE_MM, *mid.spacing_mm))


def volume_scan(volume: Volume) -> Scan:
    """A volume of the data folder as a scan."""
    return _scan(volume.voxels, volume.spacing_mm)


def without_spacing(scan: Scan) -> Scan:
    """The same scan as if it had come as plain pictures."""
    return replace(scan, spacing_mm=None, grid=replace(scan.grid, spacing_mm=None))


def _scan(voxels: NDArray[np.generic], spacing_mm: tuple[float, float, float]) -> Scan:
    slices, rows, columns = voxels.shape
    grid = StoredGrid(
        (slices, rows, columns), (0, 1, 2), (False, False, False), CANONICAL_ORIENTATION, spacing_mm
    )
    return Scan(voxels, spacing_mm, grid)
