"""Volumes of a study: each file is a series of its own."""

from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from discai.errors import PermanentError
from discai.records.record import Failure
from discai.scan import mha, nifti, nrrd, sandbox
from discai.scan.archive import natural_order
from discai.scan.kinds import mha_pixels
from discai.scan.orientation import refuse_unreadable, stored_grid
from discai.scan.scan import StoredGrid
from discai.scan.volume import check_geometry, check_size
from discai.study.part import Part
from discai.study.series import Series, digest_of, file_digest

_NO_ROTATION: Final = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
#: Modules that describe files of a format in the sandbox.
_DESCRIBERS: Final = {nifti.NAME: "discai.scan.nifti", nrrd.NAME: "discai.scan.nrrd"}


class _Layout(BaseModel):
    """Layout of one file as `discai.scan.volume.layouts_of` answers it."""

    model_config = ConfigDict(alias_generator=to_camel)

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float] | None
    direction: tuple[float, float, float, float, float, float, float, float, float] | None


_LAYOUTS: Final = TypeAdapter(list[_Layout | Failure])


def sort_volumes(volumes: dict[Path, str], files: dict[Path, str]) -> Part:
    """The volumes (with the NAMEs of their formats) in the order of their names in `files`.

    A header that can't be read, or of slices that aren't sagittal, is left out.
    """
    series: list[Series] = []
    left_out: list[tuple[str, str]] = []
    failures: list[PermanentError] = []
    layouts = _layouts(volumes)
    for path in sorted(volumes, key=lambda path: natural_order(files[path])):
        try:
            series.append(_series_of(path, volumes[path], files, layouts.get(path)))
        except PermanentError as error:
            reason = "not sagittal" if error.code == "not-sagittal" else error.message
            left_out.append((f"a {volumes[path]} volume", reason))
            failures.append(error)
    return Part(tuple(series), tuple(left_out), failures[0] if failures else None)


def _layouts(volumes: dict[Path, str]) -> dict[Path, _Layout | Failure]:
    """Layouts of the files whose headers are parsed in the sandbox; one child for each format."""
    found: dict[Path, _Layout | Failure] = {}
    for kind, describer in _DESCRIBERS.items():
        paths = [path for path, format_ in volumes.items() if format_ == kind]
        if not paths:
            continue
        try:
            layouts = _LAYOUTS.validate_python(sandbox.describe(describer, paths))
        except ValidationError as error:
            raise sandbox.crashed() from error
        if len(layouts) != len(paths):
            raise sandbox.crashed()
        found |= zip(paths, layouts, strict=True)
    return found


def _series_of(
    path: Path, kind: str, files: dict[Path, str], layout: _Layout | Failure | None
) -> Series:
    pixels = mha_pixels(path, files) if kind == mha.NAME else None
    grid = mha.grid_of(path) if layout is None else _grid_of(layout)
    refuse_unreadable(grid)
    paths = [path] if pixels is None else [path, pixels]
    return Series(
        files={each: files[each] for each in paths},
        format=kind,
        digest=digest_of(map(file_digest, paths)),
        plane=None if grid.spacing_mm is None else "sagittal",
        slices=grid.shape[grid.axes[0]],
        name=PurePosixPath(files[path]).name.split(".")[0],
    )


def _grid_of(layout: _Layout | Failure) -> StoredGrid:
    if isinstance(layout, Failure):
        raise PermanentError(layout.code, layout.message)
    check_size(layout.shape, 1)
    check_geometry(layout.spacing_mm or (1.0,), (), layout.direction or _NO_ROTATION)
    return stored_grid(layout.shape, layout.spacing_mm, (0.0, 0.0, 0.0), layout.direction)
