"""A folder as one archive: one file is one scan everywhere else."""

import zipfile
from pathlib import Path

from discai.errors import PermanentError
from discai.scan import dicom, picture
from discai.scan.kinds import images_among, is_of_system, mha_pixels


def zip_folder(folder: Path, target: Path) -> None:
    """Writes the folder's images, at any depth, into the archive `target`.

    Other files (see `images_among`) are left out; names inside start below the folder.

    Raises:
        PermanentError: `empty` if the folder holds no DICOM file and no picture, `mixed-series`.
    """
    names = {
        path: name
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not is_of_system(name := path.relative_to(folder).as_posix())
    }
    images, kinds = images_among(names)
    if not kinds & {dicom.NAME, picture.NAME}:
        images = _header_and_pixels(images, names)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        for path in images:
            archive.write(path, in_unicode(names[path]))


def _header_and_pixels(images: list[Path], names: dict[Path, str]) -> list[Path]:
    """A `.mhd` header that is alone in its folder, and its pixels."""
    if len(images) == 1 and images[0].suffix.lower() == ".mhd":
        pixels = mha_pixels(images[0], names)
        if pixels is not None:
            return [images[0], pixels]
    raise PermanentError(
        "empty",
        "The folder holds no DICOM files and no pictures; give files of other formats one by one.",
    )


def typed_name(path: Path) -> str:
    """The last name of a path as it was typed, if that has one: a link's, not its target's."""
    return path.name if path.name not in ("", "..") else path.resolve().name


def in_unicode(name: str) -> str:
    """A name as archives and JSON want it: those on a disc may be in another encoding."""
    return name.encode(errors="xmlcharrefreplace").decode()
