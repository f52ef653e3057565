"""MetaImage (`.mha`): a strict reader and a small writer.

ITK's own reader opens other files that the header names, crashes on hostile headers and returns
uninitialised memory for broken data; this one reads three-dimensional single-channel images whose
data lies in the same file, or refuses. Format: https://itk.org/Wiki/ITK/MetaIO/Documentation
"""

import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan.identity import IDENTITY_TAGS
from discai.scan.orientation import orientation_of
from discai.scan.scan import StoredGrid
from discai.scan.volume import StoredVolume, check_geometry, check_size

NAME: Final = "MetaImage"

_MAX_HEADER_BYTES: Final = 64 * 2**10
_CHUNK_BYTES: Final = 2**20
_MAX_DEFLATE_RATIO: Final = 1032  # https://zlib.net/zlib_tech.html

_PIXEL_TYPES: Final = {
    "MET_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
_IMAGE_KEYS: Final = {
    "ObjectType",
    "ObjectSubType",
    "NDims",
    "BinaryData",
    "BinaryDataByteOrderMSB",
    "ElementByteOrderMSB",
    "CompressedData",
    "CompressedDataSize",
    "CompressionLevel",
    "TransformMatrix",
    "Rotation",
    "Orientation",
    "Offset",
    "Position",
    "Origin",
    "CenterOfRotation",
    "AnatomicalOrientation",
    "ElementSpacing",
    "ElementSize",
    "ElementNumberOfChannels",
    "ElementMin",
    "ElementMax",
    "DimSize",
    "Modality",
    "ElementType",
    "ElementDataFile",
}
_KEY: Final = re.compile(r"[ -~]{1,64}")


def recognises(head: bytes, name: str) -> bool:
    """Tell if the file says so in its first line or at least in its name."""
    return re.match(rb"\s*(ObjectType|NDims|Comment)\s*=", head) is not None or name.endswith(
        (".mha", ".mhd")
    )


def read(path: Path) -> StoredVolume:
    """The image of a `.mha` file.

    Raises:
        PermanentError: `not-an-image`, `external-data`, `unsupported-format`, `not-3d`,
            `bad-geometry`, `too-large`, `truncated` or `damaged`.
    """
    with path.open("rb") as file:
        header = _read_header(file)
        _refuse_other_kinds(header)
        shape = _shape(header)
        pixel_type = _pixel_type(header)
        size = check_size(shape, pixel_type.itemsize)
        spacing_mm, origin_mm, direction = _geometry(header)
        read_pixels = _inflate if _flag(header, "CompressedData") else _read_plain
        pixels = read_pixels(file, size, path.stat().st_size - file.tell())
    array = np.frombuffer(pixels, pixel_type).reshape(shape)
    return StoredVolume(
        array.astype(pixel_type.newbyteorder("="), copy=False),
        spacing_mm,
        origin_mm,
        direction,
        tuple(IDENTITY_TAGS.get(key, key) for key in header if key not in _IMAGE_KEYS),
    )


def encode(array: NDArray[np.generic], grid: StoredGrid) -> bytes:
    """A compressed `.mha` of an array that lies on a file's own grid.

    Numbers are written so that every reader gets exactly the grid's floats back.
    """
    pixel_types = {np.dtype(code): name for name, code in _PIXEL_TYPES.items()}
    pixels = zlib.compress(array.astype(array.dtype.newbyteorder("<")).tobytes(), level=1)
    axis_vectors = np.array(grid.direction).reshape(3, 3).T.ravel()
    spacing_mm = grid.spacing_mm or (1.0, 1.0, 1.0)
    header = {
        "ObjectType": "Image",
        "NDims": "3",
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "True",
        "CompressedDataSize": str(len(pixels)),
        "TransformMatrix": _numbers(axis_vectors.tolist()),
        "Offset": _numbers(grid.origin_mm),
        "CenterOfRotation": "0 0 0",
        "AnatomicalOrientation": _from_letters(orientation_of(grid.direction)),
        "ElementSpacing": _numbers(reversed(spacing_mm)),
        "DimSize": " ".join(map(str, reversed(array.shape))),
        "ElementType": pixel_types[array.dtype.newbyteorder("=")],
        "ElementDataFile": "LOCAL",
    }
    text = "".join(f"{key} = {value}\n" for key, value in header.items())
    return text.encode("ascii") + pixels


def _read_header(file: BinaryIO) -> dict[str, str]:
    header: dict[str, str] = {}
    while "ElementDataFile" not in header:
        line = file.readline(_MAX_HEADER_BYTES)
        if not line and header:
            raise PermanentError("truncated", "The MetaImage file ends within its header.")
        if file.tell() > _MAX_HEADER_BYTES or not line.endswith(b"\n") or b"=" not in line:
            raise PermanentError("not-an-image", "The file has no readable MetaImage header.")
        # Free-text values (names, comments) may be in any 8-bit code; the keys we use are ASCII.
        key, value = (part.strip() for part in line.decode("latin-1").split("=", 1))
        if not _KEY.fullmatch(key) or key in header:
            raise PermanentError("not-an-image", "The MetaImage header is malformed.")
        header[key] = value
    return header


def _refuse_other_kinds(header: dict[str, str]) -> None:
    if header["ElementDataFile"] != "LOCAL":
        raise PermanentError(
            "external-data",
            "The pixels are in another file; only .mha files with the pixels inside are read.",
        )
    if header.get("NDims") != "3":
        raise PermanentError("not-3d", "The MetaImage file isn't three-dimensional.")
    if header.get("ElementNumberOfChannels", "1") != "1":
        raise PermanentError("unsupported-format", "The MetaImage file isn't a grey-value image.")
    if (
        header.get("ObjectType") != "Image"
        or not _flag(header, "BinaryData", default="True")
        or "HeaderSize" in header
    ):
        raise PermanentError(
            "unsupported-format", "This kind of MetaImage file isn't supported; save it binary."
        )


def _flag(header: dict[str, str], key: str, default: str = "False") -> bool:
    value = header.get(key, default)
    if value not in ("True", "False"):
        raise PermanentError("not-an-image", "The MetaImage header is malformed.")
    return value == "True"


def _shape(header: dict[str, str]) -> tuple[int, int, int]:
    match = re.fullmatch(r"(-?\d{1,19}) +(-?\d{1,19}) +(-?\d{1,19})", header.get("DimSize", ""))
    if not match:
        raise PermanentError("bad-geometry", "The MetaImage header has no valid DimSize.")
    x, y, z = map(int, match.groups())
    return z, y, x


def _pixel_type(header: dict[str, str]) -> np.dtype[np.generic]:
    code = _PIXEL_TYPES.get(header.get("ElementType", ""))
    if code is None:
        raise PermanentError("unsupported-format", "The MetaImage's ElementType isn't supported.")
    big_endian = _flag(header, "BinaryDataByteOrderMSB") or _flag(header, "ElementByteOrderMSB")
    return np.dtype((">" if big_endian else "<") + code)


def _geometry(
    header: dict[str, str],
) -> tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, ...] | None]:
    """Spacing (z, y, x), origin (x, y, z) and direction of the header."""
    spacing = _floats(header, ("ElementSpacing", "ElementSize"), (1.0, 1.0, 1.0))
    origin = _floats(header, ("Offset", "Position", "Origin"), (0.0, 0.0, 0.0))
    axis_vectors = _floats(
        header, ("TransformMatrix", "Rotation", "Orientation"), tuple(np.eye(3).ravel().tolist())
    )
    direction = tuple(np.array(axis_vectors).reshape(3, 3).T.ravel().tolist())
    check_geometry(spacing, origin, direction)
    x, y, z = spacing
    known = {"TransformMatrix", "Rotation", "Orientation"} & header.keys()
    return (z, y, x), (origin[0], origin[1], origin[2]), direction if known else None


