"""Orientation by EXIF: pictures are shown as it says, whatever way their pixels are stored.

EXIF 2.32 (CIPA DC-008), tag Orientation; TIFF 6.0 for the layout of its directory.
"""

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

_UPRIGHT: Final = 1
_ORIENTATION: Final = 0x0112
_SHORT: Final = 3
_MAX_ENTRIES: Final = 512
#: By orientation, what brings stored rows and columns to those that are shown: quarter turns
#: counter-clockwise, then a mirror from left to right.
_TURNS: Final = {
    1: (0, False),
    2: (0, True),
    3: (2, False),
    4: (2, True),
    5: (3, True),
    6: (3, False),
    7: (1, True),
    8: (1, False),
}


def exif_orientation(data: bytes) -> int:
    """The orientation 1 to 8 of a JPEG or PNG file; 1 where it says none, or nothing sensible."""
    tiff = _tiff_of_jpeg(data) if data.startswith(b"\xff\xd8") else _tiff_of_png(data)
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return _UPRIGHT
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(min(count, _MAX_ENTRIES)):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, start + 2 + 12 * entry)
            if (tag, kind) == (_ORIENTATION, _SHORT) and value in _TURNS:
                return int(value)
    except struct.error:
        return _UPRIGHT
    return _UPRIGHT


def turned(picture: NDArray[np.generic], orientation: int) -> NDArray[np.generic]:
    """The picture `(row, column)` as it is shown."""
    turns, mirrored = _TURNS[orientation]
    upright = np.rot90(picture, turns)
    return np.ascontiguousarray(np.fliplr(upright) if mirrored else upright)


def _tiff_of_jpeg(data: bytes) -> bytes:
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4])
        body = data[position + 4 : position + 2 + length]
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):
            return body[6:]
        if marker == 0xDA or length < 2:  # the pixels begin
            break
        position += 2 + length
    return b""


def _tiff_of_png(data: bytes) -> bytes:
    position = 8
    while position + 12 <= len(data):
        length = int.from_bytes(data[position : position + 4])
        if data[position + 4 : position + 8] == b"eXIf":
            return data[position + 8 : position + 8 + length]
        position += 12 + length
    return b""
