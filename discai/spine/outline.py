"""The first half of reading: from a scan to the outlines of its spine on the network's grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discai.manifest import Thresholds
from discai.scan import Scan
from discai.segmentation.grid import NetworkGrid, normalise
from discai.segmentation.signature import SegmentSlice
from discai.segmentation.slices import SlicesDone, segment_slices
from discai.spine.extent import lower_edge, rows_of_body
from discai.spine.gate import not_a_lumbar_spine, refuse_unless_lumbar
from discai.spine.intensities import is_negative, refuse_other_than_mri
from discai.spine.plain_picture import assumed_slice_mm, find_pose, voxel_size
from discai.spine.spine import Spine, find_spine

#: How far neighbouring slices speak for each other: the spread of a Gaussian that is cut off at
#: twice as much. On the 22 T2-SPACE volumes of the SPIDER training patients, whose slices lie 2 mm
#: apart, it raises the Dice of discs by 0.003; slices 4 mm apart stay as they are.
SMOOTHING_MM = 1.5


@dataclass(frozen=True)
class Outline:
    """A scan on the network's grid with what the segmentation network made of it.

    Attributes:
        images: float32 `(slice, row, column)`, normalised.
        probabilities: float32 `(slice, row, column, channel)`.
        grid: how the network's pixels lie on the scan's.
        spine: discs, vertebrae and canal told apart.
        flips: axes of `(slice, row, column)` along which the scan's slices were flipped before all
            this, because they lay wrongly.
        warnings: what is odd about the spine or how it lies, in sentences for a person.
    """

    images: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    grid: NetworkGrid
    spine: Spine
    flips: tuple[int, ...]
    warnings: tuple[str, ...]


def outline_spine(
    scan: Scan,
    segment: SegmentSlice,
    thresholds: Thresholds,
    slice_done: SlicesDone,
) -> Outline:
    """Outline the spine of a scan; `slice_done(done, total)` is called slice by slice.

    Raises `PermanentError`: `unsupported-format`, `not-sagittal` or `no-discs`.
    """
    refuse_other_than_mri(scan.voxels)
    known_mm = None if scan.spacing_mm is None else scan.spacing_mm[1:]
    body = rows_of_body(scan.voxels, known_mm)
    slices = np.zeros_like(scan.voxels, np.float32)
    slices[:, body] = normalise(scan.voxels[:, body])
    warnings: tuple[str, ...] = ()
    if is_negative(slices[:, body]):
        slices[:, body] = 1 - slices[:, body]
        warnings = ("The scan is a negative: dark and bright are exchanged. It was read as usual.",)
    flips: tuple[int, ...] = ()
    if scan.spacing_mm is not None:
        slice_mm, row_mm, column_mm = scan.spacing_mm
    else:
        pose = find_pose(slices, segment, thresholds.disc)
        if pose is None:
            raise not_a_lumbar_spine()
        flips, warnings = pose.flips, (*warnings, *pose.warnings)
        slices = np.flip(slices, flips)
        slice_mm = assumed_slice_mm(len(slices))
        row_mm = column_mm = pose.scale.pixel_mm
    rows, columns = slices.shape[1:]
    grid = NetworkGrid((rows, columns), (row_mm, column_mm))
    images = grid.to_network(slices)
    maps = smooth_through_slices(segment_slices(images, grid, segment, slice_done), slice_mm)
    voxel_mm = voxel_size(grid, slice_mm)
    end = lower_edge(images)
    maps[:, end:] = 0  # the network guesses how a spine that is cut off goes on
    spine = find_spine(maps, voxel_mm, thresholds, end * voxel_mm[1])
    refuse_unless_lumbar(spine)
    return Outline(images, maps, grid, spine, flips, (*warnings, *spine.chain.warnings))


def smooth_through_slices(maps: NDArray[np.float32], slice_mm: float) -> NDArray[np.float32]:
    """Probabilities `(slice, row, column, channel)` averaged with those of close slices.

    Beyond the first and the last slice nothing is known and nothing is assumed.
    """
    reach = min(int(2 * SMOOTHING_MM / slice_mm), len(maps) - 1)
    if reach == 0:
        return maps
    total = maps.copy()
    weights = np.ones((len(maps), 1, 1, 1), np.float32)
    for step in range(1, reach + 1):
        weight = np.float32(np.exp(-0.5 * (step * slice_mm / SMOOTHING_MM) ** 2))
        total[step:] += weight * maps[:-step]
        total[:-step] += weight * maps[step:]
        weights[step:] += weight
        weights[:-step] += weight
    return np.asarray(total / weights, np.float32)
