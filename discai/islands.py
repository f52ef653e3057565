"""From probabilities to labels: which voxels belong together, slice by slice and through them."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Volume = NDArray[np.float32]
Labels = NDArray[np.int32]
VoxelSize = tuple[float, float, float]
"""Millimetres along `(slice, row, column)`."""

#: Smaller islands on a slice are noise: the smallest lumbar disc shows more than 100 mm² midway.
CRUMB_MM2: Final = 12.0
#: Islands of neighbouring slices are one object if they share this part of the smaller one.
#: Less than that is a bridge between two levels, not one disc.
SHARED_PART: Final = 0.25


def label_components(
    probability: Volume, threshold: float, voxel_mm: VoxelSize
) -> NDArray[np.int32]:
    """Number the objects of one probability volume from 1; 0 is background.

    Each slice is thresholded, crumbs are dropped and holes filled; islands of neighbouring slices
    that share enough of their area get the same number.
    """
    labels = np.zeros(probability.shape, np.int32)
    mask = probability >= threshold
    box = _bounding_box(mask)
    labels[box] = _label(mask[box], voxel_mm[1] * voxel_mm[2])
    return labels


def _label(mask: NDArray[np.bool_], pixel_mm2: float) -> NDArray[np.int32]:
    """`label_components` of a mask, all of which is looked at."""
    labels = np.zeros(mask.shape, np.int32)
    parent = [0]
    for index, page in enumerate(mask):
        first = len(parent)
        for contour in _islands(page):
            island = np.zeros(page.shape, np.uint8)
            cv2.drawContours(island, [contour], -1, 1, cv2.FILLED)
            if np.count_nonzero(island) * pixel_mm2 >= CRUMB_MM2:
                labels[index][island > 0] = len(parent)
                parent.append(len(parent))
        if index and len(parent) > first:
            for below, above in _shared(labels[index - 1], labels[index]):
                _join(parent, below, above)
    roots = np.array([_root(parent, label) for label in range(len(parent))], np.int32)
    _, renumbered = np.unique(roots, return_inverse=True)
    return renumbered.astype(np.int32)[labels]


def _bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """All slices, and the rows and columns between which everything lies."""
    rows, columns = np.nonzero(mask.any(axis=0))
    if not rows.size:
        return np.s_[:, :0, :0]
    return np.s_[:, rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _islands(mask: NDArray[np.bool_]) -> list[NDArray[np.int32]]:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return list(contours)


def _shared(below: Labels, above: Labels) -> list[tuple[int, int]]:
    """Pairs of islands of two neighbouring slices that overlap enough."""
    both = (below > 0) & (above > 0)
    pairs, counts = np.unique(np.stack([below[both], above[both]]), axis=1, return_counts=True)
    sizes_below, sizes_above = np.bincount(below.ravel()), np.bincount(above.ravel())
    return [
        (int(a), int(b))
        for (a, b), count in zip(pairs.T, counts, strict=True)
        if count >= SHARED_PART * min(sizes_below[a], sizes_above[b])
    ]


def _root(parent: list[int], label: int) -> int:
    while parent[label] != label:
        label = parent[label]
    return label


def _join(parent: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(parent, one), _root(parent, other)))
    parent[high] = low
