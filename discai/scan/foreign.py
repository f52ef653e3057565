"""Formats that people do try and that aren't read: an answer better than "not an image"."""

from pathlib import Path
from typing import Final

from discai.errors import PermanentError
from discai.scan.volume import StoredVolume

NAME: Final = "foreign"

_MOST_BYTES: Final = 348
_ANALYZE: Final = (b"\x5c\x01\0\0", b"\0\0\x01\x5c")  # the size of its header

#: By their first bytes; what to do about it stands behind the name.
_FORMATS: Final = {
    b"%PDF": "PDF documents",
    b"II*\0": "TIFF pictures",
    b"MM\0*": "TIFF pictures",
    b"II+\0": "TIFF pictures",
    b"GIF8": "GIF pictures",
    b"BM": "BMP pictures",
    b"RIFF": "WebP pictures and videos",
    b"\0\0\0\x0cjP  ": "JPEG 2000 pictures",
    b"\xff\x4f\xff\x51": "JPEG 2000 pictures",
    b"\0\0\0\x0cJXL ": "JPEG XL pictures",
    b"\xff\x0a": "JPEG XL pictures",
    b"\x89HDF": "HDF5 files",
    b"CDF\x01": "MINC files",
    b"CDF\x02": "MINC files",
    b"Rar!": "RAR archives",
    b"7z\xbc\xaf": "7z archives",
    b"BZh": "bzip2 files",
    b"\xfd7zXZ": "xz files",
}
#: Brands of the ISO base media format, behind `ftyp`: https://mp4ra.org/registered-types/brands
_BRANDS: Final = {
    b"heic": "HEIC pictures",
    b"heix": "HEIC pictures",
    b"mif1": "HEIF pictures",
    b"msf1": "HEIF pictures",
    b"avif": "AVIF pictures",
    b"avis": "AVIF pictures",
}


def recognises(head: bytes, name: str) -> bool:
    """By the first bytes alone: the name of such a file often promises something else."""
    return _what(head) is not None


def read(path: Path) -> StoredVolume:
    """Raises `PermanentError("unsupported-format")`."""
    with path.open("rb") as file:
        what = _what(file.read(_MOST_BYTES))
    advice = " Save them as PNG." if what and "pictures" in what else ""
    raise PermanentError("unsupported-format", f"{what} aren't supported.{advice}")


def _what(head: bytes) -> str | None:
    if head.startswith(_ANALYZE) and len(head) >= _MOST_BYTES and not head[344:346].strip(b"\0"):
        return "Analyze files"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "Videos and pictures of this kind")
    return next((what for start, what in _FORMATS.items() if head.startswith(start)), None)
