"""Slices of DICOM files: where each lies in the patient, and what tells it from its neighbours.

An enhanced file says it once for all frames, or for each one:
https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.6.16.html
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from discai.scan.dicom.headers import Header, value_in

#: In this order: other tags than Pixel Spacing are of projections and of film.
_PIXEL_SPACING: Final = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


@dataclass(frozen=True)
class Frame:
    """One slice of a file, without its pixels.

    Attributes:
        header: of the file.
        number: of the frame in the file, from 0.
        position_mm: LPS position of the first pixel; None where the file doesn't say.
        axes: directions of row and column, unit vectors `(2, xyz)`; None where unknown.
        pixel_mm: spacing of `(row, column)`; None where unknown.
        thickness_mm: None where unknown.
        marks: by name, what may tell slices at one place apart, such as the echo time.
        rescale: slope and intercept of this frame; None where the file has none.
    """

    header: Header
    number: int
    position_mm: NDArray[np.float64] | None
    axes: NDArray[np.float64] | None
    pixel_mm: tuple[float, float] | None
    thickness_mm: float | None
    marks: dict[str, str]
    rescale: tuple[float, float] | None

    @property
    def normal(self) -> NDArray[np.float64]:
        """Direction across the slice, as ITK has it: row axis times column axis."""
        assert self.axes is not None  # noqa: S101 - asked for placed frames only
        return np.cross(self.axes[0], self.axes[1])

    @property
    def plane(self) -> int:
        """The patient axis that it is cut across: 0 sagittal, 1 coronal, 2 axial."""
        return int(np.abs(self.normal).argmax())

    @property
    def is_placed(self) -> bool:
        """Tell if the file says where the slice lies in the patient."""
        return self.position_mm is not None and self.axes is not None

    @property
    def echo_ms(self) -> float | None:
        """The echo time; None where the file says none."""
        return _positive(numbers_in(self.marks["echo time"], 1))

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.header.dataset.Rows), int(self.header.dataset.Columns)


def frames_of(header: Header) -> list[Frame]:
    """The slices of one file, in the order in which it stores them.

    A classic file of several frames has one position: its slices follow each other at the stated
    distance.
    """
    frames = [_frame(header, number) for number in range(header.frames)]
    if len(frames) > 1 and not _own_groups(header):
        return list(_in_a_row(frames))
    return frames


def value_of(header: Header, number: int, sequence: str, keyword: str) -> Any:
    """An element of a frame: from a sequence of its own or of all frames, or else of the file."""
    own = _own_groups(header)
    shared = _first(value_in(header.dataset, "SharedFunctionalGroupsSequence"))
    for group in (own[number] if own else None, shared):
        item = _first(value_in(group, sequence)) if group is not None else None
        value = None if item is None else value_in(item, keyword)
        if value not in (None, ""):
            return value
    return value_in(header.dataset, keyword)


def numbers_in(value: Any, count: int) -> NDArray[np.float64] | None:
    """Numbers of an element, so many and finite; None for anything else, as it may be empty."""
    try:
        numbers = np.atleast_1d(np.array(value, np.float64))
    except (TypeError, ValueError):
        return None
    return numbers if numbers.shape == (count,) and np.isfinite(numbers).all() else None


def _own_groups(header: Header) -> Sequence[Dataset]:
    """Groups of elements of each frame of an enhanced file; empty where not all have some."""
    own: Sequence[Dataset] = value_in(header.dataset, "PerFrameFunctionalGroupsSequence") or ()
    return own if len(own) == header.frames else ()


def _frame(header: Header, number: int) -> Frame:
    def value(sequence: str, keyword: str) -> Any:
        return value_of(header, number, sequence, keyword)

    position = numbers_in(value("PlanePositionSequence", "ImagePositionPatient"), 3)
    axes = numbers_in(value("PlaneOrientationSequence", "ImageOrientationPatient"), 6)
    spacing = next(
        (
            found
            for keyword in _PIXEL_SPACING
            if (found := numbers_in(value("PixelMeasuresSequence", keyword), 2)) is not None
        ),
        None,
    )
    thickness = numbers_in(value("PixelMeasuresSequence", "SliceThickness"), 1)
    slope = numbers_in(value("PixelValueTransformationSequence", "RescaleSlope"), 1)
    intercept = numbers_in(value("PixelValueTransformationSequence", "RescaleIntercept"), 1)
    marks = {
        "echo time": value("MREchoSequence", "EffectiveEchoTime") or header.text("EchoTime"),
        "image type": value("MRImageFrameTypeSequence", "FrameType") or header.text("ImageType"),
        "moment": value("FrameContentSequence", "TemporalPositionIndex")
        or header.text("TemporalPositionIdentifier"),
        "acquisition": value("FrameContentSequence", "FrameAcquisitionNumber")
        or header.text("AcquisitionNumber"),
        "stack": value("FrameContentSequence", "StackID") or header.text("StackID"),
        "image type of the file": header.text("ImageType"),
    }
    return Frame(
        header=header,
        number=number,
        position_mm=position,
        axes=_unit_axes(axes),
        pixel_mm=_positive_pair(spacing),
        thickness_mm=_positive(thickness),
        marks={name: str(mark) for name, mark in marks.items()},
        rescale=(
            (float(slope[0]), float(intercept[0]))
            if slope is not None and intercept is not None
            else None
        ),
    )


def _in_a_row(frames: Sequence[Frame]) -> Iterator[Frame]:
    distance = numbers_in(frames[0].header.dataset.get("SpacingBetweenSlices"), 1)
    step_mm = _positive(distance) or frames[0].thickness_mm or 1.0
    for number, frame in enumerate(frames):
        if frame.axes is None:
            yield frame
            continue
        start = np.zeros(3) if frame.position_mm is None else frame.position_mm
        yield replace(frame, position_mm=start + number * step_mm * frame.normal)


def _first(sequence: Any) -> Dataset | None:
    return sequence[0] if sequence else None


def _unit_axes(axes: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    if axes is None:
        return None
    row, column = axes[:3], axes[3:]
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if min(lengths) < 0.5 or abs(row @ column) > 0.01 * lengths[0] * lengths[1]:
        return None
    return np.stack([row / lengths[0], column / lengths[1]])


def _positive_pair(numbers: NDArray[np.float64] | None) -> tuple[float, float] | None:
    if numbers is None or not (numbers > 0).all():
        return None
    return float(numbers[0]), float(numbers[1])


def _positive(numbers: NDArray[np.float64] | None) -> float | None:
    if numbers is None or not math.isfinite(numbers[0]) or numbers[0] <= 0:
        return None
    return float(numbers[0])
