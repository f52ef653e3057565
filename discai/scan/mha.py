"""MetaImage (`.mha`, or `.mhd` with its `.raw`): a strict reader and a small writer.

ITK's own reader opens other files that the header names, crashes on hostile headers and returns
uninitialised memory for broken data; this one reads single-channel images of up to three
dimensions whose pixels lie in the same file, or in a file that the caller gives, or refuses.
"""

import re
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan.mha_header import LOCAL, PIXEL_TYPES, MetaHeader, read_header
from discai.scan.orientation import orientation_of, stored_grid
from discai.scan.scan import Scan, StoredGrid
from discai.scan.volume import StoredVolume, check_size

NAME: Final = "MetaImage"

_CHUNK_BYTES: Final = 2**20
_MAX_DEFLATE_RATIO: Final = 1032  # https://zlib.net/zlib_tech.html
_MAX_BEHIND_BYTES: Final = 16


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
        header = read_header(file)
        if header.data_file != LOCAL:
            raise PermanentError(
                "external-data",
                "The pixels are in another file; give both in one folder or zip archive, or save "
                "them as one .mha file.",
            )
        return _volume(header, file, path.stat().st_size - file.tell())


def read_pair(path: Path, pixels: Path) -> StoredVolume:
    """The image of a `.mhd` header and the file of its pixels; what `read` raises."""
    with path.open("rb") as file:
        header = read_header(file)
    with pixels.open("rb") as file:
        return _volume(header, file, pixels.stat().st_size)


def grid_of(path: Path) -> StoredGrid:
    """The grid of a header, whose pixels aren't looked at; raises what `read` raises of headers."""
    with path.open("rb") as file:
        header = read_header(file)
    return stored_grid(header.shape, header.spacing_mm, header.origin_mm, header.direction)


def data_file_of(path: Path) -> str | None:
    """The name of the file that holds the pixels of a header; None where they are inside it.

    Raises what `read` raises of headers.
    """
    with path.open("rb") as file:
        named = read_header(file).data_file
    return None if named == LOCAL else named


def encode_scan(scan: Scan) -> bytes:
    """A compressed `.mha` that is read as the same scan; `ValueError` without spacing."""
    if scan.spacing_mm is None:
        raise ValueError("this format can't say that a spacing isn't known")
    return encode(scan.to_stored(scan.voxels), scan.grid)


def encode(array: NDArray[np.generic], grid: StoredGrid) -> bytes:
    """A compressed `.mha` of an array that lies on a file's own grid.

    Numbers are written so that every reader gets exactly the grid's floats back.
    """
    pixel_types = {np.dtype(code): name for name, code in PIXEL_TYPES.items()}
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


def _volume(header: MetaHeader, file: BinaryIO, available: int) -> StoredVolume:
    size = check_size(header.shape, header.pixel_type.itemsize)
    read_pixels = _inflate if header.is_compressed else _read_plain
    array = np.frombuffer(read_pixels(file, size, available), header.pixel_type)
    return StoredVolume(
        array.reshape(header.shape).astype(header.pixel_type.newbyteorder("="), copy=False),
        header.spacing_mm,
        header.origin_mm,
        header.direction,
        header.removed_tags,
        header.notes,
    )


def _read_plain(file: BinaryIO, size: int, available: int) -> bytes:
    if available < size:
        raise _truncated()
    # Some writers end the file with a line break; what is longer would be another size of image.
    if available > size + _MAX_BEHIND_BYTES:
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
