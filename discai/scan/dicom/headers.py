"""Headers of DICOM files, and the files among them that hold no image to read."""

import re
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from discai.errors import PermanentError
from discai.scan.identity import IDENTITY_TAGS
from discai.scan.volume import check_size

#: What pydicom raises for bytes that are no DICOM, or not all of it.
_UNREADABLE: Final = (
    InvalidDicomError,
    AttributeError,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
#: Images that show no scan: https://dicom.nema.org/medical/dicom/current/output/chtml/part04/
_DIRECTORY: Final = "1.2.840.10008.1.3.10"
_NOT_A_SCAN: Final = {
    _DIRECTORY: "a list of files (DICOMDIR)",
    "1.2.840.10008.5.1.4.1.1.66.4": "a segmentation",
    "1.2.840.10008.5.1.4.1.1.30": "a parametric map",
    "1.2.840.10008.5.1.4.1.1.481.2": "a radiation dose",
}
#: By the beginning of their SOP class, which is enough to name them.
_KINDS: Final = {
    "1.2.840.10008.5.1.4.1.1.11.": "a presentation state",
    "1.2.840.10008.5.1.4.1.1.88.59": "a key object note",
    "1.2.840.10008.5.1.4.1.1.88.": "a structured report",
    "1.2.840.10008.5.1.4.1.1.104.": "a document",
    "1.2.840.10008.5.1.4.1.1.66": "raw data",
    "1.2.840.10008.5.1.4.1.1.4.2": "spectroscopy",
    "1.2.840.10008.5.1.4.1.1.9.": "a waveform",
}
#: Modalities that are no MRI; captures and documents have others, which are no scans either way.
_OTHER_MODALITIES: Final = {
    "CT": "computed tomography (CT)",
    "CR": "an X-ray",
    "DX": "an X-ray",
    "RG": "an X-ray",
    "RF": "an X-ray",
    "XA": "an X-ray",
    "MG": "a mammogram",
    "NM": "nuclear medicine",
    "PT": "positron emission tomography (PET)",
    "US": "ultrasound",
    "OCT": "optical coherence tomography",
}


_NO_IMAGE: Final = "no image"
_NO_MRI: Final = "no MRI"


class Other(NamedTuple):
    """A file that holds no image of an MRI: `kind` and `reason` in words."""

    kind: str
    reason: str


class Opened(NamedTuple):
    """Files that were looked into.

    Attributes:
        images: each once, though its file may have been saved twice.
        others: what the other files are.
        damaged: why files can't be parsed or have a size that no scan has, one for each.
    """

    images: "list[Header]"
    others: list[Other]
    damaged: list[PermanentError]


@dataclass(frozen=True)
class Header:
    """A DICOM image without its pixels."""

    path: Path
    dataset: Dataset

    @property
    def frames(self) -> int:
        """Number of slices in the file."""
        return max(1, int(self.dataset.get("NumberOfFrames") or 1))

    @property
    def is_colour(self) -> bool:
        """Tell if its pixels have colours: a capture of a screen, not a scan."""
        colours = ("RGB", "YBR", "PALETTE")
        return str(self.dataset.get("PhotometricInterpretation", "")).startswith(colours)

    @property
    def series_number(self) -> int | None:
        """As the scanner counts series; None where the file says none, or no number."""
        text = self.text("SeriesNumber")
        return int(text) if re.fullmatch(r"[+-]?[0-9]{1,12}", text) else None

    def text(self, keyword: str) -> str:
        """An element as text, empty where it is missing; `\\` between several values."""
        value = value_in(self.dataset, keyword)
        if value is None:
            return ""
        return "\\".join(map(str, value)) if isinstance(value, list | tuple) else str(value).strip()


def open_headers(paths: Sequence[Path]) -> tuple[list[Header], list[str]]:
    """The images among DICOM files, each once, and what the other files are.

    Raises:
        PermanentError: `damaged` for a file that can't be parsed, `unsupported-format` where no
            file holds an image of an MRI, `too-large`, `bad-geometry`.
    """
    images, others, damaged = look_into(paths)
    if damaged:
        raise damaged[0]
    if not images:
        raise no_mri(others)
    return images, [other.kind for other in others]


def look_into(paths: Sequence[Path]) -> Opened:
    """The images among DICOM files, what the others are, and which are damaged; raises nothing."""
    images: dict[str, Header] = {}
    others: list[Other] = []
    damaged: list[PermanentError] = []
    for number, path in enumerate(paths):
        try:
            header = Header(path, parse(path))
            if other := _other_than_scan(header):
                others.append(other)
                continue
            check_size((header.frames, *_size(header)), 1)
        except PermanentError as error:
            damaged.append(error)
            continue
        # The same image twice is a file that was saved or exported twice.
        images.setdefault(header.text("SOPInstanceUID") or f"file {number}", header)
    found = list(images.values())
    if any(not header.is_colour for header in found):
        capture = Other("a colour capture", "a picture of a screen")
        others += [capture for header in found if header.is_colour]
        found = [header for header in found if not header.is_colour]
    return Opened(found, others, damaged)


def no_mri(others: Iterable[Other]) -> PermanentError:
    """The error for DICOM files none of which holds an image of an MRI."""
    listed = " and ".join(sorted({other.kind for other in others}))
    return PermanentError(
        "unsupported-format", f"There is no MRI to read in the DICOM data, but {listed}."
    )


def value_in(dataset: Dataset, keyword: str) -> Any:
    """The value of an element; None where it is missing or can't be parsed."""
    try:
        return dataset.get(keyword)
    except _UNREADABLE:
        return None


def removed_tags(headers: Iterable[Header]) -> tuple[str, ...]:
    """Names of the elements that say who was scanned, as far as any file fills them."""
    datasets = [header.dataset for header in headers]
    return tuple(
        name
        for tag, name in IDENTITY_TAGS.items()
        if any(_is_filled(dataset, tag) for dataset in datasets)
    )


def listed(things: Iterable[str]) -> str:
    """Things with their numbers, such as `a document, 3 times a colour capture`."""
    counts = Counter(things)
    return ", ".join(
        thing if count == 1 else f"{count} times {thing}" for thing, count in sorted(counts.items())
    )


def parse(path: Path) -> Dataset:
    """A DICOM file without its pixels.

    Raises:
        PermanentError: `damaged`.
    """
    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        known = len(dataset) or len(dataset.file_meta)
        # Values are parsed when they are asked for: now, while a fault can be told.
        _ = [dataset.get(keyword) for keyword in ("SOPClassUID", "Rows", "NumberOfFrames")]
    except _UNREADABLE as error:
        raise _damaged() from error
    if not known:
        raise _damaged()
    return dataset


def _other_than_scan(header: Header) -> Other | None:
    """The file in words if it is no image of an MRI; None for an image."""
    meta: Any = getattr(header.dataset, "file_meta", {})
    sop_class = header.text("SOPClassUID") or str(meta.get("MediaStorageSOPClassUID", ""))
    if sop_class in _NOT_A_SCAN:
        return Other(_NOT_A_SCAN[sop_class], _NO_IMAGE)
    if header.dataset.get("Rows") is None or header.dataset.get("Columns") is None:
        for beginning, kind in _KINDS.items():
            if sop_class.startswith(beginning):
                return Other(kind, _NO_IMAGE)
        name = UID(sop_class).name
        if not sop_class or name.endswith("Image Storage"):
            raise _damaged()
        return Other(f"“{name}”", _NO_IMAGE)
    if "MOSAIC" in header.text("ImageType").upper():
        kind = "a mosaic, which shows several slices in one picture"
        return Other(kind, "its slices lie in one picture")
    modality = _OTHER_MODALITIES.get(header.text("Modality").upper())
    return Other(modality, _NO_MRI) if modality else None


def _size(header: Header) -> tuple[int, int]:
    try:
        return int(header.dataset.Rows), int(header.dataset.Columns)
    except (TypeError, ValueError) as error:
        raise _damaged() from error


def _is_filled(dataset: Dataset, tag: str) -> bool:
    group, element = (int(part, 16) for part in tag.split("|"))
    try:
        value = dataset.get((group, element))
    except _UNREADABLE:
        return True  # something is there
    return value is not None and bool(str(value.value if value.value is not None else "").strip())


def _damaged() -> PermanentError:
    return PermanentError("damaged", "The file's header is damaged or incomplete.")
