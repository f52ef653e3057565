"""The first half of reading: from a scan to the outlines of its spine on the network's grid."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discai.backends import segment_each
from discai.gate import not_a_lumbar_spine, refuse_unless_lumbar
from discai.manifest import Thresholds
from discai.networks.signature import SegmentSlice
from discai.preprocessing import NetworkGrid, normalise
from discai.scale import SLICE_MM, estimate_pixel_mm, voxel_size
from discai.scan import Scan
from discai.spine import Spine, find_spine


@dataclass(frozen=True)
class Outline:
    """A scan on the network's grid with what the segmentation network made of it.

    Attributes:
        images: float32 `(slice, row, column)`, normalised.
        probabilities: float32 `(slice, row, column, channel)`.
        grid: how the network's pixels lie on the scan's.
        spine: discs, vertebrae and canal told apart.
    """

    images: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    grid: NetworkGrid
    spine: Spine


def outline_spine(
    scan: Scan,
    segment: SegmentSlice,
    thresholds: Thresholds,
    slice_done: Callable[[int, int], None],
) -> Outline:
    """Outline the spine of a scan; `slice_done(done, total)` is called slice by slice.

    Raises `PermanentError`: `not-sagittal` or `no-discs`.
    """
    slices = normalise(scan.voxels)
    grid, slice_mm = _grid_of(scan, slices, segment, thresholds)
    images = grid.to_network(slices)
    probabilities = []
    slice_done(0, len(images))
    for maps_of_slice in segment_each(segment, images):
        probabilities.append(grid.clear_padding(maps_of_slice))
        slice_done(len(probabilities), len(images))
    maps = np.stack(probabilities)
    spine = find_spine(maps, voxel_size(grid, slice_mm), thresholds)
    refuse_unless_lumbar(spine)
    return Outline(images, maps, grid, spine)


def _grid_of(
    scan: Scan, slices: NDArray[np.float32], segment: SegmentSlice, thresholds: Thresholds
) -> tuple[NetworkGrid, float]:
    """The network's grid for a scan, and the distance of its slices in mm."""
    rows, columns = slices.shape[1:]
    if scan.spacing_mm is not None:
        slice_mm, row_mm, column_mm = scan.spacing_mm
        return NetworkGrid((rows, columns), (row_mm, column_mm)), slice_mm
    pixel_mm = estimate_pixel_mm(slices, segment, thresholds.disc)
    if pixel_mm is None:
        raise not_a_lumbar_spine()
    return NetworkGrid((rows, columns), (pixel_mm, pixel_mm)), SLICE_MM
