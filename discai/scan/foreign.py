"""Formats that people do try and that aren't read: an answer better than "not an image"."""

from pathlib import Path
from typing import Final

from discai.errors import PermanentError
from discai.scan.volume import StoredVolume

NAME: Final = "foreign"

_FORMATS: Final = {
    b"%PDF": "PDF documents",
    b"II*\0": "TIFF pictures",
    b"MM\0*": "TIFF pictures",
    b"GIF8": "GIF pictures",
    b"BM": "BMP pictures",
    b"RIFF": "WebP pictures and videos",
    b"NRRD": "NRRD files",
    b"\x89HDF": "HDF5 files",
    b"Rar!": "RAR archives",
    b"7z\xbc\xaf": "7z archives",
}


def recognises(head: bytes, name: str) -> bool:
    """By the first bytes alone: the name of such a file often promises something else."""
    return _what(head) is not None


def read(path: Path) -> StoredVolume:
    """Raises `PermanentError("unsupported-format")`."""
    with path.open("rb") as file:
        what = _what(file.read(max(map(len, _FORMATS))))
    raise PermanentError("unsupported-format", f"{what} aren't supported.")


def _what(head: bytes) -> str | None:
    return next((what for start, what in _FORMATS.items() if head.startswith(start)), None)
