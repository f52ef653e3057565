"""Formats of files, and the choice of the files of a folder or an archive that are the scan."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from discai.errors import PermanentError
from discai.scan import dicom, mha, nifti, nrrd, picture
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


IMAGES: Final[tuple[Format, ...]] = (picture, dicom, nifti, nrrd, mha)
_VOLUME_FORMATS: Final = (nifti, nrrd, mha)
VOLUMES: Final = frozenset(each.NAME for each in _VOLUME_FORMATS)


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
    images = formats_of(files)
    kinds = set(images.values())
    if kinds >= {dicom.NAME, picture.NAME} and not is_longer_series(files, images):
        kinds.discard(picture.NAME)
    if len(kinds) > 1 and not kinds <= VOLUMES:
        raise several_formats(kinds)
    names = [files[path] for path in images]
    if kinds == {picture.NAME} and not is_numbered_through(names):
        raise several_patterns()
    return [path for path, kind in images.items() if kind in kinds], kinds


def formats_of(files: dict[Path, str]) -> dict[Path, str]:
    """The images among files (with their names), each with the NAME of its format."""
    return {
        path: found.NAME for path, name in files.items() if (found := format_of(path, name, IMAGES))
    }


def several_formats(kinds: Iterable[str]) -> PermanentError:
    """The refusal of images of several formats that may be different scans, or one twice."""
    return PermanentError(
        "mixed-series",
        f"Images of several formats lie together ({' and '.join(sorted(kinds))}) and may be "
        "different scans; give the files of one scan alone.",
    )


def several_patterns() -> PermanentError:
    """The refusal of pictures whose names don't say which of them are one series."""
    return PermanentError(
        "mixed-series",
        "By their names the pictures may belong to several series; give those of one series, "
        "named alike but for the number of the slice.",
    )


def read_volume(images: Sequence[Path], files: dict[Path, str]) -> StoredVolume:
    """The one volume among files, which have their names in `files`.

    A MetaImage header that names another file finds it in its own folder.

    Raises:
        PermanentError: `mixed-series` for several volumes, `external-data` where the pixels of a
            header are missing, or what the format's reader raises.
    """
    if len(images) > 1:
        raise PermanentError(
            "mixed-series", f"There are {len(images)} volumes; give each by itself."
        )
    path = images[0]
    found = format_of(path, files[path], _VOLUME_FORMATS)
    if found is not mha:
        assert found  # noqa: S101 - the caller has found it to be an image
        return found.read(path)
    pixels = mha_pixels(path, files)
    return mha.read(path) if pixels is None else mha.read_pair(path, pixels)


def mha_pixels(path: Path, files: dict[Path, str]) -> Path | None:
    """The file of a MetaImage header's pixels, None where they are in the same file.

    Raises:
        PermanentError: `external-data` where it isn't among the files, or what the header's reader
            raises.
    """
    named = mha.data_file_of(path)
    if named is None:
        return None
    folder = PurePosixPath(files[path]).parent
    for other, name in files.items():
        if PurePosixPath(name) == folder / named and other != path:
            return other
    raise PermanentError("external-data", "The file with the pixels of the .mhd file is missing.")


def is_numbered_through(names: Sequence[str]) -> bool:
    """Tell if pictures of these names are numbered through by one number.

    `T1/1.png` beside `T2/1.png`, `image_1.png` beside `mask_1.png`, or numbers of patients and of
    slices in each name may be several scans.
    """
    if len(names) < 2:
        return True
    if len({pattern_of(name) for name in names}) > 1:
        return False
    numbers = [re.findall(r"[0-9]+", name) for name in names]
    counts = [
        len({number.lstrip("0") for number in column}) for column in zip(*numbers, strict=True)
    ]
    # Numbers that go along with the slice's are fine: `1/slice1.png`, `2/slice2.png`.
    return all(count in (1, len(names)) for count in counts)


def pattern_of(name: str) -> str:
    """A name in lower case with `#` for each number."""
    return re.sub(r"[0-9]+", "#", name.lower())


def is_longer_series(files: dict[Path, str], images: dict[Path, str]) -> bool:
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
            pattern = "" if name.parent in folders else pattern_of(name.name)
            alike[pattern, size] += 1
    slices = sum(dicom.frames_of(_beginning_of(path)) for path in dicoms)
    return max(alike.values(), default=0) > slices


def _beginning_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEADER_BYTES)
