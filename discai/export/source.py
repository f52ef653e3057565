"""Source of a result: the images of the DICOM series that was read, without their pixels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import UID, MRImageStorage
from pydicom.valuerep import DSfloat

from discai.errors import PermanentError
from discai.export.discretion import discreetly
from discai.export.patient import blank
from discai.export.uids import ResultUids, uid_of
from discai.scan import Scan
from discai.scan.dicom.frames import Frame, frames_of, value_of
from discai.scan.dicom.headers import Header, parse
from discai.scan.scan import StoredGrid

#: A slice may lie off its place in the even grid that was read by this share of the distance, and
#: by so much within its plane: the reader takes less.
_OFF_GRID: Final = 0.5
_SHIFT_MM: Final = 3.0
#: The word by which slices that stand for images have UIDs.
NAMELESS_SLICE: Final = "slice"
_ORIENTATION: Final = "ImageOrientationPatient"
_NEEDED: Final = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")


class SourceSlice(NamedTuple):
    """One slice that was read: the header of its file, and its frame there, counted from 0."""

    header: Dataset
    frame: int = 0


class Reference(NamedTuple):
    """The place of a slice in an archive; `frame` counts from 1, None for a file of one."""

    sop_class: str
    instance: str
    frame: int | None


@dataclass(frozen=True)
class Source:
    """The slices of a scan along its file's slowest axis, with the names that an archive has.

    Attributes:
        frames: with the header of its file each.
        study: UID; so are `series` and `frame_of_reference`.
        distance_mm: from slice to slice.
    """

    frames: tuple[Frame, ...]
    study: str
    series: str
    frame_of_reference: str
    distance_mm: float

    @property
    def header(self) -> Dataset:
        """The first file's header, which says whose results these are."""
        return self.frames[0].header.dataset

    @property
    def references(self) -> tuple[Reference, ...]:
        """Of each slice, the image that it is."""
        return tuple(_reference_of(frame) for frame in self.frames)

    def uid(self, *parts: str) -> str:
        """The UID of something that follows from this series and `parts`."""
        return uid_of(self.study, self.series, *parts)

    def result_uids(self, kind: str, model_version: str, label: str) -> ResultUids:
        """UIDs of a result; `label` is the verdict's, empty for what the model alone says.

        A series of which slices came late has other results, in the same series.
        """
        slices = sorted(f"{each.instance} {each.frame}" for each in self.references)
        return ResultUids(
            self.uid(kind, "series", model_version),
            self.uid(kind, model_version, label, *slices),
        )

    def nameless_slices(self) -> list[Dataset]:
        """A header for each slice that has its place and size and nothing else of the source.

        Each is an image by itself with a UID of its own: so files of one slice and of many are one
        to what draws on them. `references` has what they stand for.
        """
        return [_nameless(self, number) for number in range(len(self.frames))]

    def nameless_files(self) -> list[Dataset]:
        """A header for each file, with its UIDs and nothing else of the source."""
        files: dict[str, Dataset] = {}
        for reference in self.references:
            dataset = Dataset()
            blank(dataset)
            dataset.StudyInstanceUID, dataset.SeriesInstanceUID = self.study, self.series
            dataset.SOPClassUID = UID(reference.sop_class)
            dataset.SOPInstanceUID = UID(reference.instance)
            files.setdefault(reference.instance, dataset)
        return list(files.values())


def source_of(slices: Iterable[SourceSlice], grid: StoredGrid) -> Source:
    """The source of a result on the grid that was read from these slices, in their order.

    Raises:
        PermanentError: `no-dicom-results` where headers lack what results refer to, or lie
            elsewhere than what was read.
    """
    known: dict[int, list[Frame]] = {}
    frames = []
    for header, number in slices:
        if id(header) not in known:
            known[id(header)] = frames_of(Header(Path(), header))
        if not 0 <= number < len(known[id(header)]):
            raise _elsewhere()
        frames.append(known[id(header)][number])
    if not frames:
        raise PermanentError(
            "no-dicom-results",
            "There are no DICOM results, since the scan is no DICOM series that says where its "
            "slices lie.",
        )
    _refuse_other_places(frames, grid)
    study, series, frame_of_reference = (_one_uid(frames, keyword) for keyword in _NEEDED)
    for frame in frames:
        if not all(frame.header.text(each) for each in ("SOPClassUID", "SOPInstanceUID")):
            raise _nameless_source("SOPInstanceUID")
    distance_mm = grid.spacing_mm[0] if grid.spacing_mm else 1.0
    return Source(tuple(frames), study, series, frame_of_reference, distance_mm)