def _floats(
    header: dict[str, str], keys: tuple[str, ...], default: tuple[float, ...]
) -> tuple[float, ...]:
    for key in keys:
        if key in header:
            try:
                values = tuple(float(number) for number in header[key].split())
            except ValueError:
                values = ()
            if len(values) != len(default):
                raise PermanentError("bad-geometry", f"The MetaImage's {key} is malformed.")
            return values
    return default


def _read_plain(file: BinaryIO, size: int, available: int) -> bytes:
    if available < size:
        raise _truncated()
    if available > size:
        raise _damaged()
    return file.read(size)


def _inflate(file: BinaryIO, size: int, available: int) -> bytearray:
    """Exactly `size` bytes of zlib data; what would be more or less is refused."""
    if available * _MAX_DEFLATE_RATIO < size:  # so that a small file can't claim much memory
        raise _truncated()
    pixels = bytearray()
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        while not stream.eof:
            chunk = stream.unconsumed_tail or file.read(_CHUNK_BYTES)
            if not chunk:
                raise _truncated()
            pixels += stream.decompress(chunk, size + 1 - len(pixels))
            if len(pixels) > size:
                raise _damaged()
    except zlib.error as error:
        raise _damaged() from error
    if len(pixels) < size:
        raise _truncated()
    return pixels


def _truncated() -> PermanentError:
    return PermanentError("truncated", "The file ends before its last pixel; upload it again.")


def _damaged() -> PermanentError:
    return PermanentError("damaged", "The file's pixel data is damaged; upload it again.")


def _numbers(values: Iterable[float]) -> str:
    return " ".join(repr(float(value)) for value in values)


def _from_letters(orientation: str) -> str:
    """MetaImage names where axes come from; ITK's DICOM letters say where they go to."""
    opposite = dict(zip("RLAPIS", "LRPASI", strict=True))
    return "".join(opposite[letter] for letter in orientation)
