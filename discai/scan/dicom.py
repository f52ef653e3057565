"""DICOM: one file, or the files of one series; decoded by ITK's GDCM in the sandbox.

Geometry: https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.6.2.html
"""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan import sandbox
from discai.scan.identity import IDENTITY_TAGS
from discai.scan.volume import StoredVolume, check_size

if TYPE_CHECKING:
    from SimpleITK import ImageFileReader

NAME: Final = "DICOM"

_PREAMBLE_BYTES: Final = 128
_SERIES: Final = "0020|000e"
_POSITION: Final = "0020|0032"
_ORIENTATION: Final = "0020|0037"
_THICKNESS: Final = "0018|0050"
_PIXEL_SPACING: Final = ("0028|0030", "0018|1164", "0018|2010")

#: Number of Frames (0028,0008) with and without its VR, in little endian as nearly all files are.
_FRAMES: Final = re.compile(rb"\x28\0\x08\0(?:IS.\0|.\0\0\0) *(\d{1,9})", re.DOTALL)

#: Slices may lie this much nearer or farther than the median distance (rounded positions).
_UNEVENNESS: Final = 0.1
_SAME_DIRECTION: Final = 1e-3


def recognises(head: bytes, name: str) -> bool:
    """By `DICM` after the preamble, by a first group 0008 without one, or by the name."""
    return (
        head[_PREAMBLE_BYTES : _PREAMBLE_BYTES + 4] == b"DICM"
        or head.startswith((b"\x08\x00\x00\x00", b"\x08\x00\x05\x00", b"\x08\x00\x08\x00"))
        or name.endswith((".dcm", ".dicom"))
    )


def read(path: Path) -> StoredVolume:
    """A single DICOM image (one slice or multi-frame); what `decode` raises."""
    return read_series([path])


def read_series(paths: list[Path]) -> StoredVolume:
    """The slices of one series, in any order; what `decode` raises."""
    return sandbox.run("discai.scan.dicom", paths)


def frames_of(head: bytes) -> int:
    """Number of slices of a file by its first bytes: 1 if they don't say more."""
    found = _FRAMES.search(head)
    return max(1, int(found[1])) if found else 1


def decode(paths: list[Path]) -> StoredVolume:
    """Runs in the sandbox: the slices of one series sorted along their normal.

    Raises:
        PermanentError: `mixed-series`, `bad-geometry`, or what the functions of `itk` raise.
    """
    from discai.scan.itk import open_header, read_pixels

    headers = [open_header(path, "GDCMImageIO") for path in paths]
    removed = tuple(
        name
        for tag, name in IDENTITY_TAGS.items()
        if any(header.HasMetaDataKey(tag) and header.GetMetaData(tag).strip() for header in headers)
    )
    if len(headers) == 1:
        volume = read_pixels(headers[0])
        return _with_geometry_of(headers[0], volume, removed)
    _refuse_mixtures(headers)
    order, distance_mm = _sort_along_normal(headers)
    slices = [read_pixels(headers[index]) for index in order]
    first = slices[0]
    assert first.spacing_mm  # noqa: S101 - ITK's volumes have one
    return StoredVolume(
        # Slices with rescale factors of their own come as floats beside plain integers.
        np.concatenate([volume.array for volume in slices]),
        (distance_mm, *first.spacing_mm[1:]),
        first.origin_mm,
        first.direction,
        removed,
    )


def _with_geometry_of(
    header: "ImageFileReader", volume: StoredVolume, removed: tuple[str, ...]
) -> StoredVolume:
    """A picture stored as DICOM knows no patient axes: ITK's identity would make it axial."""
    multi_frame = volume.array.shape[0] > 1
    oriented = header.HasMetaDataKey(_ORIENTATION) or multi_frame
    measured = multi_frame or any(header.HasMetaDataKey(tag) for tag in _PIXEL_SPACING)
    spacing_mm = volume.spacing_mm if measured else None
    thickness_mm = None if multi_frame else _thickness_mm(header)
    if spacing_mm and thickness_mm:
        # GDCM knows the distance between slices only, which a single slice doesn't have.
        spacing_mm = (thickness_mm, *spacing_mm[1:])
    return StoredVolume(
        volume.array,
        spacing_mm,
        volume.origin_mm,
        volume.direction if oriented else None,
        removed,
    )


def _thickness_mm(header: "ImageFileReader") -> float | None:
    """None where the file doesn't say: the tag is of type 2 in MR images, so it may be empty."""
    if not header.HasMetaDataKey(_THICKNESS):
        return None
    try:
        thickness_mm = float(header.GetMetaData(_THICKNESS))
    except ValueError:
        return None
    return thickness_mm if math.isfinite(thickness_mm) and thickness_mm > 0 else None


def _refuse_mixtures(headers: list["ImageFileReader"]) -> None:
    if any(not header.HasMetaDataKey(_POSITION) for header in headers):
        raise PermanentError("bad-geometry", "The DICOM slices don't say where they lie.")
    series = {header.GetMetaData(_SERIES).strip() for header in headers if _has_series(header)}
    sizes = {header.GetSize()[:3] for header in headers}
    reference = np.array(headers[0].GetDirection()[:9])
    turned = any(
        np.abs(np.array(header.GetDirection()[:9]) - reference).max() > _SAME_DIRECTION
        for header in headers
    )
    if len(series) > 1 or len(sizes) > 1 or turned:
        raise PermanentError(
            "mixed-series", "The files belong to several series; upload one series at a time."
        )
    x, y, z = headers[0].GetSize()[:3]
    if z != 1:
        raise PermanentError(
            "mixed-series", "The archive holds several multi-frame files; upload them one by one."
        )
    check_size((len(headers), y, x), 8)


def _has_series(header: "ImageFileReader") -> bool:
    return bool(header.HasMetaDataKey(_SERIES))


def _sort_along_normal(headers: list["ImageFileReader"]) -> tuple[NDArray[np.intp], float]:
    """The order of the slices along their normal, and their distance in mm."""
    normal = np.array(headers[0].GetDirection()[:9]).reshape(3, 3)[:, 2]
    positions = np.array([header.GetOrigin()[:3] for header in headers]) @ normal
    order = np.argsort(positions)
    distances = np.diff(positions[order])
    typical = float(np.median(distances))
    if distances.min() <= 0:
        raise PermanentError(
            "mixed-series", "Several slices lie at one place; upload one series at a time."
        )
    if np.abs(distances - typical).max() > _UNEVENNESS * typical:
        raise PermanentError("bad-geometry", "Slices of the DICOM series are missing.")
    return order, float(distances.mean())
