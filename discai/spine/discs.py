"""From labels to objects: discs and vertebrae, how big, how sure, and which pieces are one.

Everything here lives on the network's grid, axis order `(slice, row, column)`; distances are in
millimetres from the first voxel.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.segmentation.grid import VoxelSize
from discai.spine.islands import Labels, Volume, bounding_box, nearest_label, thickness_mm

Distances = NDArray[np.floating[Any]]

#: A piece of a disc lies this close to the disc's plane, and this far before or behind its centre
#: at most; a disc is some 40 mm deep.
PIECE_OFF_PLANE_MM = 9.0
PIECE_OFF_CENTRE_MM = 26.0
#: Where the bodies beside a disc are looked for, from the disc's middle across and along its axis.
BONE_BESIDE_MM = (8.0, 10.0, 12.0, 14.0)
BONE_ALONG_MM = (-6.0, -3.0, 0.0, 3.0, 6.0)
#: Spinous processes hang this much lower than the middle of their vertebra's body.
PROCESS_DROP_MM = 14.0
#: From one disc to the next, `(row, column)`, where a single one doesn't tell.
UP_MM = (-35.0, 0.0)


@dataclass(frozen=True)
class Component:
    """Voxels that hang together through the slices.

    Attributes:
        label: its value in the label volume.
        centroid_mm: `(slice, row, column)`.
        axis: unit vector `(row, column)` along the longest extent, column part positive.
        thickness_mm: across, on the slice that shows most of it: that of a rectangle whose area is
            spread as widely.
        area_mm2: on the slice that shows most of it.
        volume_mm3: of all slices.
        confidence: mean probability of its voxels.
        l5s1: mean probability that its voxels belong to the L5-S1 disc.
        bone_above: mean probability of vertebra just above it: the sacrum isn't outlined, so a
            rest of the S1-S2 disc has none.
        bone_below: the same just below it, where the L5-S1 disc has none.
    """

    label: int
    centroid_mm: tuple[float, float, float]
    axis: tuple[float, float]
    thickness_mm: float
    area_mm2: float
    volume_mm3: float
    confidence: float
    l5s1: float
    bone_above: float
    bone_below: float


def measure(
    labels: Labels, probability: Volume, l5s1: Volume, vertebra: Volume, voxel_mm: VoxelSize
) -> list[Component]:
    """Describe each disc of a label volume, in the order of its labels.

    The three volumes are the probabilities of disc, L5-S1 disc and vertebra.
    """
    slice_mm, row_mm, column_mm = voxel_mm
    seen = np.flatnonzero(labels > 0)  # a third of the time that it takes without the comparison
    of_voxel = labels.ravel()[seen]
    order = np.argsort(of_voxel, kind="stable")
    of_voxel = of_voxel[order]
    slices, rows, columns = np.unravel_index(seen[order], labels.shape)
    starts = np.flatnonzero(np.diff(of_voxel, prepend=0))
    components = []
    for start, end in pairwise([*starts, len(of_voxel)]):
        s, r, c = slices[start:end], rows[start:end], columns[start:end]
        centroid_mm = (
            float(s.mean() * slice_mm),
            float(r.mean() * row_mm),
            float(c.mean() * column_mm),
        )
        axis = _long_axis(r * row_mm, c * column_mm)
        areas = np.bincount(s)
        most = s == areas.argmax()
        components.append(
            Component(
                label=int(of_voxel[start]),
                centroid_mm=centroid_mm,
                axis=axis,
                thickness_mm=thickness_mm(_spread(r[most] * row_mm, c[most] * column_mm)),
                area_mm2=float(areas.max() * row_mm * column_mm),
                volume_mm3=float(len(s) * slice_mm * row_mm * column_mm),
                confidence=float(probability[s, r, c].mean()),
                l5s1=float(l5s1[s, r, c].mean()),
                bone_above=_bone_beside(vertebra, centroid_mm, axis, voxel_mm, -1),
                bone_below=_bone_beside(vertebra, centroid_mm, axis, voxel_mm, 1),
            )
        )
    return components


def join_pieces(
    labels: Labels, components: Iterable[Component], chosen: list[Component]
) -> NDArray[np.int32]:
    """Give the pieces of a broken disc to it, drop what belongs to none.

    Returns a label volume whose values are 1-based positions in `chosen`.
    """
    position = {component.label: index + 1 for index, component in enumerate(chosen)}
    for piece in components:
        if piece.label not in position:
            owner = _owner(piece, chosen)
            if owner is not None:
                position[piece.label] = owner + 1
    table = np.zeros(int(labels.max()) + 1, np.int32)
    for label, value in position.items():
        table[label] = value
    numbers = np.zeros(labels.shape, np.int32)
    seen = np.flatnonzero(labels > 0)
    numbers.ravel()[seen] = table[labels.ravel()[seen]]
    return numbers


@dataclass(frozen=True)
class Body:
    """Place where a vertebral body is looked for; `(row, column)` in millimetres.

    Attributes:
        number: 1 lies on L5-S1, 2 is the next one up.
        low: the middle of the disc below it.
        up: from there to the middle of the disc above it.
    """

    number: int
    low: NDArray[np.float64]
    up: NDArray[np.float64]

    @property
    def centre(self) -> NDArray[np.float64]:
        """Its own middle."""
        return self.low + self.up / 2


def label_vertebrae(
    mask: NDArray[np.bool_], discs: list[Component], places: Sequence[int], voxel_mm: VoxelSize
) -> NDArray[np.int32]:
    """Number vertebra voxels upward: 1 lies on L5-S1; 0 for none and for what is below all discs.

    `discs` go upward from the lowest; `places` are theirs in `LEVELS_FROM_SACRUM`. Bodies are told
    apart by the discs between them, or where a disc should be that wasn't seen; what hangs on one
    takes its number, and posterior elements that hang on none that of the body they belong to by
    their height.
    """
    numbers = np.zeros(mask.shape, np.int32)
    around = bounding_box(mask)
    if not (discs and mask[around].size):
        return numbers
    bodies = _bodies(discs, places)
    expected = _numbers_expected(mask.shape[1:], bodies, voxel_mm)[around[1:]]
    owners = [Body(0, bodies[0].low - bodies[0].up, bodies[0].up), *bodies]
    centres = np.array([body.centre for body in owners])
    first_row, first_column = around[1].start, around[2].start
    for page, page_numbers in zip(mask[around], numbers[around], strict=True):
        _, islands, boxes, middles = cv2.connectedComponentsWithStats(
            page.astype(np.uint8), connectivity=4
        )
        middles_mm = (middles[:, ::-1] + (first_row, first_column)) * voxel_mm[1:]
        # Posterior elements spring from a little above their middle.
        nearest = _nearest(centres, middles_mm - (PROCESS_DROP_MM, 0.0))
        for island, (left, top, width, height, _) in enumerate(boxes[1:], start=1):
            box = np.s_[top : top + height, left : left + width]
            inside = islands[box] == island
            found = np.bincount(expected[box][inside], minlength=2)
            found[0] = 0
            strong = np.flatnonzero(found >= max(20, 0.1 * found.max()))
            if len(strong) == 0:
                page_numbers[box][inside] = owners[nearest[island]].number
            elif len(strong) == 1:
                page_numbers[box][inside] = strong[0]
            else:
                seeds = np.where(inside & np.isin(expected[box], strong), expected[box], 0)
                page_numbers[box][inside] = nearest_label(seeds)[inside]
    return numbers


def _long_axis(rows_mm: Distances, columns_mm: Distances) -> tuple[float, float]:
    _, vectors = np.linalg.eigh(_spread(rows_mm, columns_mm))
    row, column = vectors[:, 1] if vectors[1, 1] >= 0 else -vectors[:, 1]
    return float(row), float(column)


def _spread(rows_mm: Distances, columns_mm: Distances) -> NDArray[np.float64]:
    """The covariance of voxels' places `(row, column)` in square millimetres."""
    if len(rows_mm) < 3:
        return np.diag([0.0, 1.0])
    return np.cov(np.stack([rows_mm, columns_mm]))


