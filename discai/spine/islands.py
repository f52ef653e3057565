"""From probabilities to labels: which voxels belong together, slice by slice and through them."""

from itertools import combinations
from math import inf
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.segmentation.grid import VoxelSize

Volume = NDArray[np.float32]
Labels = NDArray[np.int32]

#: Smaller islands on a slice are noise: the smallest lumbar disc shows more than 100 mm² midway.
FRAGMENT_MM2: Final = 12.0
#: Islands of neighbouring slices are one object if they share this part of the smaller one.
#: Less than that is a bridge between two levels, not one disc.
SHARED_PART: Final = 0.25
#: What an island falls into is of this size at least; what is smaller was part of its rim.
LEAST_PART_MM2: Final = 60.0
#: All discs of a lumbar scan together are no larger on a slice; what is, is no row of discs.
MOST_JOINED_MM2: Final = 4000.0


def label_components(
    probability: Volume, threshold: float, voxel_mm: VoxelSize, thickest_mm: float = inf
) -> NDArray[np.int32]:
    """Number the objects of one probability volume from 1; 0 is background.

    Each slice is thresholded, fragments are dropped and holes filled; an island that is too thick
    for one object falls apart where it is narrow; islands of neighbouring slices that share enough
    of their area get the same number.
    """
    labels = np.zeros(probability.shape, np.int32)
    mask = probability >= threshold
    box = bounding_box(mask)
    labels[box] = _label(mask[box], voxel_mm, thickest_mm)
    return labels


def thickness_mm(covariance_mm2: NDArray[np.floating[Any]]) -> float:
    """Thickness of a rectangle whose area is spread as widely: `covariance_mm2` is 2 x 2."""
    # A rectangle's variance across is a twelfth of its thickness squared.
    return float(np.sqrt(12 * max(np.linalg.eigvalsh(covariance_mm2)[0], 0.0)))


