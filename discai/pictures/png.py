"""An indexed PNG: class indices that a browser can read and a person can look at.

OpenCV writes no palettes. Format: https://www.w3.org/TR/png-3/
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_INDEXED = 3


def encode_indexed(indices: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """A PNG of indices `(row, column)` into a palette `(colour, 3)` of RGB values."""
    height, width = indices.shape
    header = struct.pack(">2I5B", width, height, 8, _INDEXED, 0, 0, 0)
    unfiltered = np.zeros((height, width + 1), np.uint8)  # each row starts with its filter, none
    unfiltered[:, 1:] = indices
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in (
            (b"IHDR", header),
            (b"PLTE", palette.astype(np.uint8).tobytes()),
            (b"IDAT", _compressed(unfiltered)),
            (b"IEND", b""),
        )
    )


def _compressed(rows: NDArray[np.uint8]) -> bytes:
    """Runs of one class are long: to look for nothing else is three times as fast."""
    compressor = zlib.compressobj(level=6, strategy=zlib.Z_RLE)
    return compressor.compress(rows.tobytes()) + compressor.flush()
