"""NRRD (`.nrrd`): header and pixels in one file, decoded by ITK in the sandbox.

ITK's reader opens other files that the header names, so a header with a data file is refused here.
Format: https://teem.sourceforge.net/nrrd/format.html
"""

import re
from pathlib import Path
from typing import Any, Final

import numpy as np

from discai.errors import PermanentError
from discai.scan import sandbox
from discai.scan.volume import StoredVolume, layouts_of, nearest_rotation, without_pixels

NAME: Final = "NRRD"

_SIGNATURE: Final = b"NRRD00"
_MAX_HEADER_BYTES: Final = 256 * 2**10
_DATA_FILE: Final = re.compile(rb"^data ?file\s*:", re.MULTILINE | re.IGNORECASE)
_SPACE: Final = re.compile(rb"^space( dimension)?\s*:", re.MULTILINE | re.IGNORECASE)
#: Key and value of free text, such as `PatientName:=Doe`.
_FREE_TEXT: Final = re.compile(rb"^([ -9;-~]{1,64}):=", re.MULTILINE)


def recognises(head: bytes, name: str) -> bool:
    """By the first bytes, or by the name."""
    return head.startswith(_SIGNATURE) or name.endswith((".nrrd", ".nhdr"))


def read(path: Path) -> StoredVolume:
    """The image of a NRRD file.

    Raises:
        PermanentError: `not-an-image`, `external-data`, or what `decode` raises.
    """
    _refuse_data_file(path)
    return sandbox.run("discai.scan.nrrd", [path])


def decode(paths: list[Path]) -> StoredVolume:
    """Runs in the sandbox: the volume as stored.

    Raises:
        PermanentError: `damaged`, `truncated`, `not-3d`, `too-large`, `unsupported-format` or
            `bad-geometry`.
    """
    from discai.scan.itk import read_volume

    header = _header(paths[0])
    volume, spacing_mm, origin_mm, matrix = read_volume(paths[0], "NrrdImageIO")
    direction, notes = nearest_rotation(np.array(matrix).reshape(3, 3))
    return StoredVolume(
        volume,
        spacing_mm,
        origin_mm,
        direction if _SPACE.search(header) else None,
        tuple(sorted({key.decode("ascii") for key in _FREE_TEXT.findall(header)})),
        notes,
    )


def describe(paths: list[Path]) -> list[dict[str, Any]]:
    """Runs in the sandbox: the layouts of the files by their headers, as `layouts_of` has them."""
    return layouts_of(paths, _layout_of)


def _layout_of(path: Path) -> StoredVolume:
    from discai.scan.itk import open_header

    _refuse_data_file(path)
    reader = open_header(path, "NrrdImageIO")
    if reader.GetDimension() < 3:
        raise PermanentError("not-3d", "The file holds no three-dimensional image.")
    axes = reader.GetDimension()
    matrix = np.array(reader.GetDirection()).reshape(axes, axes)[:3, :3]
    direction, notes = nearest_rotation(matrix)
    x, y, z = reader.GetSize()[:3]
    x_mm, y_mm, z_mm = reader.GetSpacing()[:3]
    return StoredVolume(
        without_pixels((z, y, x)),
        (z_mm, y_mm, x_mm),
        direction=direction if _SPACE.search(_header(path)) else None,
        notes=notes,
    )


def _refuse_data_file(path: Path) -> None:
    if _DATA_FILE.search(_header(path)):
        raise PermanentError(
            "external-data", "The pixels are in another file; save it as one .nrrd file."
        )


def _header(path: Path) -> bytes:
    """The lines before the first blank one, which separates header and pixels."""
    with path.open("rb") as file:
        begin = file.read(_MAX_HEADER_BYTES)
    header, blank, _ = begin.replace(b"\r\n", b"\n").partition(b"\n\n")
    if not header.startswith(_SIGNATURE) or not blank:
        raise PermanentError("not-an-image", "The file has no readable NRRD header.")
    return header + b"\n"
