"""`StoredVolume`: what every reader returns, and the bounds that every reader keeps."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError

#: Decoded pixels of one scan; a 0.4 mm isotropic study of 300 x 300 x 120 mm has 322 MiB.
MAX_BYTES: Final = 512 * 2**20
MAX_PIXELS_PER_AXIS: Final = 8192
MAX_SPACING_MM: Final = 100.0

#: A scanner's bore is 0.7 m wide, and one station images half a metre along it; a whole spine put
#: together from stations is about a metre long.
MAX_FIELD_MM: Final = 1500.0
#: Reading a scan takes memory for its slices' area, whatever their pixels were: the network sees
#: them at `discai.segmentation.grid.PIXEL_MM`, where a square metre takes 0.2 GB, so that this much
#: fits the worker's 8 GiB. A 3-D study of 300 x 300 mm has 330 such slices.
MAX_AREA_M2: Final = 30.0
#: The longest side of a picture without spacing is taken to be this at most.
LARGEST_PICTURE_MM: Final = 380.0

#: What the pixels of a scan may be; readers turn other types into one of these or refuse.
PIXEL_TYPES: Final = ("i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8")

SliceSource = tuple[int, int]
"""Where a slice comes from: the place of its file among those that were read, and its frame there.

Both count from 0.
"""

#: How far the direction's axes may be from unit length and right angles (headers are rounded).
_DIRECTION_TOLERANCE: Final = 1e-3
#: Registered images are sheared a little: 0.6° moves a corner of a lumbar scan by 1.5 mm.
_SHEAR_TOLERANCE: Final = 1e-2


@dataclass(frozen=True)
class StoredVolume:
    """The pixels of a file in its own layout.

    Attributes:
        array: three axes, slowest first (z, y, x as ITK's arrays are).
        spacing_mm: along the axes of `array`; None for plain pictures.
        origin_mm: LPS position of the first voxel (x, y, z).
        direction: ITK's 3x3 direction matrix, row-major; None where the file knows no patient
            axes: its slices are then taken as shown, head up and anterior on the left.
        removed_tags: names (never values) of header entries that were dropped.
        notes: sentences for a person on what was left out of the file or is odd about it.
        sources: of each slice along the slowest axis; empty where they aren't images of DICOM.
    """

    array: NDArray[np.generic]
    spacing_mm: tuple[float, float, float] | None = None
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    direction: tuple[float, ...] | None = None
    removed_tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[SliceSource, ...] = ()


def layouts_of(
    paths: Iterable[Path], layout_of: Callable[[Path], StoredVolume]
) -> list[dict[str, Any]]:
    """Answers of a format's `describe`: of each file its layout, or why it is refused.

    `layout_of` returns a volume whose pixels aren't looked at. An answer has `shape`, `spacingMm`
    and `direction`, or `code` and `message`.
    """
    answers: list[dict[str, Any]] = []
    for path in paths:
        try:
            volume = layout_of(path)
        except PermanentError as error:
            answers.append({"code": error.code, "message": error.message})
        else:
            answers.append(
                {
                    "shape": volume.array.shape,
                    "spacingMm": volume.spacing_mm,
                    "direction": volume.direction,
                }
            )
    return answers


def without_pixels(shape: tuple[int, int, int]) -> NDArray[np.generic]:
    """An array of that shape that takes one byte."""
    return np.broadcast_to(np.zeros(1, np.uint8), shape)


def check_size(shape: tuple[int, ...], bytes_per_pixel: int) -> int:
    """The bytes that an array of this shape takes; to be called before it is allocated.

    Raises:
        PermanentError: `bad-geometry` for an axis below one pixel, `too-large` above the bounds.
    """
    if any(pixels < 1 for pixels in shape):
        raise PermanentError("bad-geometry", "The scan has an axis without any pixels.")
    size = math.prod(shape) * bytes_per_pixel
    if max(shape) > MAX_PIXELS_PER_AXIS or size > MAX_BYTES:
        raise PermanentError(
            "too-large",
            f"The scan is larger than {MAX_BYTES // 2**20} MiB of pixels "
            f"or {MAX_PIXELS_PER_AXIS} pixels along one axis.",
        )
    return size


def check_field(shape: tuple[int, int, int], spacing_mm: tuple[float, float, float] | None) -> None:
    """Bounds what slices `(slice, row, column)` show, and so what reading them will take.

    Raises:
        PermanentError: `bad-geometry` for a field of view that no scanner has, `too-large` for
            more slices of that size than one study has.
    """
    slices, rows, columns = shape
    if spacing_mm is None:
        pixel_mm = LARGEST_PICTURE_MM / max(rows, columns)
        field_mm = (0.0, rows * pixel_mm, columns * pixel_mm)
    else:
        slice_mm, row_mm, column_mm = spacing_mm
        field_mm = (slices * slice_mm, rows * row_mm, columns * column_mm)
    if max(field_mm) > MAX_FIELD_MM:
        raise PermanentError(
            "bad-geometry",
            f"By the pixel spacing in the file the scan is more than {MAX_FIELD_MM / 1000:g} m "
            "long or wide.",
        )
    if slices * field_mm[1] * field_mm[2] > MAX_AREA_M2 * 1e6:
        raise PermanentError(
            "too-large",
            f"The scan's slices cover more than {MAX_AREA_M2:g} square metres together; "
            "upload the lumbar part or fewer slices.",
        )


def check_geometry(
    spacing_mm: tuple[float, ...], origin_mm: tuple[float, ...], direction: tuple[float, ...]
) -> None:
    """Refuses (`bad-geometry`) what no scanner writes: the numbers come from untrusted headers."""
    if not all(0 < spacing <= MAX_SPACING_MM for spacing in spacing_mm):
        raise PermanentError(
            "bad-geometry",
            f"The pixel spacing in the file isn't between 0 and {MAX_SPACING_MM:g} mm.",
        )
    if not all(map(math.isfinite, (*origin_mm, *direction))):
        raise PermanentError("bad-geometry", "The file's position or direction isn't a number.")
    matrix = np.array(direction).reshape(3, 3)
    if np.abs(matrix.T @ matrix - np.eye(3)).max() > _DIRECTION_TOLERANCE:
        raise PermanentError("bad-geometry", "The file's axes aren't at right angles.")


def nearest_rotation(axes: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The right-angled axes (row-major 3 x 3) nearest to these, and a note if they were sheared.

    `axes` has unit vectors as columns. Found by polar decomposition: Higham, SIAM Journal on
    Scientific and Statistical Computing 7:1160, 1986.

    Raises:
        PermanentError: `bad-geometry` where they are farther from right angles than 0.6°.
    """
    shear = float(np.abs(axes.T @ axes - np.eye(3)).max())
    if not shear <= _SHEAR_TOLERANCE:
        raise PermanentError("bad-geometry", "The file's axes aren't at right angles.")
    left, _, right = np.linalg.svd(axes)
    direction = tuple((left @ right).ravel().tolist())
    if shear <= _DIRECTION_TOLERANCE:
        return direction, ()
    degrees = np.degrees(shear)
    return direction, (
        f"The file's axes are off right angles by {degrees:.1f}°; it was read as if they were not.",
    )


def whole_numbers(array: NDArray[Any]) -> NDArray[np.generic]:
    """The same values as one of `PIXEL_TYPES`: those of 64-bit integers are small in scans."""
    values = array.astype(array.dtype.newbyteorder("="), copy=False)
    if values.dtype.kind in "iu" and values.dtype.itemsize == 8:
        small = np.iinfo(np.int32)
        fits = small.min <= values.min() and values.max() <= small.max
        values = values.astype(np.int32 if fits else np.float64)
    return np.ascontiguousarray(values)
