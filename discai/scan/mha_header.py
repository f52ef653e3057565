"""Headers of MetaImage files, read strictly: what ITK's own reader takes from them blindly.

Lines of `key = value` until `ElementDataFile`, which says where the pixels are.
Format: https://itk.org/Wiki/ITK/MetaIO/Documentation
"""

import re
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan.identity import IDENTITY_TAGS
from discai.scan.volume import check_geometry, nearest_rotation

#: Values that name where the pixels are: in this file, or else in the file of that name.
LOCAL: Final = "LOCAL"

#: ITK reads no longer headers; free text fills most of a long one.
_MAX_BYTES: Final = 256 * 2**10
_MAX_ENTRIES: Final = 4096
#: In the direction of a slice that is alone, whose thickness no field holds.
_ALONE_MM: Final = 1.0

PIXEL_TYPES: Final = {
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
_TRUE: Final = ("true", "t", "yes", "y", "1")
_FALSE: Final = ("false", "f", "no", "n", "0")


@dataclass(frozen=True)
class MetaHeader:
    """Image as a header describes it.

    Attributes:
        shape: `(z, y, x)`.
        pixel_type: with the byte order of the file.
        spacing_mm: along the axes of `shape`.
        origin_mm: LPS position of the first voxel (x, y, z).
        direction: ITK's 3x3 direction matrix, row-major; None where the header has none.
        is_compressed: the pixels are zlib data.
        data_file: `LOCAL`, or the name of the file with the pixels.
        removed_tags: names of the entries that say something else, such as who was scanned.
        notes: sentences on what is odd.
    """

    shape: tuple[int, int, int]
    pixel_type: np.dtype[np.generic]
    spacing_mm: tuple[float, float, float]
    origin_mm: tuple[float, float, float]
    direction: tuple[float, ...] | None
    is_compressed: bool
    data_file: str
    removed_tags: tuple[str, ...]
    notes: tuple[str, ...]


def read_header(file: BinaryIO) -> MetaHeader:
    """The header of a file, which is then read up to its pixels.

    Raises:
        PermanentError: `not-an-image`, `truncated`, `too-large`, `not-3d`, `unsupported-format` or
            `bad-geometry`.
    """
    entries = _entries(file)
    _refuse_other_kinds(entries)
    count, shape = _shape(entries)
    spacing_mm, origin_mm, direction, notes = _geometry(entries, count)
    return MetaHeader(
        shape=shape,
        pixel_type=_pixel_type(entries),
        spacing_mm=spacing_mm,
        origin_mm=origin_mm,
        direction=direction,
        is_compressed=_flag(entries, "CompressedData"),
        data_file=entries["ElementDataFile"],
        removed_tags=tuple(
            IDENTITY_TAGS.get(key, key) for key in entries if key not in _IMAGE_KEYS
        ),
        notes=notes,
    )


def _entries(file: BinaryIO) -> dict[str, str]:
    entries: dict[str, str] = {}
    while "ElementDataFile" not in entries:
        line = file.readline(_MAX_BYTES + 1)
        if not line and entries:
            raise PermanentError("truncated", "The MetaImage file ends within its header.")
        if file.tell() > _MAX_BYTES or len(entries) > _MAX_ENTRIES:
            raise PermanentError(
                "too-large",
                f"The MetaImage header has more than {_MAX_BYTES // 1024} KiB or {_MAX_ENTRIES} "
                "entries.",
            )
        if line.endswith(b"\n") and not line.strip():
            continue
        if not line.endswith(b"\n") or b"=" not in line:
            raise PermanentError("not-an-image", "The file has no readable MetaImage header.")
        # Free-text values (names, comments) may be in any 8-bit code; the keys we use are ASCII.
        key, value = (part.strip() for part in line.decode("latin-1").split("=", 1))
        if not _KEY.fullmatch(key) or key in entries:
            raise PermanentError("not-an-image", "The MetaImage header is malformed.")
        entries[key] = value
    return entries


def _refuse_other_kinds(entries: dict[str, str]) -> None:
    if entries.get("ElementNumberOfChannels", "1") != "1":
        raise PermanentError("unsupported-format", "The MetaImage file isn't a grey-value image.")
    if entries.get("ObjectType", "").lower() != "image":
        raise PermanentError("unsupported-format", "The MetaImage file holds no image.")
    if not _flag(entries, "BinaryData", default="True"):
        raise PermanentError(
            "unsupported-format", "The MetaImage file holds its pixels as text; save it binary."
        )
    # -1 says that the header ends where the pixels begin, which is so where both are in one file.
    if entries.get("HeaderSize", "0") not in ("-1", "0"):
        raise PermanentError(
            "unsupported-format", "MetaImage files with a HeaderSize of their own aren't supported."
        )


def _flag(entries: dict[str, str], key: str, default: str = "False") -> bool:
    value = entries.get(key, default).lower()
    if value not in (*_TRUE, *_FALSE):
        raise PermanentError("not-an-image", f"The MetaImage's {key} is neither True nor False.")
    return value in _TRUE


def _shape(entries: dict[str, str]) -> tuple[int, tuple[int, int, int]]:
    """The number of axes in the header, and `(z, y, x)`; a slice alone has a `z` of 1."""
    if entries.get("NDims") not in ("2", "3", "4"):
        raise PermanentError("not-3d", "The MetaImage file holds no three-dimensional image.")
    count = int(entries["NDims"])
    dims = entries.get("DimSize", "").split()
    if len(dims) != count or not all(re.fullmatch(r"-?\d{1,19}", pixels) for pixels in dims):
        raise PermanentError("bad-geometry", "The MetaImage header has no valid DimSize.")
    x, y, z, *more = [*map(int, dims), *([1] if count == 2 else [])]
    if any(pixels != 1 for pixels in more):
        raise PermanentError("not-3d", "The MetaImage file holds several volumes.")
    return count, (z, y, x)


def _pixel_type(entries: dict[str, str]) -> np.dtype[np.generic]:
    code = PIXEL_TYPES.get(entries.get("ElementType", "").upper())
    if code is None:
        raise PermanentError("unsupported-format", "The MetaImage's ElementType isn't supported.")
    big_endian = _flag(entries, "BinaryDataByteOrderMSB") or _flag(entries, "ElementByteOrderMSB")
    return np.dtype((">" if big_endian else "<") + code)


def _geometry(
    entries: dict[str, str], count: int
) -> tuple[
    tuple[float, float, float],
    tuple[float, float, float],
    tuple[float, ...] | None,
    tuple[str, ...],
]:
    """Spacing (z, y, x), origin (x, y, z), direction and notes; of four axes the first three."""
    ones, zeros = np.ones(count), np.zeros(count)
    spacing = np.full(3, _ALONE_MM)
    origin = np.zeros(3)
    axes = np.eye(3)
    spacing[: min(count, 3)] = _floats(entries, ("ElementSpacing", "ElementSize"), ones)[:3]
    origin[: min(count, 3)] = _floats(entries, ("Offset", "Position", "Origin"), zeros)[:3]
    known = {"TransformMatrix", "Rotation", "Orientation"} & entries.keys()
    vectors = _floats(
        entries, ("TransformMatrix", "Rotation", "Orientation"), np.eye(count).ravel()
    )
    direction, notes = tuple(axes.ravel().tolist()), tuple[str, ...]()
    if count > 2:
        direction, notes = _rotation(vectors.reshape(count, count)[:3, :3].T)
    check_geometry(tuple(spacing.tolist()), tuple(origin.tolist()), direction)
    x, y, z = (float(mm) for mm in spacing)
    return (
        (z, y, x),
        (float(origin[0]), float(origin[1]), float(origin[2])),
        direction if known and count > 2 else None,
        notes,
    )


def _rotation(axes: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """As `nearest_rotation`; what is right-angled as written stays so to the last digit."""
    if np.array_equal(axes.T @ axes, np.eye(3)):
        return tuple(axes.ravel().tolist()), ()
    if not np.isfinite(axes).all():
        raise PermanentError("bad-geometry", "The file's position or direction isn't a number.")
    return nearest_rotation(axes)


def _floats(
    entries: dict[str, str],
    keys: tuple[str, ...],
    default: NDArray[np.float64],
) -> NDArray[np.float64]:
    for key in keys:
        if key in entries:
            try:
                values = np.array([float(number) for number in entries[key].split()])
            except ValueError:
                values = np.empty(0)
            if len(values) != len(default):
                raise PermanentError("bad-geometry", f"The MetaImage's {key} is malformed.")
            return values
    return default