def read_source(paths: Sequence[Path], scan: Scan) -> Source:
    """The source of a scan that was read from these files; raises as `source_of`, or `damaged`.

    The sandbox has parsed these files before; what it said of them is not trusted, but compared.
    """
    places = {file for file, _ in scan.sources}
    if not places <= set(range(len(paths))):
        raise _elsewhere()
    with discreetly():
        headers = {file: parse(paths[file]) for file in sorted(places)}
        slices = [SourceSlice(headers[file], frame) for file, frame in scan.sources]
        return source_of(slices, scan.grid)


def _refuse_other_places(frames: Sequence[Frame], grid: StoredGrid) -> None:
    """Raises where slices lie elsewhere than the grid has them, or have other sizes."""
    if len(frames) != grid.shape[0] or any(frame.size != grid.shape[1:] for frame in frames):
        raise _elsewhere()
    if not all(frame.is_placed for frame in frames) or grid.spacing_mm is None:
        raise _elsewhere()
    positions = np.array([frame.position_mm for frame in frames], np.float64)
    off_mm = (positions - np.array(grid.origin_mm)) @ np.array(grid.direction).reshape(3, 3)
    off_mm[:, 2] -= grid.spacing_mm[0] * np.arange(len(frames))
    most_mm = np.array([_SHIFT_MM, _SHIFT_MM, _OFF_GRID * grid.spacing_mm[0]])
    if (np.abs(off_mm) > most_mm).any():
        raise _elsewhere()


def _one_uid(frames: Sequence[Frame], keyword: str) -> str:
    found = {frame.header.text(keyword) for frame in frames}
    if len(found) != 1 or not (uid := found.pop()):
        raise _nameless_source(keyword)
    return uid


def _reference_of(frame: Frame) -> Reference:
    several = frame.header.dataset.get("NumberOfFrames") is not None
    return Reference(
        frame.header.text("SOPClassUID"),
        frame.header.text("SOPInstanceUID"),
        frame.number + 1 if several else None,
    )


def _nameless(source: Source, number: int) -> Dataset:
    frame = source.frames[number]
    assert frame.position_mm is not None  # noqa: S101 - `source_of` has checked it
    assert frame.pixel_mm is not None  # noqa: S101 - a grid with a spacing has pixels of a size
    axes = value_of(frame.header, frame.number, "PlaneOrientationSequence", _ORIENTATION)
    dataset = Dataset()
    blank(dataset)
    dataset.SOPClassUID, dataset.Modality = MRImageStorage, "MR"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = source.study, source.series
    dataset.SOPInstanceUID = source.uid(NAMELESS_SLICE, str(number))
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = source.frame_of_reference, ""
    dataset.Rows, dataset.Columns = frame.size
    dataset.ImageOrientationPatient = [_decimal(part) for part in axes]
    dataset.ImagePositionPatient = [_decimal(part) for part in frame.position_mm]
    dataset.PixelSpacing = [_decimal(mm) for mm in frame.pixel_mm]
    dataset.SliceThickness = _decimal(frame.thickness_mm or source.distance_mm)
    dataset.SpacingBetweenSlices = _decimal(source.distance_mm)
    return dataset


def _decimal(number: float) -> DSfloat:
    return DSfloat(float(number), auto_format=True)


def _elsewhere() -> PermanentError:
    return PermanentError(
        "no-dicom-results",
        "There are no DICOM results, since the files' headers place the slices elsewhere than "
        "they were read.",
    )


def _nameless_source(keyword: str) -> PermanentError:
    return PermanentError(
        "no-dicom-results",
        f"There are no DICOM results, since the headers lack one {keyword} for all slices.",
    )
