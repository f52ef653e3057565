"""A folder of DICOM files or pictures as one archive: one file is one scan everywhere else."""

import zipfile
from pathlib import Path

from discai.errors import PermanentError
from discai.scan import dicom, picture
from discai.scan.kinds import is_of_system, kind_of


def zip_folder(folder: Path, target: Path) -> None:
    """Writes the folder's images, at any depth, into the archive `target`.

    Other files (notes, viewers, lists) are left out; names inside start below the folder.

    Raises:
        PermanentError: `empty` if the folder holds no DICOM file and no picture.
    """
    names = {
        path: path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    images = {
        path: kind
        for path, name in names.items()
        if not is_of_system(name) and (kind := kind_of(path, name))
    }
    if not {dicom.NAME, picture.NAME} & set(images.values()):
        raise PermanentError("empty", "The folder holds no DICOM files and no pictures.")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        for path in images:
            archive.write(path, names[path])
