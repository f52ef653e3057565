"""One disc laid level: its outlines and its neighbours' along the disc's own axis, slice by slice.

In a section the disc's middle is at 0, the patient's front on the left, the head above. Samples lie
half a pixel apart, so that each pixel counts by its area, whatever the disc's tilt and however
uneven its pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.anatomy import LEVELS_FROM_SACRUM
from discai.segmentation.grid import VoxelSize
from discai.spine.discs import Component
from discai.spine.spine import Spine

Masks = NDArray[np.bool_]
"""`(slice, across, along)`."""
Values = NDArray[np.float64]
"""NaN is what can't be measured."""

#: From the disc's middle to the front and to the back: room for bodies 40 mm deep, a slip, a canal.
ALONG_MM: Final = (-32.0, 44.0)
#: From the disc's middle up and down: the near parts of the bodies beside it.
ACROSS_MM: Final = 18.0
#: Samples needn't lie closer.
FINEST_MM: Final = 0.2

#: Kinds below are numbers of discs; vertebrae and the canal follow.
_VERTEBRA, _CANAL = 100, 255


@dataclass(frozen=True)
class Kinds:
    """All structures of a spine in one array, from which sections are cut.

    Attributes:
        spine: of which they are.
        pages: uint8 `(slice, row, column)`, the columns around the discs.
        first_column: of the spine's that is the first here.
    """

    spine: Spine
    pages: NDArray[np.uint8]
    first_column: int


@dataclass(frozen=True)
class Section:
    """One disc and what lies beside it, on some slices.

    Attributes:
        slices: canonical slices, in the order of the masks.
        disc: of this disc alone.
        upper: the body above it, in front of the canal; nothing where no canal is seen.
        lower: the body below it, in the same way; nothing below L5-S1, as no sacrum is outlined.
        canal: the spinal canal.
        across_mm: of the masks' rows from the disc's middle, positive towards the feet.
        along_mm: of the masks' columns from the disc's middle, positive towards the back.
        step_mm: between samples, both ways.
        axis: unit vector `(row, column)` along the columns, towards the back.
    """

    slices: tuple[int, ...]
    disc: Masks
    upper: Masks
    lower: Masks
    canal: Masks
    across_mm: Values
    along_mm: Values
    step_mm: float
    axis: tuple[float, float]

    def place(self, disc: Component, voxel_mm: VoxelSize, at_mm: Values) -> tuple[float, float]:
        """The place `(row, column)` in a slice of what lies at `(across, along)`."""
        (row, column), (across_mm, along_mm) = self.axis, at_mm
        _, row_mm, column_mm = voxel_mm
        down_mm = disc.centroid_mm[1] + along_mm * row + across_mm * column
        back_mm = disc.centroid_mm[2] + along_mm * column - across_mm * row
        return float(down_mm / row_mm), float(back_mm / column_mm)


def kinds_of(spine: Spine) -> Kinds:
    """The structures of a spine; discs count before vertebrae, and these before the canal."""
    column_mm = spine.voxel_mm[2]
    columns = [disc.centroid_mm[2] / column_mm for disc in spine.chain.discs]
    reach = [float(np.hypot(along_mm, ACROSS_MM)) / column_mm for along_mm in ALONG_MM]
    first = max(0, int(min(columns) - reach[0]))
    part = np.s_[..., first : int(max(columns) + reach[1]) + 2]
    vertebrae = spine.vertebrae[part].astype(np.uint8)
    pages = spine.canal[part].astype(np.uint8) * np.uint8(_CANAL)
    np.copyto(pages, vertebrae + np.uint8(_VERTEBRA), where=vertebrae > 0)
    discs = spine.discs[part].astype(np.uint8)
    np.copyto(pages, discs, where=discs > 0)
    return Kinds(spine, pages, first)


