"""`Scan`: the only way to hold pixels, always in the canonical sagittal frame.

Canonical frame, axis order `(slice, row, column)`:

* slices run towards the patient's right,
* rows run towards the feet (head up),
* columns run towards the patient's back (anterior on the left of the picture).

In the code of ITK ("to" letters, fastest axis first) this is `PIR`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discai.scan.volume import SliceSource

CANONICAL_ORIENTATION = "PIR"


@dataclass(frozen=True)
class StoredGrid:
    """Layout of the voxels in the file itself, so that results can go back onto its grid.

    Attributes:
        shape: the file's array shape, slowest axis first (z, y, x as ITK's arrays are).
        axes: for the canonical slice, row and column axis, which stored axis it is.
        flips: for the canonical slice, row and column axis, whether it runs the other way.
        orientation: three letters, fastest stored axis first ("to" letters, as ITK's DICOMOrient).
        spacing_mm: along the stored axes, same order as `shape`; None for plain pictures.
        origin_mm: LPS position of the first voxel (x, y, z).
        direction: ITK's 3x3 direction matrix, row-major, columns for x, y, z of the grid.
        is_placed: whether origin and direction are the file's own. If not, nothing says where in
            the patient it lies.
    """

    shape: tuple[int, int, int]
    axes: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    orientation: str
    spacing_mm: tuple[float, float, float] | None
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
    is_placed: bool = False


@dataclass(frozen=True)
class Scan:
    """A lumbar MRI in the canonical sagittal frame.

    Attributes:
        voxels: `(slice, row, column)`, float32 or an integer type, intensities as stored.
        spacing_mm: `(slice, row, column)`; None for pictures that come without spacing.
        grid: the file's own layout.
        removed_tags: names of the header entries with patient identity that were dropped.
        notes: sentences for a person on what was left out of the file or is odd about it.
        sources: of each slice along the file's slowest axis, as `StoredVolume` has them; they say
            which image of a DICOM series a result lies on.
    """

    voxels: NDArray[np.generic]
    spacing_mm: tuple[float, float, float] | None
    grid: StoredGrid
    removed_tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[SliceSource, ...] = ()

    def to_stored(self, array: NDArray[np.generic]) -> NDArray[np.generic]:
        """An array on the canonical grid, laid out as the file's array."""
        flipped = np.flip(array, tuple(axis for axis, flip in enumerate(self.grid.flips) if flip))
        return np.ascontiguousarray(np.transpose(flipped, np.argsort(self.grid.axes)))

    def from_stored(self, array: NDArray[np.generic]) -> NDArray[np.generic]:
        """An array that is laid out as the file's, on the canonical grid: undoes `to_stored`."""
        turned = np.transpose(array, self.grid.axes)
        flips = tuple(axis for axis, flip in enumerate(self.grid.flips) if flip)
        return np.ascontiguousarray(np.flip(turned, flips))

    def slice_to_stored(self, index: int) -> int:
        """A canonical slice number, counted along the file's slice axis."""
        return self.voxels.shape[0] - 1 - index if self.grid.flips[0] else index

    def box_to_stored(self, box: tuple[float, float, float, float]) -> tuple[float, ...]:
        """A canonical box `(x0, y0, x1, y1)` in pixels of the slice as the file stores it.

        Stored pixels of a slice: x along the faster of its two stored axes, y along the slower.
        """
        x0, y0, x1, y1 = box
        height, width = self.voxels.shape[1:]
        if self.grid.flips[1]:
            y0, y1 = height - y1, height - y0
        if self.grid.flips[2]:
            x0, x1 = width - x1, width - x0
        row_axis, column_axis = self.grid.axes[1:]
        return (x0, y0, x1, y1) if row_axis < column_axis else (y0, x0, y1, x1)

    def to_patient_mm(self, point: tuple[float, float, float]) -> tuple[float, float, float] | None:
        """A canonical `(slice, row, column)` in patient coordinates (LPS); None if none are known.

        A whole number is the middle of its voxel.
        """
        grid = self.grid
        if grid.spacing_mm is None or not grid.is_placed:
            return None
        stored = np.zeros(3)
        for along, axis, flip, size in zip(
            point, grid.axes, grid.flips, self.voxels.shape, strict=True
        ):
            stored[axis] = size - 1 - along if flip else along
        steps_mm = stored * grid.spacing_mm
        x, y, z = grid.origin_mm + np.array(grid.direction).reshape(3, 3) @ steps_mm[::-1]
        return float(x), float(y), float(z)
