"""The spine as voxels of the scan (values as in `discai.anatomy`) and the boxes of its discs."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.anatomy import CANAL, FIRST_VERTEBRA, LAST_VERTEBRA, disc_value
from discai.manifest import Thresholds
from discai.reading import CornerBox
from discai.segmentation.grid import NetworkGrid
from discai.spine.spine import CANAL_CHANNEL, DISC, VERTEBRA, Spine

#: A slice shows a disc if it shows this share of what the best slice shows.
SHOWN_SHARE = 0.05
#: By so many of the network's pixels an outline may move when it is resampled. Objects of one kind
#: lie further apart.
GROWN_PIXELS = 2


def paint(
    spine: Spine, probabilities: NDArray[np.float32], grid: NetworkGrid, thresholds: Thresholds
) -> NDArray[np.uint8]:
    """The spine on the canonical grid, uint8 `(slice, row, column)`.

    Outlines follow the probabilities resampled to the scan's own pixels, which are finer than the
    network's; of several structures that claim a pixel the most probable gets it.
    """
    disc_values = _table([disc_value(level) for level in spine.chain.levels])
    body_values = _table(range(FIRST_VERTEBRA, LAST_VERTEBRA + 1))
    canal_values = _table([CANAL])
    cuts = (thresholds.disc, thresholds.vertebra, thresholds.canal)
    painted = np.zeros((len(probabilities), *grid.shape), np.uint8)
    nearest = _nearest_on_network(grid)
    box = _around(spine, nearest)
    rows, columns = nearest[0][box[0]], nearest[1][box[1]]
    if not (rows.size and columns.size):
        return painted
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    for page, page_painted, discs, vertebrae, canal in zip(
        probabilities, painted, spine.discs, spine.vertebrae, spine.canal, strict=True
    ):
        maps = np.stack([page[..., kind] for kind in (DISC, VERTEBRA, CANAL_CHANNEL)], axis=-1)
        # Filled holes belong to the disc, whatever the network said there.
        np.maximum(maps[..., 0], np.float32(thresholds.disc), out=maps[..., 0], where=discs > 0)
        values = [
            cv2.LUT(_grown(numbers[part]), table)
            .take(rows - rows[0], axis=0)
            .take(columns - columns[0], axis=1)
            for table, numbers in (
                (disc_values, discs),
                (body_values, vertebrae),
                (canal_values, canal),
            )
        ]
        page_painted[box] = _most_probable(grid.to_canonical(maps[None])[0][box], values, cuts)
    return painted


def _table(values: Iterable[int]) -> NDArray[np.uint8]:
    """The values that stand for numbers from 1 on; 0 for 0 and for those beyond."""
    table = np.zeros(256, np.uint8)
    for number, value in enumerate(values, start=1):
        table[number] = value
    return table


def boxes_of(segmentation: NDArray[np.uint8], value: int) -> dict[int, CornerBox]:
    """The box around a segmentation value on each slice that shows enough of it."""
    mask = segmentation == value
    areas = np.array([np.count_nonzero(page) for page in mask])
    shown = np.flatnonzero(areas > SHOWN_SHARE * areas.max())
    return {int(index): _box(mask[index]) for index in shown}


def _nearest_on_network(grid: NetworkGrid) -> list[NDArray[np.int64]]:
    """The row of the network's grid next to each row of the scan, and so for the columns."""
    return [
        np.clip(np.rint((np.arange(size) + 0.5) * scale - 0.5).astype(int), 0, limit - 1)
        for size, scale, limit in zip(grid.shape, grid.scale, grid.resampled_shape, strict=True)
    ]


def _around(spine: Spine, nearest: list[NDArray[np.int64]]) -> tuple[slice, slice]:
    """Rows and columns of the scan beyond which nothing is painted on any slice."""
    page = ((spine.discs > 0) | (spine.vertebrae > 0) | spine.canal).any(axis=0)
    sides = []
    for seen, of_axis in zip(np.nonzero(page), nearest, strict=True):
        if not seen.size:
            return slice(0), slice(0)
        first, last = seen.min() - GROWN_PIXELS, seen.max() + GROWN_PIXELS
        sides.append(slice(*np.searchsorted(of_axis, (first, last + 1))))
    return sides[0], sides[1]


def _grown(numbers: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Numbers of one network slice, reaching a little beyond their outlines."""
    size = 2 * GROWN_PIXELS + 1
    own = numbers.astype(np.uint8)
    grown = np.asarray(cv2.dilate(own, np.ones((size, size), np.uint8)), np.uint8)
    np.copyto(grown, own, where=own > 0)
    return grown


def _most_probable(
    probabilities: NDArray[np.float32], values: list[NDArray[np.uint8]], cuts: tuple[float, ...]
) -> NDArray[np.uint8]:
    best = np.zeros(probabilities.shape[:2], np.float32)
    chosen = np.zeros(probabilities.shape[:2], np.uint8)
    for channel, (value, cut) in enumerate(zip(values, cuts, strict=True)):
        claim = np.ascontiguousarray(probabilities[..., channel])
        wins = (claim >= cut) & (claim > best) & (value > 0)
        np.copyto(best, claim, where=wins)
        np.copyto(chosen, value, where=wins)
    return chosen


def _box(mask: NDArray[np.bool_]) -> CornerBox:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