def cut_section(
    kinds: Kinds, number: int, slices: Sequence[int], axis: tuple[float, float]
) -> Section:
    """The section of the disc at a 1-based position of the chain on ascending slices.

    `axis` is a unit vector `(row, column)` towards the patient's back.
    """
    spine = kinds.spine
    disc = spine.chain.discs[number - 1]
    place = LEVELS_FROM_SACRUM.index(spine.chain.levels[number - 1])
    step_mm = max(FINEST_MM, min(spine.voxel_mm[1:]) / 2)
    across_mm = _steps(-ACROSS_MM, ACROSS_MM, step_mm)
    along_mm = _steps(*ALONG_MM, step_mm)
    rows, columns = _places(disc, axis, spine, across_mm, along_mm)
    columns -= kinds.first_column
    top, left = max(0, int(rows.min())), max(0, int(columns.min()))
    near = kinds.pages[list(slices), top : rows.max() + 1, left : columns.max() + 1]
    seen = _sample(near, rows - top, columns - left)
    # What lies in front of the disc's middle is a vessel that was taken for the canal.
    canal = (seen == _CANAL) & (along_mm > 0)
    in_front = np.arange(len(along_mm), dtype=np.int16) < _front_of(canal)[..., None]
    upper, lower = seen == _VERTEBRA + place + 1, seen == _VERTEBRA + place
    return Section(
        slices=tuple(slices),
        disc=seen == number,
        upper=upper & in_front,
        lower=lower & in_front & (place > 0),
        canal=canal,
        across_mm=across_mm,
        along_mm=along_mm,
        step_mm=step_mm,
        axis=axis,
    )


def extent(masks: Masks, along_mm: Values) -> tuple[Values, Values]:
    """The first and the last sample of each row `(slice, across)`."""
    shown = masks.any(axis=2)
    last = masks.shape[2] - 1 - masks[..., ::-1].argmax(axis=2)
    return (
        np.where(shown, along_mm[masks.argmax(axis=2)], np.nan),
        np.where(shown, along_mm[last], np.nan),
    )


def median(values: Values) -> Values:
    """The median of what is known in each row; NaN where nothing is."""
    ordered = np.sort(values, axis=-1)  # NaN last
    known = np.isfinite(values).sum(axis=-1)
    low, high = np.maximum(known - 1, 0) // 2, known // 2
    last = values.shape[-1] - 1
    both = np.stack([low, np.minimum(np.where(known > 0, high, 0), last)], axis=-1)
    return np.asarray(np.take_along_axis(ordered, both, axis=-1).mean(axis=-1), np.float64)


def nth_least(values: Values, nth: int) -> Values:
    """The nth least (1 for the least) of what is known in each row; NaN where fewer are."""
    if values.shape[-1] < nth:
        return np.full(values.shape[:-1], np.nan)
    return np.asarray(np.sort(values, axis=-1)[..., nth - 1], np.float64)


def _steps(first_mm: float, end_mm: float, step_mm: float) -> Values:
    """The middles of equal steps; 0 lies between two of them."""
    first, end = round(first_mm / step_mm), round(end_mm / step_mm)
    return np.asarray((np.arange(first, end) + 0.5) * step_mm, np.float64)


def _places(
    disc: Component,
    axis: tuple[float, float],
    spine: Spine,
    across_mm: Values,
    along_mm: Values,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pixel of each sample, as rows and columns `(across, along)`; some lie outside."""
    (row, column), (_, row_mm, column_mm) = axis, spine.voxel_mm
    down, back = across_mm[:, None], along_mm[None]
    rows = (disc.centroid_mm[1] + back * row + down * column) / row_mm
    columns = (disc.centroid_mm[2] + back * column - down * row) / column_mm
    return np.rint(rows).astype(np.int64), np.rint(columns).astype(np.int64)


def _sample(
    kinds: NDArray[np.uint8], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """The kinds at the samples of each slice; 0 outside of the pages."""
    height, width = kinds.shape[1:]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    flat = np.where(inside, rows * width + columns, 0)
    seen = np.take(kinds.reshape(len(kinds), -1), flat, axis=1)
    if not inside.all():
        seen[:, ~inside] = 0
    return seen


def _front_of(canal: Masks) -> NDArray[np.int16]:
    """The column at which the canal begins in each row; between rows that show it, on a line."""
    shown = np.asarray(canal.any(axis=2))
    first = canal.argmax(axis=2)
    rows = np.arange(canal.shape[1])
    front = np.full(shown.shape, -1, np.int16)
    for page, seen in enumerate(shown):
        if seen.any():
            at = np.flatnonzero(seen)
            front[page] = np.interp(rows, at, first[page, at], left=-1, right=-1)
    return front
