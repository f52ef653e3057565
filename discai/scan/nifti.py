"""NIfTI-1 and -2 (`.nii`, `.nii.gz`): one file with header and pixels, decoded by nibabel.

Readers fill missing pixels with zeros and repair impossible spacings silently, so the header is
checked here, and the decoder in the sandbox gets a file that is known to be whole. nibabel is the
field's reference for where a voxel lies: sform before qform, whatever the signs of `pixdim` are.
Format: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h and nifti2.h
"""

import gzip
import math
import struct
import tempfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan import sandbox
from discai.scan.volume import (
    StoredVolume,
    check_size,
    layouts_of,
    nearest_rotation,
    whole_numbers,
    without_pixels,
)

NAME: Final = "NIfTI"

_GZIP: Final = b"\x1f\x8b"
_MAX_HEADER_BYTES: Final = 540
_MAX_PIXEL_OFFSET: Final = 2**20  # header extensions lie between header and pixels
_CHUNK_BYTES: Final = 2**20
#: Bytes per pixel of the types that hold one grey value.
_GREY_TYPES: Final = {2: 1, 4: 2, 8: 4, 16: 4, 64: 8, 256: 1, 512: 2, 768: 4, 1024: 8, 1280: 8}
_UNKNOWN_AXES: Final = (
    "The file doesn't say how the patient lay; its axes were taken to run to the left, to the "
    "front and to the head."
)
_FREE_TEXT: Final = ("descrip", "aux_file", "intent_name")
#: NIfTI's axes point right and to the front, DICOM's and ITK's left and to the back.
_RAS_TO_LPS: Final = (-1.0, -1.0, 1.0)


@dataclass(frozen=True)
class _Layout:
    """Offsets in bytes of the fields that must be checked in a version of the header."""

    header_bytes: int
    magic: int
    dims: tuple[int, str]
    pixel_type: int
    spacing: tuple[int, str]
    pixel_offset: tuple[int, str]


_NIFTI_1: Final = _Layout(348, 344, (40, "8h"), 70, (76, "8f"), (108, "f"))
_NIFTI_2: Final = _Layout(540, 4, (16, "8q"), 12, (104, "8d"), (168, "q"))


def recognises(head: bytes, name: str) -> bool:
    """By the magic of NIfTI-1 or -2, also within gzip; by the name if the content is cut short."""
    return _layout(_unzipped(head)) is not None or name.endswith((".nii", ".nii.gz"))


def read(path: Path) -> StoredVolume:
    """The image of a NIfTI file.

    Raises:
        PermanentError: `not-an-image`, `external-data`, `not-3d`, `bad-geometry`, `too-large`,
            `truncated`, `damaged` or `unsupported-format`.
    """
    with path.open("rb") as file:
        head = file.read(2 * _MAX_HEADER_BYTES)
    file_bytes = _check_header(_unzipped(head))
    with tempfile.TemporaryDirectory(prefix="discai-") as folder:
        whole = Path(folder, "scan.nii")  # the decoder takes the kind from the name
        if head.startswith(_GZIP):
            _unzip(path, whole, file_bytes)
        else:
            if path.stat().st_size < file_bytes:
                raise _truncated()
            whole.symlink_to(path.resolve())
        return sandbox.run("discai.scan.nifti", [whole])


def decode(paths: list[Path]) -> StoredVolume:
    """Runs in the sandbox: the volume as stored, with the geometry of its affine.

    Raises:
        PermanentError: `damaged`, `truncated` or `bad-geometry`.
    """
    import nibabel

    try:
        image: Any = nibabel.load(paths[0])
        header = image.header
        pixels = np.asarray(image.dataobj)
    except (nibabel.filebasedimages.ImageFileError, OSError, ValueError) as error:
        raise PermanentError("damaged", "The NIfTI file is damaged.") from error
    removed = tuple(key for key in _FREE_TEXT if bytes(header[key]).strip(b"\0 "))
    volume = pixels.reshape(pixels.shape[:3]).T  # nibabel's arrays are (x, y, z)
    knows_axes = bool(header["sform_code"]) or bool(header["qform_code"])
    placed = _placed(whole_numbers(volume), np.asarray(image.affine, np.float64))
    notes = placed.notes if knows_axes else (*placed.notes, _UNKNOWN_AXES)
    return replace(placed, removed_tags=removed, notes=notes)


def describe(paths: list[Path]) -> list[dict[str, Any]]:
    """Runs in the sandbox: the layouts of the files by their headers, as `layouts_of` has them."""
    return layouts_of(paths, _layout_of)


