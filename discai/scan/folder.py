"""A folder of DICOM files or pictures as one archive: one file is one scan everywhere else."""

import zipfile
from pathlib import Path
from typing import Final

from discai.errors import PermanentError
from discai.scan import dicom, picture

_HEAD_BYTES: Final = 512


def zip_folder(folder: Path, target: Path) -> None:
    """Writes the folder's DICOM files and pictures, at any depth, into the archive `target`.

    Other files (notes, viewers, lists) are left out; names inside start below the folder.

    Raises:
        PermanentError: `empty` if the folder holds no DICOM file and no picture.
    """
    images = [path for path in sorted(folder.rglob("*")) if path.is_file() and _is_image(path)]
    if not images:
        raise PermanentError("empty", "The folder holds no DICOM files and no pictures.")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        for path in images:
            archive.write(path, path.relative_to(folder).as_posix())


def _is_image(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return picture.recognises(head, "") or dicom.recognises(head, "")
