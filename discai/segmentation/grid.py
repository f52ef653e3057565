"""The one place where pixels become network input; training and serving both go through here.

Segmentation sees single sagittal slices in the canonical frame, normalised per scan, resampled to
square pixels of `PIXEL_MM` and padded at the lower and right edge to multiples of `MULTIPLE`.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

VoxelSize = tuple[float, float, float]
"""Millimetres along `(slice, row, column)`."""

#: Edge of the network's square pixels. Finer ones cost time with the square: 0.65 mm is what lets
#: two CPU cores segment 17 slices of a 300 mm field in about a second and a half.
PIXEL_MM: Final = 0.65

#: The network halves its input five times.
MULTIPLE: Final = 32

#: Intensities at these percentiles of the scan become 0 and 1; what lies outside is clipped.
INTENSITY_PERCENTILES: Final = (0.5, 99.5)

#: Changes whenever the same pixels would become other network input; models are bound to it.
PREPROCESSING_ID: Final = "segmentation-v1-0.65mm-p0.5-p99.5-x32"


def normalise(voxels: NDArray[np.generic]) -> NDArray[np.float32]:
    """The scan's intensities between 0 and 1, float32, same shape.

    Any positive scaling and any shift of the intensities gives the same result, because scanners
    have no common unit. A scan of one single intensity becomes 0 everywhere.
    """
    # A study has tens of millions of voxels; every seventh is enough for its percentiles.
    sample = voxels.reshape(-1)[::7] if voxels.size > 1_000_000 else voxels
    low, high = np.percentile(sample.astype(np.float32), INTENSITY_PERCENTILES)
    if high <= low:
        return np.zeros(voxels.shape, np.float32)
    scaled = (voxels.astype(np.float32) - np.float32(low)) / np.float32(high - low)
    return np.clip(scaled, 0.0, 1.0, out=scaled)


@dataclass(frozen=True)
class NetworkGrid:
    """Mapping of the pixels of canonical slices onto the network's grid, and back.

    Attributes:
        shape: rows and columns of a canonical slice.
        spacing_mm: row and column spacing, measured or (for pictures without one) assumed.
    """

    shape: tuple[int, int]
    spacing_mm: tuple[float, float]

    @property
    def resampled_shape(self) -> tuple[int, int]:
        """Rows and columns that the slice itself takes on the network's grid."""
        rows, columns = (
            max(1, round(size * spacing / PIXEL_MM))
            for size, spacing in zip(self.shape, self.spacing_mm, strict=True)
        )
        return rows, columns

    @property
    def padded_shape(self) -> tuple[int, int]:
        """Rows and columns of the network's input, multiples of `MULTIPLE`."""
        rows, columns = (-(-size // MULTIPLE) * MULTIPLE for size in self.resampled_shape)
        return rows, columns

    @property
    def scale(self) -> tuple[float, float]:
        """Network pixels per canonical pixel along rows and columns, rounding included."""
        return (
            self.resampled_shape[0] / self.shape[0],
            self.resampled_shape[1] / self.shape[1],
        )

    def to_network(self, slices: NDArray[np.generic]) -> NDArray[np.float32]:
        """Canonical slices `(slice, row, column)` as network input `(slice, row, column)`."""
        rows, columns = self.resampled_shape
        padded = np.zeros((len(slices), *self.padded_shape), np.float32)
        for index, pixels in enumerate(slices):
            padded[index, :rows, :columns] = _resize(pixels.astype(np.float32), (rows, columns))
        return padded

    def to_canonical(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Network output `(slice, row, column, channel)` on the canonical slices' grid."""
        rows, columns = self.resampled_shape
        canonical = np.empty((len(maps), *self.shape, maps.shape[-1]), np.float32)
        for index, channels in enumerate(maps):
            canonical[index] = _resize(channels[:rows, :columns], self.shape).reshape(
                *self.shape, -1
            )
        return canonical


def _resize(pixels: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Pixels `(row, column[, channel])` resampled so that the outer edges stay where they are."""
    if pixels.shape[:2] == shape:
        return pixels
    shrinks = pixels.shape[0] >= shape[0] and pixels.shape[1] >= shape[1]
    # Averaging over the area keeps thin structures from aliasing; it can't enlarge.
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(np.ascontiguousarray(pixels), shape[::-1], interpolation=interpolation)
    return np.asarray(resized, np.float32)