def _bone_beside(
    vertebra: Volume,
    centroid_mm: tuple[float, float, float],
    axis: tuple[float, float],
    voxel_mm: VoxelSize,
    side: int,
) -> float:
    """Mean probability of vertebra in a patch across the disc's axis.

    It lies above (`side` -1) or below (1) the disc's middle.
    """
    page = vertebra[round(centroid_mm[0] / voxel_mm[0])]
    along, across = np.array(axis), side * np.array([axis[1], -axis[0]])
    places_mm = [
        np.array(centroid_mm[1:]) + across * across_mm + along * along_mm
        for across_mm in BONE_BESIDE_MM
        for along_mm in BONE_ALONG_MM
    ]
    pixels = np.rint(np.array(places_mm) / voxel_mm[1:]).astype(int)
    inside = ((pixels >= 0) & (pixels < page.shape)).all(axis=1)
    if not inside.any():
        return 0.0
    rows, columns = pixels[inside].T
    return float(page[rows, columns].mean())


def _owner(piece: Component, discs: list[Component]) -> int | None:
    """The disc in whose plane the piece lies, if there is one near enough."""
    best, best_mm = None, PIECE_OFF_PLANE_MM
    for index, disc in enumerate(discs):
        down = piece.centroid_mm[1] - disc.centroid_mm[1]
        back = piece.centroid_mm[2] - disc.centroid_mm[2]
        row, column = disc.axis
        off_plane = abs(down * column - back * row)
        if off_plane < best_mm and abs(down * row + back * column) <= PIECE_OFF_CENTRE_MM:
            best, best_mm = index, off_plane
    return best


