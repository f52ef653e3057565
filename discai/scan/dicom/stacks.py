"""Slices that make one volume: sorted, evenly placed, of one echo; everything else is left out.

A series holds more than its slices: a localizer with the series' UID, two echoes at each place,
slices of several stacks. What is joined must lie in one grid; what is not joined is named.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan.dicom.frames import Frame

#: Slices whose directions differ by less are parallel: scanners round, and some drift by 0.14°.
_PARALLEL_DEGREES: Final = 1.0
#: Slices nearer than this share of the usual distance lie at one place.
_SAME_PLACE: Final = 0.1
#: A slice may lie off its place in an even grid by this share of the distance.
_OFF_GRID: Final = 0.3
#: From this unevenness on (share of the mean distance) a person is told.
_WORTH_TELLING: Final = 0.1
#: A gap of so many usual distances is a missing slice.
_GAP: Final = 1.6
#: Slices may be shifted against each other within their plane by so much.
_SHIFT_MM: Final = 2.0
#: Few sagittal slices beside a series that has many more are its localizer.
_MOST_OF_LOCALIZER: Final = 3
_FEWEST_OF_SERIES: Final = 5
#: What tells slices at one place apart, in the order in which it is tried.
_MARKS: Final = (
    "echo time", "image type", "image type of the file", "moment", "acquisition", "stack",
)  # fmt: skip
#: Words of an image type that make it the one to read: magnitude, and of Dixon images those that
#: look like any other; https://dicom.nema.org part 3, C.8.13.3.1.
_BEST_TYPES: Final = ({"MAGNITUDE", "M"}, {"IN_PHASE", "IP", "WATER", "W"})
_DERIVED: Final = "DERIVED"
PLANES: Final = ("sagittal", "coronal", "axial")
_SAGITTAL: Final = PLANES.index("sagittal")
_LOCALIZER: Final = "LOCALIZER"


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


class Kind(NamedTuple):
    """Slices of which no two lie at one place, and the mark that tells them from others."""

    frames: list[Frame]
    mark: str


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
    series, localizers = without_localizers(sagittal)
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
            f"The series holds {len(series)} sagittal stacks that differ in direction or size; "
            "give each by itself.",
        )
    kinds = kinds_at_each_place(series[0])
    others = [
        f"{len(kind.frames)} slices at the same places with another {kind.mark}"
        for kind in kinds[1:]
    ]
    return stack_of(kinds[0].frames), left_out + others


def is_sagittal(group: Sequence[Frame]) -> bool:
    """Tell if parallel slices are cut from front to back and from head to feet."""
    return group[0].plane == _SAGITTAL


def is_localizer(group: Sequence[Frame]) -> bool:
    """Tell if slices say that they are there to plan the others by."""
    return _LOCALIZER in group[0].header.text("ImageType").upper()


def parallel_groups(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Slices of one series, size and direction, the largest group first."""
    groups: dict[tuple[object, ...], list[Frame]] = defaultdict(list)
    directions: list[NDArray[np.float64]] = []
    for frame in frames:
        assert frame.axes is not None  # noqa: S101 - the caller gives placed frames
        for number, known in enumerate(directions):  # noqa: B007 - the number is used
            if _degrees(known, frame.axes) < _PARALLEL_DEGREES:
                break
        else:
            number = len(directions)
            directions.append(frame.axes)
        spacing = tuple(round(mm, 3) for mm in frame.pixel_mm or ())
        key = (frame.header.text("SeriesInstanceUID"), number, frame.size, spacing)
        groups[key].append(frame)
    return sorted(groups.values(), key=len, reverse=True)


def _degrees(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The larger angle between the row axes and between the column axes."""
    cosines = np.clip((one * other).sum(axis=1), -1, 1)
    return float(np.degrees(np.arccos(cosines.min())))


def without_localizers(
    groups: Sequence[list[Frame]],
) -> tuple[list[list[Frame]], list[list[Frame]]]:
    """Groups of sagittal slices, the largest first: those to read, and localizers."""
    kept: list[list[Frame]] = []
    localizers: list[list[Frame]] = []
    for group in groups:
        is_small = len(group) <= _MOST_OF_LOCALIZER and len(groups[0]) >= _FEWEST_OF_SERIES
        (localizers if is_localizer(group) or is_small else kept).append(group)
    return kept, localizers


def kinds_at_each_place(frames: list[Frame]) -> list[Kind]:
    """Parallel slices, those of each place apart: the kind that a reader would look at first.

    Raises:
        PermanentError: `mixed-series` where nothing tells slices of one place apart.
    """
    if not _share_places(frames):
        return [Kind(frames, "")]
    for mark in _MARKS:
        kinds: dict[str, list[Frame]] = defaultdict(list)
        for frame in frames:
            kinds[frame.marks[mark]].append(frame)
        if len(kinds) > 1 and not any(_share_places(kind) for kind in kinds.values()):
            order = sorted(
                kinds, key=lambda kind: _preference(mark, kind, kinds[kind]), reverse=True
            )
            return [Kind(kinds[name], mark) for name in order]
    raise PermanentError(
        "mixed-series",
        "Several slices of the series lie at one place, and nothing in the files tells them apart.",
    )


def _share_places(frames: Sequence[Frame]) -> bool:
    if len(frames) < 2:
        return False
    distances = np.diff(np.sort(_places(frames)))
    usual = float(np.median(distances[distances > 1e-3])) if (distances > 1e-3).any() else 0.0
    return bool(distances.min() <= _SAME_PLACE * usual)


def _places(frames: Sequence[Frame]) -> NDArray[np.float64]:
    """Of each slice along the normal of the first one, in mm."""
    return np.array([frame.position_mm for frame in frames]) @ frames[0].normal


def _preference(mark: str, kind: str, frames: Sequence[Frame]) -> tuple[float, ...]:
    """Larger for what a reader would look at: all slices, magnitude, originals, the late echo."""
    words = set(re.findall(r"\w+", kind.upper()))
    best = [float(bool(words & types)) for types in _BEST_TYPES]
    number = float(kind) if mark == "echo time" and _is_number(kind) else 0.0
    return (len(frames), *best, -float(_DERIVED in words), number)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


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
    kind = Counter(
        "localizer" if _LOCALIZER in frame.header.text("ImageType").upper() else name or "series"
        for frame in group
    ).most_common(1)[0][0]
    slices = "1 slice" if len(group) == 1 else f"{len(group)} slices"
    return f"{slices} of {'an' if plane == 'axial' else 'a'} {plane} {kind}"
