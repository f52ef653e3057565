"""Grouping of files into scans: an object of the uploads bucket is exactly one series."""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from discai.errors import PermanentError
from discai.records.study import LeftOut
from discai.scan.names import in_unicode, typed_name
from discai.study import opened, sort_study

#: Formats in which one file is a whole scan; of all others, files given together make one.
_WHOLE_SCANS: Final = (".mha", ".nii", ".nii.gz", ".nrrd", ".zip")


@dataclass(frozen=True)
class Bundle:
    """Files that go together: one as it is, several to be zipped, or a folder."""

    name: str
    paths: tuple[Path, ...]

    @property
    def is_empty(self) -> bool:
        """Tell if it is one file without a byte."""
        [first, *others] = self.paths
        return not others and first.is_file() and first.stat().st_size == 0

    def contents(self, folder: Path) -> "Contents":
        """Itself, or of a folder each readable series as a zip that is made in `folder`.

        Raises `PermanentError` for a folder in which no series can be read.
        """
        first, *others = self.paths
        if others or not first.is_dir():
            return Contents((self,))
        with opened(first) as files:
            study = sort_study(files)
            series = []
            for each in study.series:
                packed = folder / f"{each.label}.zip"
                each.pack(packed)
                name = self.name
                if len(study.series) > 1:
                    name = f"{self.name.removesuffix('.zip')}-{each.label}.zip"
                series.append(Bundle(name, (packed,)))
        return Contents(tuple(series), study.worth_telling)

    def pack(self, folder: Path) -> Path:
        """The file to upload; a zip of several is made in `folder`."""
        first, *others = self.paths
        if not others:
            return first
        target = folder / "scan.zip"
        # Plain names where they can be: slices are put in order by them.
        unique = len({path.name for path in self.paths}) == len(self.paths)
        with zipfile.ZipFile(target, "w", strict_timestamps=False) as archive:
            for number, path in enumerate(self.paths):
                name = in_unicode(path.name)
                archive.write(path, name if unique else f"{number:05d}/{name}")
        return target


class Contents(NamedTuple):
    """The scans of a bundle, and what of a folder is not sent."""

    scans: tuple[Bundle, ...]
    left_out: tuple[LeftOut, ...] = ()


def bundles_of(paths: Iterable[Path]) -> list[Bundle]:
    """The scans in what a person selected.

    Volumes, archives and folders are apart; single pictures and DICOM files that were selected
    together are one scan. Raises `PermanentError("not-found")` for a path that isn't there.
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
