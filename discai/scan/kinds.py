"""Formats of files, and the choice of the files of a folder or an archive that are the scan."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from discai.errors import PermanentError
from discai.scan import dicom, mha, nifti, picture
from discai.scan.volume import StoredVolume

SMALLEST_SLICE: Final = 128  # pixels a side; icons and thumbnails are smaller
_HEAD_BYTES: Final = 1024
_HEADER_BYTES: Final = 64 * 1024
_SYSTEM_FILES: Final = {"dicomdir", "thumbs.db", "desktop.ini", "__macosx"}


class Format(Protocol):
    """Interface of every module of a format."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a constant of the module
        """Name that people use for the format."""

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell if the first bytes (or else the lower-case file name) are of this format."""

    def read(self, path: Path) -> StoredVolume:
        """The file's volume; raises `PermanentError`."""


IMAGES: Final[tuple[Format, ...]] = (picture, dicom, nifti, mha)


def format_of(path: Path, name: str, formats: Sequence[Format]) -> Format | None:
    """The first of `formats` that takes the content or else the `name`; None if none does."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for hint in ("", name.lower()):
        for each in formats:
            if each.recognises(head, hint):
                return each
    return None


def is_of_system(name: str) -> bool:
    """Tell if operating systems or DICOM media add files of that name (with `/` for folders)."""
    parts = [part.lower() for part in PurePosixPath(name).parts]
    return any(part in _SYSTEM_FILES or (part.startswith(".") and part != "..") for part in parts)


def images_among(files: dict[Path, str]) -> tuple[list[Path], set[str]]:
    """Those of the files (with their names) that make the scan, and the NAMEs of their formats.

    Viewers, lists and notes are left out. What only its name says to be an image counts as one: it
    is damaged, and leaving it out would hide that a slice is missing. Pictures beside DICOM files
    are left out, too, unless they look like a series that is the longer of both: they are icons of
    a viewer or show the same slices once more, as the web pages of a CD do (IHE Radiology, Portable
    Data for Imaging).

    Raises:
        PermanentError: `mixed-series` for a volume beside anything else or such a series beside
            DICOM files, which may be another scan.
    """
    images = {
        path: found.NAME for path, name in files.items() if (found := format_of(path, name, IMAGES))
    }
    kinds = set(images.values())
    if kinds >= {dicom.NAME, picture.NAME} and not _is_longer_series(files, images):
        kinds.discard(picture.NAME)
    if len(kinds) > 1 and not kinds <= {mha.NAME, nifti.NAME}:
        raise PermanentError(
            "mixed-series",
            f"Images of several formats lie together ({' and '.join(sorted(kinds))}) and may be "
            "different scans; give the files of one scan alone.",
        )
    return [path for path, kind in images.items() if kind in kinds], kinds


def _is_longer_series(files: dict[Path, str], images: dict[Path, str]) -> bool:
    """Tell if more pictures than DICOM slices may be one series, by their sizes and names.

    They are of one size, not small, and numbered alike or in folders of the DICOM files. `files`
    has the names, `images` the NAMEs of formats.
    """
    dicoms, pictures = (
        [path for path, kind in images.items() if kind == each.NAME] for each in (dicom, picture)
    )
    folders = {PurePosixPath(files[path]).parent for path in dicoms}
    alike: Counter[tuple[str, tuple[int, int] | None]] = Counter()
    for path in pictures:
        name = PurePosixPath(files[path])
        size = picture.size_of(_beginning_of(path))
        if size is None or min(size) >= SMALLEST_SLICE:
            pattern = re.sub(r"\d+", "#", name.name.lower())
            alike["" if name.parent in folders else pattern, size] += 1
    slices = sum(dicom.frames_of(_beginning_of(path)) for path in dicoms)
    return max(alike.values(), default=0) > slices


def _beginning_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER_BYTES)
