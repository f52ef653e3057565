"""Slices that belong together, as far as their headers tell: what may become one volume.

A series holds more than its slices: a localizer with the series' UID, two echoes at each place,
slices of several stacks or stations.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan.dicom.frames import Frame

PLANES: Final = ("sagittal", "coronal", "axial")
_SAGITTAL: Final = PLANES.index("sagittal")
#: Slices whose directions differ by less are parallel: scanners round, and some drift by 0.14°.
_PARALLEL_DEGREES: Final = 1.0
#: Slices nearer than this share of the usual distance lie at one place.
_SAME_PLACE: Final = 0.1
#: Stacks that are farther apart than this within their plane are stations of a longer spine.
_NEXT_STATION_MM: Final = 50.0
#: Few sagittal slices beside a series that has many more are its localizer.
_MOST_OF_LOCALIZER: Final = 3
_FEWEST_OF_SERIES: Final = 5
#: A series with slices in all three planes is a localizer if it has no more in one of them.
_MOST_OF_THREE_PLANES: Final = 15
#: What the vendors call localizers, where the image type doesn't say it.
_LOCALIZER_WORDS: Final = re.compile(
    r"(?<![a-z])(loc|localizer|localiser|locator|scout|survey|3-?\s?pl(ane)?)(?![a-z])"
)
#: What tells slices at one place apart, in the order in which it is tried.
_MARKS: Final = (
    "echo time", "image type", "image type of the file", "moment", "acquisition", "stack",
)  # fmt: skip
#: Words of an image type that make it the one to read: magnitude, and of Dixon images those that
#: look like any other; https://dicom.nema.org part 3, C.8.13.3.1.
_BEST_TYPES: Final = ({"MAGNITUDE", "M"}, {"IN_PHASE", "IP", "WATER", "W"})
_DERIVED: Final = "DERIVED"


class Kind(NamedTuple):
    """Slices of which no two lie at one place.

    Attributes:
        marks: by name, what tells them from the other slices at the same places.
    """

    frames: list[Frame]
    marks: dict[str, str]

    @property
    def mark(self) -> str:
        """Names of the marks that tell them apart, in words."""
        return " and ".join(self.marks)


def is_sagittal(group: Sequence[Frame]) -> bool:
    """Tell if parallel slices are cut from front to back and from head to feet."""
    return group[0].plane == _SAGITTAL


def is_localizer(group: Sequence[Frame]) -> bool:
    """Tell if slices say that they are there to plan the others by."""
    return "LOCALIZER" in group[0].header.text("ImageType").upper()


def parallel_groups(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Slices of one series, size, direction and station, the largest group first."""
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
    stations = [station for group in groups.values() for station in _stations(group)]
    return sorted(stations, key=len, reverse=True)


def _degrees(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The larger angle between the row axes and between the column axes."""
    cosines = np.clip((one * other).sum(axis=1), -1, 1)
    return float(np.degrees(np.arccos(cosines.min())))


def _stations(group: list[Frame]) -> list[list[Frame]]:
    """Parallel slices apart where they jump far along rows or columns."""
    found = [group]
    for axis in (0, 1):
        found = [part for each in found for part in _apart_along(axis, each)]
    return found


def _apart_along(axis: int, group: list[Frame]) -> list[list[Frame]]:
    axes = group[0].axes
    assert axes is not None  # noqa: S101 - placed frames have axes
    places = np.array([frame.position_mm for frame in group]) @ axes[axis]
    order = np.argsort(places, kind="stable")
    jumps = np.flatnonzero(np.diff(places[order]) > _NEXT_STATION_MM) + 1
    return [[group[index] for index in sorted(part)] for part in np.split(order, jumps)]


def without_localizers(
    sagittal: Sequence[list[Frame]], groups: Sequence[list[Frame]]
) -> tuple[list[list[Frame]], list[list[Frame]]]:
    """Groups of sagittal slices, the largest first: those to read, and localizers.

    `groups` has all that lies with them, of every plane. What doesn't say to be a localizer counts
    as one only where something else is there to be read.
    """
    planning = _series_in_three_planes(groups)

    def may_be_localizer(group: list[Frame]) -> bool:
        return (
            (len(group) <= _MOST_OF_LOCALIZER and len(sagittal[0]) >= _FEWEST_OF_SERIES)
            or (len(group) <= _MOST_OF_THREE_PLANES and _series_of(group) in planning)
            or _is_called_localizer(group)
        )

    meant = [group for group in sagittal if not is_localizer(group)]
    kept = [group for group in meant if not may_be_localizer(group)] or meant
    return kept, [group for group in sagittal if not any(group is each for each in kept)]


def _series_in_three_planes(groups: Iterable[list[Frame]]) -> set[str]:
    planes: dict[str, set[int]] = defaultdict(set)
    for group in groups:
        planes[_series_of(group)].add(group[0].plane)
    return {series for series, found in planes.items() if len(found) == len(PLANES)}


def _series_of(group: Sequence[Frame]) -> str:
    return group[0].header.text("SeriesInstanceUID")


def _is_called_localizer(group: Sequence[Frame]) -> bool:
    header = group[0].header
    called = (header.text(keyword).lower() for keyword in ("SeriesDescription", "ProtocolName"))
    return any(map(_LOCALIZER_WORDS.search, called))


def kinds_at_each_place(frames: list[Frame]) -> list[Kind]:
    """Parallel slices, those of each place apart: the kind that a reader would look at first.

    Raises:
        PermanentError: `mixed-series` where nothing tells slices of one place apart.
    """
    if not _share_places(frames):
        return [Kind(frames, {})]
    for marks in (*combinations(_MARKS, 1), *combinations(_MARKS, 2)):
        kinds: dict[tuple[str, ...], list[Frame]] = defaultdict(list)
        for frame in frames:
            kinds[tuple(frame.marks[mark] for mark in marks)].append(frame)
        if len(kinds) > 1 and not any(_share_places(kind) for kind in kinds.values()):
            told = [
                Kind(kind, dict(zip(marks, values, strict=True))) for values, kind in kinds.items()
            ]
            return sorted(told, key=_preference, reverse=True)
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


def _preference(kind: Kind) -> tuple[float, ...]:
    """Larger for what a reader would look at: all slices, magnitude, originals, the late echo."""
    words = set(re.findall(r"\w+", " ".join(kind.marks.values()).upper()))
    best = [float(bool(words & types)) for types in _BEST_TYPES]
    echo_ms = kind.frames[0].echo_ms if "echo time" in kind.marks else None
    return (len(kind.frames), *best, -float(_DERIVED in words), echo_ms or 0.0)
