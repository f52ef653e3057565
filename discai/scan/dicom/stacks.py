"""Slices that make one volume: sorted and evenly placed; everything else is left out.

What is joined must lie in one grid; what is not joined is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan.dicom.frames import Frame
from discai.scan.dicom.groups import (
    PLANES,
    is_localizer,
    is_sagittal,
    kinds_at_each_place,
    parallel_groups,
    without_localizers,
)

#: A slice may lie off its place in an even grid by this share of the distance.
_OFF_GRID: Final = 0.3
#: From this unevenness on (share of the mean distance) a person is told.
_WORTH_TELLING: Final = 0.1
#: A gap of so many usual distances is a missing slice.
_GAP: Final = 1.6
#: Slices may be shifted against each other within their plane by so much.
_SHIFT_MM: Final = 2.0


@dataclass(frozen=True)
class Stack:
    """The slices of one volume, in order along their normal.

    Attributes:
        frames: the first lies lowest along the normal.
        distance_mm: from slice to slice; None for a single one.
        axes: directions of row and column, `(2, xyz)`.
        notes: sentences on what is odd about it.
    """

    frames: tuple[Frame, ...]
    distance_mm: float | None
    axes: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    @property
    def normal(self) -> NDArray[np.float64]:
        """Direction across the slices."""
        return np.cross(self.axes[0], self.axes[1])

    @property
    def spacing_mm(self) -> tuple[float, float, float] | None:
        """From slice to slice, row to row and column to column; None for unknown pixels."""
        first = self.frames[0]
        if first.pixel_mm is None:
            return None
        # A single slice has no distance to another one.
        return (self.distance_mm or first.thickness_mm or 1.0, *first.pixel_mm)

    @property
    def direction(self) -> tuple[float, ...]:
        """ITK's 3x3 direction matrix, row-major."""
        return tuple(np.stack([*self.axes, self.normal]).T.ravel().tolist())


def choose_stack(frames: Sequence[Frame]) -> tuple[Stack, list[str]]:
    """The one sagittal volume among placed slices, and what else is there, in words.

    Raises:
        PermanentError: `mixed-series` where several sagittal series may be meant, `bad-geometry`
            where slices of the one don't make a volume.
    """
    groups = parallel_groups(frames)
    sagittal = [group for group in groups if is_sagittal(group)]
    if not sagittal:
        # `to_canonical` refuses the plane; the largest group tells best which it is.
        return stack_of(groups[0]), []
    left_out = [_in_words(group) for group in groups if not is_sagittal(group)]
    series, localizers = without_localizers(sagittal, groups)
    if not series:  # a localizer that is given alone is meant
        series, localizers = localizers[:1], localizers[1:]
    left_out += [_in_words(group, "localizer") for group in localizers]
    if len({group[0].header.text("SeriesInstanceUID") for group in series}) > 1:
        raise PermanentError(
            "mixed-series",
            f"There are {len(series)} sagittal series, of "
            f"{' and '.join(str(len(group)) for group in series)} slices; give each by itself.",
        )
    if len(series) > 1:
        raise PermanentError(
            "mixed-series",
            f"The series holds {len(series)} sagittal stacks that differ in direction, size or "
            "place; give each by itself.",
        )
    kinds = kinds_at_each_place(series[0])
    others = [
        f"{len(kind.frames)} slices at the same places with another {kind.mark}"
        for kind in kinds[1:]
    ]
    return stack_of(kinds[0].frames), left_out + others


def stack_of(frames: Sequence[Frame]) -> Stack:
    """Parallel slices in order.

    Raises:
        PermanentError: `bad-geometry`.
    """
    axes = _mean_axes(frames)
    normal = np.cross(axes[0], axes[1])
    positions = np.array([frame.position_mm for frame in frames])
    order = np.argsort(positions @ normal)
    ordered = tuple(frames[index] for index in order)
    if len(ordered) == 1:
        return Stack(ordered, None, axes)
    places = (positions @ normal)[order]
    notes = _uneven(places)
    shifts = positions[order] @ axes.T
    if float(np.ptp(shifts, axis=0).max()) > _SHIFT_MM:
        raise PermanentError(
            "bad-geometry",
            f"The slices are shifted by up to {np.ptp(shifts, axis=0).max():.0f} mm against each "
            "other within their plane, so they make no volume.",
        )
    distance_mm = float((places[-1] - places[0]) / (len(places) - 1))
    return Stack(ordered, distance_mm, axes, notes)


def _mean_axes(frames: Sequence[Frame]) -> NDArray[np.float64]:
    """Directions of row and column over all slices, at right angles."""
    row, column = np.mean(np.array([frame.axes for frame in frames], np.float64), axis=0)
    row = row / np.linalg.norm(row)
    column = column - (column @ row) * row
    return np.stack([row, column / np.linalg.norm(column)])


def _uneven(places: NDArray[np.float64]) -> tuple[str, ...]:
    """Sentences on distances that vary; raises `bad-geometry` where they are no grid."""
    distances = np.diff(places)
    usual, mean = float(np.median(distances)), float(distances.mean())
    least, most = f"{distances.min():.2f}", f"{distances.max():.2f}"
    if distances.max() > _GAP * usual:
        raise PermanentError(
            "bad-geometry",
            f"Slices of the series are missing: they lie {usual:.2f} mm apart, but {most} mm at "
            "the widest gap.",
        )
    even = places[0] + mean * np.arange(len(places))
    if np.abs(places - even).max() > _OFF_GRID * mean:
        raise PermanentError(
            "bad-geometry",
            f"The distances between slices vary from {least} to {most} mm, so the slices make no "
            "even volume.",
        )
    if np.abs(distances - mean).max() <= _WORTH_TELLING * mean:
        return ()
    return (
        f"The slices lie {least} to {most} mm apart; they were read as if {mean:.2f} mm apart.",
    )


def _in_words(group: Sequence[Frame], name: str = "") -> str:
    plane = PLANES[group[0].plane]
    kind = "localizer" if is_localizer(group) else name or "series"
    slices = "1 slice" if len(group) == 1 else f"{len(group)} slices"
    return f"{slices} of {'an' if plane == 'axial' else 'a'} {plane} {kind}"
