"""From a file's own axes to the canonical sagittal frame; the way back is `Scan.to_stored`."""

from itertools import permutations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan.scan import CANONICAL_ORIENTATION, Scan, StoredGrid
from discai.scan.volume import StoredVolume, check_field

#: "To" letters of the patient axes x, y, z of LPS, for a rising and a falling coordinate.
_LETTERS: Final = ("LR", "PA", "SI")
_IDENTITY: Final = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)

#: Voxels longer than this many times their shortest side come from separately acquired slices.
_SLICED_ANISOTROPY: Final = 2.0


def orientation_of(direction: tuple[float, ...]) -> str:
    """The three letters of a direction matrix, fastest axis first, as ITK's DICOMOrient says it.

    Oblique axes go to the nearest patient axis, each patient axis taken once.
    """
    matrix = np.array(direction).reshape(3, 3)
    nearest = max(permutations(range(3)), key=lambda axes: np.abs(matrix[axes, range(3)]).sum())
    return "".join(_LETTERS[axis][int(matrix[axis, i] < 0)] for i, axis in enumerate(nearest))


def direction_of(orientation: str) -> tuple[float, ...]:
    """The direction matrix (row-major) of axes that lie exactly along the patient's."""
    matrix = np.zeros((3, 3))
    for column, letter in enumerate(orientation):
        row = next(i for i, pair in enumerate(_LETTERS) if letter in pair)
        matrix[row, column] = 1.0 if _LETTERS[row][0] == letter else -1.0
    return tuple(matrix.ravel().tolist())


def stored_grid(
    shape: tuple[int, int, int],
    spacing_mm: tuple[float, float, float] | None,
    origin_mm: tuple[float, float, float],
    direction: tuple[float, ...] | None,
) -> StoredGrid:
    """The grid of a file; `direction` None means that its slices already are as shown."""
    orientation = CANONICAL_ORIENTATION if direction is None else orientation_of(direction)
    slice_, row, column = (_find(orientation, letter) for letter in reversed(CANONICAL_ORIENTATION))
    return StoredGrid(
        shape=shape,
        axes=(slice_[0], row[0], column[0]),
        flips=(slice_[1], row[1], column[1]),
        orientation=orientation,
        spacing_mm=spacing_mm,
        origin_mm=origin_mm,
        direction=_IDENTITY if direction is None else direction,
        is_placed=direction is not None,
    )


def refuse_unreadable(grid: StoredGrid) -> None:
    """Raises for a volume that is no sagittal scan, whatever its pixels show.

    Raises:
        PermanentError: `not-sagittal` where the slices were acquired in another plane,
            `bad-geometry` or `too-large` for slices that no study has.
    """
    slices, rows, columns = (grid.shape[axis] for axis in grid.axes)
    spacing_mm = None
    if grid.spacing_mm is not None:
        slice_mm, row_mm, column_mm = (grid.spacing_mm[axis] for axis in grid.axes)
        spacing_mm = (slice_mm, row_mm, column_mm)
        _refuse_other_planes((slices, rows, columns), spacing_mm)
    check_field((slices, rows, columns), spacing_mm)


def to_canonical(volume: StoredVolume) -> Scan:
    """The scan of a file's volume, turned by whole axes (pixels are never interpolated).

    Raises:
        PermanentError: `not-sagittal` where the slices were acquired in another plane,
            `bad-geometry` or `too-large` for slices that no study has, `empty` for no intensity.
    """
    z, y, x = volume.array.shape
    grid = stored_grid((z, y, x), volume.spacing_mm, volume.origin_mm, volume.direction)
    refuse_unreadable(grid)
    turned = np.transpose(volume.array, grid.axes)
    voxels = np.flip(turned, tuple(axis for axis, flip in enumerate(grid.flips) if flip))
    spacing_mm = None
    if volume.spacing_mm is not None:
        slice_mm, row_mm, column_mm = (volume.spacing_mm[axis] for axis in grid.axes)
        spacing_mm = (slice_mm, row_mm, column_mm)
    return Scan(
        _plain_numbers(voxels), spacing_mm, grid, volume.removed_tags, volume.notes, volume.sources
    )


def _find(orientation: str, letter: str) -> tuple[int, bool]:
    """Stored axis (slowest first) that runs along a canonical one, and if it is flipped."""
    pair = next(pair for pair in _LETTERS if letter in pair)
    column = next(i for i, candidate in enumerate(orientation) if candidate in pair)
    return 2 - column, orientation[column] != letter


def _refuse_other_planes(shape: tuple[int, ...], spacing_mm: tuple[float, float, float]) -> None:
    across, *within = spacing_mm
    sliced = max(spacing_mm) > _SLICED_ANISOTROPY * min(spacing_mm)
    if (sliced and across < max(within)) or min(shape[1:]) == 1:
        raise PermanentError(
            "not-sagittal", "The slices aren't sagittal; a sagittal lumbar series is needed."
        )


def _plain_numbers(voxels: NDArray[np.generic]) -> NDArray[np.generic]:
    """Integers as they are, floats as finite float32 (background is NaN in some files)."""
    if voxels.dtype.kind != "f":
        return np.ascontiguousarray(voxels)
    with np.errstate(over="ignore"):
        values = np.array(voxels, dtype=np.float32, order="C")
    finite = np.isfinite(values)
    if not finite.any():
        raise PermanentError("empty", "The scan holds no intensities.")
    if not finite.all():
        values[~finite] = values[finite].min()
    return values