def _layout_of(path: Path) -> StoredVolume:
    import nibabel

    with path.open("rb") as file:
        header = _unzipped(file.read(2 * _MAX_HEADER_BYTES))
    _check_header(header)
    kinds: dict[_Layout, Any] = {_NIFTI_1: nibabel.Nifti1Header, _NIFTI_2: nibabel.Nifti2Header}
    layout = _layout(header)
    assert layout is not None  # noqa: S101 - the header was checked
    try:
        parsed = kinds[layout](header[: layout.header_bytes], check=False)
        affine = np.asarray(parsed.get_best_affine(), np.float64)
    except (nibabel.spatialimages.HeaderDataError, ValueError) as error:
        raise PermanentError("damaged", "The NIfTI header is damaged.") from error
    x, y, z = map(int, parsed.get_data_shape()[:3])
    return _placed(without_pixels((z, y, x)), affine)


def _placed(volume: NDArray[np.generic], affine: NDArray[np.float64]) -> StoredVolume:
    """A volume `(z, y, x)` with the geometry of an affine, which is in RAS."""
    spacing_mm = np.linalg.norm(affine[:3, :3], axis=0)
    if not (np.isfinite(affine).all() and (spacing_mm > 0).all()):
        raise PermanentError("bad-geometry", "The NIfTI file's affine is no geometry.")
    direction, notes = nearest_rotation(
        (affine[:3, :3] / spacing_mm) * np.array(_RAS_TO_LPS)[:, None]
    )
    x, y, z = (float(mm) for mm in spacing_mm)
    origin = affine[:3, 3] * _RAS_TO_LPS
    return StoredVolume(
        volume,
        (z, y, x),
        (float(origin[0]), float(origin[1]), float(origin[2])),
        direction,
        notes=notes,
    )


def _unzipped(head: bytes) -> bytes:
    if not head.startswith(_GZIP):
        return head
    try:
        stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        return stream.decompress(head, _MAX_HEADER_BYTES)
    except zlib.error:
        return b""


def _layout(header: bytes) -> _Layout | None:
    for layout, version in ((_NIFTI_1, b"1\0"), (_NIFTI_2, b"2\0")):
        magic = header[layout.magic : layout.magic + 4]
        if magic in (b"n+" + version, b"ni" + version) and len(header) >= layout.header_bytes:
            return layout
    return None


def _check_header(header: bytes) -> int:
    """Number of bytes that the (unzipped) file must have."""
    layout = _layout(header)
    if layout is None:
        raise PermanentError("not-an-image", "The file has no readable NIfTI header.")
    if header[layout.magic : layout.magic + 2] == b"ni":
        raise PermanentError(
            "external-data", "The pixels are in another file; save it as one .nii or .nii.gz file."
        )
    order = "<" if struct.unpack_from("<i", header)[0] == layout.header_bytes else ">"

    def field(offset: int, code: str) -> tuple[float, ...]:
        return struct.unpack_from(order + code, header, offset)

    count, *dims = map(int, field(*layout.dims))
    if not 3 <= count <= 7 or any(pixels != 1 for pixels in dims[3:count]):
        raise PermanentError("not-3d", "The NIfTI file holds no single three-dimensional image.")
    if not all(math.isfinite(mm) and mm != 0 for mm in field(*layout.spacing)[1:4]):
        raise PermanentError("bad-geometry", "The NIfTI file's pixel spacing isn't a number.")
    pixel_bytes = _GREY_TYPES.get(int(field(layout.pixel_type, "h")[0]))
    if pixel_bytes is None:
        raise PermanentError(
            "unsupported-format", "The NIfTI file holds no single real number at each voxel."
        )
    size = check_size(tuple(dims[:3]), pixel_bytes)
    offset = field(*layout.pixel_offset)[0]
    if not layout.header_bytes <= offset <= _MAX_PIXEL_OFFSET:
        raise PermanentError("damaged", "The NIfTI header is damaged.")
    return int(offset) + size


def _unzip(path: Path, target: Path, size: int) -> None:
    """Exactly the bytes that the header announces; a bomb behind them is never unpacked."""
    try:
        with gzip.open(path) as packed, target.open("wb") as file:
            while size > 0:
                chunk = packed.read(min(size, _CHUNK_BYTES))
                if not chunk:
                    raise _truncated()
                file.write(chunk)
                size -= len(chunk)
    except EOFError as error:
        raise _truncated() from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise PermanentError("damaged", "The NIfTI file's compressed data is damaged.") from error


def _truncated() -> PermanentError:
    return PermanentError("truncated", "The file ends before its last pixel; upload it again.")