def _bodies(discs: list[Component], places: Sequence[int]) -> list[Body]:
    """From the one on the lowest disc up to the first row, as far apart as the discs are."""
    middles = [np.array(disc.centroid_mm[1:]) for disc in discs]
    bodies = []
    for (low, high), (place, next_place) in zip(pairwise(middles), pairwise(places), strict=True):
        up = (high - low) / (next_place - place)
        bodies += [Body(place + 1 + i, low + i * up, up) for i in range(next_place - place)]
    up = bodies[-1].up if bodies else np.array(UP_MM)
    bodies.append(Body(places[-1] + 1, middles[-1], up))
    while (low := bodies[-1].low + up)[0] > 0:
        bodies.append(Body(bodies[-1].number + 1, low, up))
    return bodies


def _numbers_expected(
    shape: tuple[int, ...], bodies: list[Body], voxel_mm: VoxelSize
) -> NDArray[np.int32]:
    """For each pixel near the row of bodies, the number of the one that should be there."""
    rows = np.arange(shape[0], dtype=np.float32)[:, None] * voxel_mm[1]
    columns = np.arange(shape[1], dtype=np.float32)[None] * voxel_mm[2]
    numbers = np.zeros(shape, np.int32)
    for body in bodies:
        length = float(np.linalg.norm(body.up))
        up = body.up / length
        along = (rows - body.low[0]) * up[0] + (columns - body.low[1]) * up[1]
        across = (rows - body.low[0]) * up[1] - (columns - body.low[1]) * up[0]
        numbers[(along > 0) & (along < length) & (np.abs(across) < 0.6 * length)] = body.number
    return numbers


def _nearest(centres: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.intp]:
    """For each place `(place, axis)` the index of the centre that lies next to it."""
    apart = places[:, None] - centres
    return np.asarray(np.einsum("pca,pca->pc", apart, apart).argmin(axis=1))
