"""Volumes of a study: each file is a series of its own."""

from pathlib import Path, PurePosixPath

from discai.errors import PermanentError
from discai.scan import mha
from discai.scan.archive import natural_order
from discai.scan.kinds import mha_pixels
from discai.scan.orientation import refuse_unreadable
from discai.study.part import Part
from discai.study.series import Series, digest_of, file_digest


def sort_volumes(volumes: dict[Path, str], files: dict[Path, str]) -> Part:
    """The volumes (with the NAMEs of their formats) in the order of their names in `files`.

    A header that can't be read, or of slices that aren't sagittal, is left out.
    """
    series: list[Series] = []
    left_out: list[tuple[str, str]] = []
    failures: list[PermanentError] = []
    for path in sorted(volumes, key=lambda path: natural_order(files[path])):
        try:
            series.append(_series_of(path, volumes[path], files))
        except PermanentError as error:
            reason = "not sagittal" if error.code == "not-sagittal" else error.message
            left_out.append((f"a {volumes[path]} volume", reason))
            failures.append(error)
    return Part(tuple(series), tuple(left_out), failures[0] if failures else None)


def _series_of(path: Path, kind: str, files: dict[Path, str]) -> Series:
    pixels = mha_pixels(path, files) if kind == mha.NAME else None
    paths = [path] if pixels is None else [path, pixels]
    grid = mha.grid_of(path) if kind == mha.NAME else None
    if grid is not None:
        refuse_unreadable(grid)
    return Series(
        files={each: files[each] for each in paths},
        format=kind,
        digest=digest_of(map(file_digest, paths)),
        plane=None if grid is None else "sagittal",
        slices=None if grid is None else grid.shape[grid.axes[0]],
        name=PurePosixPath(files[path]).name.split(".")[0],
    )
