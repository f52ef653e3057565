"""Grouping of files into scans: an object of the uploads bucket is exactly one."""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from discai.errors import PermanentError
from discai.scan.folder import in_unicode, typed_name, zip_folder

#: Formats in which one file is a whole scan; of all others, files given together make one.
_WHOLE_SCANS: Final = (".mha", ".nii", ".nii.gz", ".nrrd", ".zip")


@dataclass(frozen=True)
class Bundle:
    """One scan to upload: a file as it is, or a folder or several files to be zipped."""

    name: str
    paths: tuple[Path, ...]

    @property
    def is_empty(self) -> bool:
        """Tell if it is one file without a byte."""
        [first, *others] = self.paths
        return not others and first.is_file() and first.stat().st_size == 0

    def pack(self, folder: Path) -> Path:
        """The file to upload; a zip is made in `folder`.

        Raises `PermanentError("empty")` for a folder without pictures and DICOM files.
        """
        first, *others = self.paths
        if not others and first.is_file():
            return first
        target = folder / "scan.zip"
        if not others:
            zip_folder(first, target)
            return target
        # Plain names where they can be: slices are put in order by them.
        unique = len({path.name for path in self.paths}) == len(self.paths)
        with zipfile.ZipFile(target, "w", strict_timestamps=False) as archive:
            for number, path in enumerate(self.paths):
                name = in_unicode(path.name)
                archive.write(path, name if unique else f"{number:05d}/{name}")
        return target


def bundles_of(paths: Iterable[Path]) -> list[Bundle]:
    """The scans in what a person selected.

    Volumes, archives and folders are scans of their own; single pictures and DICOM files that were
    selected together are one. Raises `PermanentError("not-found")` for a path that isn't there.
    """
    bundles: list[Bundle] = []
    loose: list[Path] = []
    for path in paths:
        if not path.exists():
            raise PermanentError("not-found", f"There is no {path}.")
        if path.is_dir():
            bundles.append(Bundle(_archive_name(path), (path,)))
        elif path.name.lower().endswith(_WHOLE_SCANS):
            bundles.append(Bundle(in_unicode(path.name), (path,)))
        else:
            loose.append(path)
    if len(loose) == 1:
        bundles.append(Bundle(in_unicode(loose[0].name), (loose[0],)))
    elif loose:
        bundles.append(Bundle(_archive_name(loose[0].parent), tuple(loose)))
    return bundles


def _archive_name(folder: Path) -> str:
    return f"{in_unicode(typed_name(folder)) or 'scan'}.zip"
