"""PNG and JPEG pictures of slices: no geometry, taken as shown; decoded by OpenCV in the sandbox.

PNG: https://www.w3.org/TR/png-3/ · JPEG: ITU-T T.81, annex B
"""

import contextlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan import sandbox
from discai.scan.exif import exif_orientation, turned
from discai.scan.volume import StoredVolume, check_size

NAME: Final = "picture"

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE: Final = b"\xff\xd8\xff"

_MAX_CHANNELS: Final = 4
_PNG_TEXT: Final = {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"}
_JPEG_END: Final = b"\xff\xd9"
_JPEG_FRAMES: Final = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive
_JPEG_OTHER_FRAMES: Final = {*range(0xC3, 0xD0)} - {0xC4, 0xC8, 0xCC}  # lossless, arithmetic
_JPEG_TEXT: Final = {0xE1: "Exif", 0xED: "IPTC", 0xFE: "Comment"}


def recognises(head: bytes, name: str) -> bool:
    """By the signature; by the name if the content is cut short or is something else."""
    return head.startswith((PNG_SIGNATURE, JPEG_SIGNATURE)) or name.endswith(
        (".png", ".jpg", ".jpeg")
    )


def read(path: Path) -> StoredVolume:
    """One picture as a volume of one slice; what `decode` raises."""
    return read_series([path])


def read_series(paths: list[Path]) -> StoredVolume:
    """Pictures of one size, in the order given, as the slices of a volume."""
    return sandbox.run("discai.scan.picture", paths)


def size_of(head: bytes) -> tuple[int, int] | None:
    """Height and width of a picture in pixels; None if its first bytes don't say them."""
    if head.startswith(PNG_SIGNATURE):
        return int.from_bytes(head[20:24], "big"), int.from_bytes(head[16:20], "big")
    with contextlib.suppress(PermanentError):
        return _inspect_jpeg(head + _JPEG_END)[:2]
    return None


def decode(paths: list[Path]) -> StoredVolume:
    """Runs in the sandbox: grey values `(slice, row, column)`, uint8 or uint16.

    Raises:
        PermanentError: `not-an-image`, `unsupported-format`, `truncated`, `damaged`, `too-large`
            or, where pictures differ in size or depth, `mixed-series`.
    """
    removed: set[str] = set()
    slices: list[NDArray[np.generic]] = []
    for path in paths:
        data = path.read_bytes()
        height, width, texts = _inspect(data)
        check_size((len(paths), height, width), _MAX_CHANNELS)
        removed |= texts
        slices.append(turned(_decode_one(data), exif_orientation(data)))
    if len({(picture.shape, picture.dtype) for picture in slices}) > 1:
        raise PermanentError(
            "mixed-series", "The pictures differ in size or depth; upload one series at a time."
        )
    return StoredVolume(np.stack(slices), removed_tags=tuple(sorted(removed)))


def _decode_one(data: bytes) -> NDArray[np.generic]:
    import cv2

    picture: NDArray[np.generic] | None = None
    with contextlib.suppress(cv2.error):
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise _damaged()
    if picture.dtype not in (np.uint8, np.uint16):
        raise PermanentError("unsupported-format", "The picture has neither 8 nor 16 bits.")
    if picture.ndim == 2:
        return picture
    colours = picture[..., :3]
    if (colours[..., :1] == colours).all():  # grey saved as colour keeps its exact values
        return np.ascontiguousarray(colours[..., 0])
    grey: NDArray[np.generic] = cv2.cvtColor(np.ascontiguousarray(colours), cv2.COLOR_BGR2GRAY)
    return grey


def _inspect(data: bytes) -> tuple[int, int, set[str]]:
    """Height, width and the names of text fields, found without decoding anything."""
    if data.startswith(PNG_SIGNATURE):
        return _inspect_png(data)
    if data.startswith(JPEG_SIGNATURE):
        return _inspect_jpeg(data)
    raise PermanentError("not-an-image", "The file is no PNG or JPEG picture.")


def _inspect_png(data: bytes) -> tuple[int, int, set[str]]:
    height = width = 0
    texts: set[str] = set()
    for kind, body in _png_chunks(data):
        if kind == b"IHDR":
            width, height = (int.from_bytes(body[i : i + 4], "big") for i in (0, 4))
        elif kind in _PNG_TEXT:
            texts.add(kind.decode())
        elif kind == b"acTL":
            raise PermanentError("unsupported-format", "Animated pictures aren't supported.")
    return height, width, texts


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks to the end of the picture; libpng would show a cut picture half black."""
    position, kind = len(PNG_SIGNATURE), b""
    while kind != b"IEND":
        length = int.from_bytes(data[position : position + 4], "big")
        end = position + 12 + length
        if end > len(data):
            raise _truncated()
        kind, body = data[position + 4 : position + 8], data[position + 8 : end - 4]
        if zlib.crc32(kind + body) != int.from_bytes(data[end - 4 : end], "big"):
            raise _damaged()
        yield kind, body
        position = end


def _inspect_jpeg(data: bytes) -> tuple[int, int, set[str]]:
    position, texts = 2, set[str]()
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker in _JPEG_FRAMES:
            if data[position + 4] != 8:
                raise PermanentError(
                    "unsupported-format",
                    f"A JPEG picture of {data[position + 4]} bits isn't supported; save it as PNG.",
                )
            if data.rfind(_JPEG_END) < position:  # libjpeg would fill the rest with grey
                raise _truncated()
            height, width = (
                int.from_bytes(data[position + i : position + i + 2], "big") for i in (5, 7)
            )
            return height, width, texts
        if marker in _JPEG_OTHER_FRAMES:
            raise PermanentError(
                "unsupported-format", "This kind of JPEG (lossless or arithmetic) isn't supported."
            )
        if marker in _JPEG_TEXT:
            texts.add(_JPEG_TEXT[marker])
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    raise _damaged()


def _truncated() -> PermanentError:
    return PermanentError("truncated", "The picture ends before its last pixel; upload it again.")


def _damaged() -> PermanentError:
    return PermanentError("damaged", "The picture is damaged and can't be decoded.")