def nearest_label(seeds: Labels) -> NDArray[np.int32]:
    """For each pixel `(row, column)` the label of the nearest one that has any."""
    _, zones = cv2.distanceTransformWithLabels(
        (seeds == 0).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros(int(zones.max()) + 1, np.int32)
    table[zones[seeds > 0]] = seeds[seeds > 0]
    return table[zones]


def bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """All slices, and the rows and columns between which everything lies."""
    rows, columns = np.nonzero(mask.any(axis=0))
    if not rows.size:
        return np.s_[:, :0, :0]
    return np.s_[:, rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _label(mask: NDArray[np.bool_], voxel_mm: VoxelSize, thickest_mm: float) -> NDArray[np.int32]:
    """`label_components` of a mask, all of which is looked at."""
    labels = np.zeros(mask.shape, np.int32)
    parent = [0]
    for index, page in enumerate(mask):
        first = len(parent)
        for contour in _islands(page):
            left, top, width, height = cv2.boundingRect(contour)
            # A margin: what ends at the image's edge has its rim there.
            island = np.zeros((height + 2, width + 2), np.uint8)
            cv2.drawContours(island, [contour], -1, 1, cv2.FILLED, offset=(1 - left, 1 - top))
            if np.count_nonzero(island) * voxel_mm[1] * voxel_mm[2] < FRAGMENT_MM2:
                continue
            box = np.s_[index, top : top + height, left : left + width]
            for part in _parts(island, voxel_mm, thickest_mm):
                labels[box][part[1:-1, 1:-1] > 0] = len(parent)
                parent.append(len(parent))
        if index and len(parent) > first:
            for below, above in _shared(labels[index - 1], labels[index]):
                _join(parent, below, above)
    roots = np.array([_root(parent, label) for label in range(len(parent))], np.int32)
    _, renumbered = np.unique(roots, return_inverse=True)
    return renumbered.astype(np.int32)[labels]


def _parts(
    island: NDArray[np.uint8], voxel_mm: VoxelSize, thickest_mm: float
) -> list[NDArray[np.uint8]]:
    """Parts into which an island falls as its rim is taken off; itself if it isn't too thick.

    Two discs that are joined by a bridge part there, because it is narrower than they are.
    """
    row_mm, column_mm = voxel_mm[1:]
    is_thick = thickness_mm(_spread(island, voxel_mm)) > thickest_mm
    if not is_thick or np.count_nonzero(island) * row_mm * column_mm > MOST_JOINED_MM2:
        return [island]
    depth = cv2.distanceTransform(island, cv2.DIST_L2, 3)
    # Where this rim is off, nothing is left of an object that isn't too thick itself.
    widest = round(thickest_mm / 2 / min(row_mm, column_mm))
    for rim in range(1, min(widest, int(depth.max()))):
        count, cores = cv2.connectedComponents((depth > rim).astype(np.uint8), connectivity=4)
        parts = _without_bridges(_around(cores, island), voxel_mm) if count > 2 else []
        if len(parts) > 1:
            seeds = sum(part * np.int32(label) for label, part in enumerate(parts, start=1))
            return [
                smaller
                for part in _around(np.asarray(seeds), island)
                for smaller in _parts(part, voxel_mm, thickest_mm)
            ]
    return [island]


def _around(cores: Labels, island: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """The part of an island that lies next to each core."""
    nearest = np.where(island > 0, nearest_label(cores), 0)
    return [(nearest == label).astype(np.uint8) for label in range(1, cores.max() + 1)]


def _without_bridges(
    parts: list[NDArray[np.uint8]], voxel_mm: VoxelSize
) -> list[NDArray[np.uint8]]:
    """The large ones among the parts that don't run from one part to the others."""
    pixel_mm2 = voxel_mm[1] * voxel_mm[2]
    large = [part for part in parts if np.count_nonzero(part) * pixel_mm2 >= LEAST_PART_MM2]
    if len(large) < 2:
        return large
    spreads = [_spread(part, voxel_mm) for part in large]
    middles = [np.argwhere(part).mean(axis=0) * voxel_mm[1:] for part in large]
    ways = [end - start for start, end in combinations(middles, 2)]
    longest = max(ways, key=lambda way: float(np.linalg.norm(way)))
    way = longest / np.linalg.norm(longest)
    return [
        part
        for part, spread in zip(large, spreads, strict=True)
        if way @ spread @ way < np.trace(spread) / 2
    ]


def _spread(island: NDArray[np.uint8], voxel_mm: VoxelSize) -> NDArray[np.float64]:
    """The covariance of its pixels' places `(row, column)` in square millimetres."""
    _, row_mm, column_mm = voxel_mm
    seen = cv2.moments(island, binaryImage=True)
    rows, columns = seen["mu02"] * row_mm**2, seen["mu20"] * column_mm**2
    both = seen["mu11"] * row_mm * column_mm
    return np.array([[rows, both], [both, columns]], np.float64) / float(seen["m00"])


def _islands(mask: NDArray[np.bool_]) -> list[NDArray[np.int32]]:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return list(contours)


def _shared(below: Labels, above: Labels) -> list[tuple[int, int]]:
    """Pairs of islands of two neighbouring slices that overlap enough."""
    sizes_below, sizes_above = np.bincount(below.ravel()), np.bincount(above.ravel())
    seen = np.flatnonzero((below > 0) & (above > 0))
    lower, upper = below.ravel()[seen], above.ravel()[seen]
    # One number a pair: sorting pairs takes many times as long.
    pairs, counts = np.unique(lower.astype(np.int64) * len(sizes_above) + upper, return_counts=True)
    return [
        (int(a), int(b))
        for a, b, count in zip(*np.divmod(pairs, len(sizes_above)), counts, strict=True)
        if count >= SHARED_PART * min(sizes_below[a], sizes_above[b])
    ]


def _root(parent: list[int], label: int) -> int:
    while parent[label] != label:
        label = parent[label]
    return label


def _join(parent: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(parent, one), _root(parent, other)))
    parent[high] = low
