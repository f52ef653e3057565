"""Effects of a scanner: thick slices, texture, coil shading, blur and Rician noise."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.phantom.tissue import Contrast, grain, signal

#: Stored intensities: 12 bits, as scanners do.
_FULL_SCALE: Final = 1100.0
_NOISE: Final = 0.018
_COIL_REACH_MM: Final = 150.0

#: The belly is saturated, lest its movement smears over the spine: how much of it is left.
_SATURATED: Final = 0.35
_SATURATION_EDGE_MM: Final = 8.0


class Texture:
    """A smooth random field through the whole volume, so that neighbouring sections agree."""

    def __init__(
        self, rng: np.random.Generator, shape: tuple[int, int], step: int, sections: int
    ) -> None:
        rows, columns = (size // step + 2 for size in shape)
        self._knots = rng.normal(size=(sections, rows, columns)).astype(np.float32)
        self._shape = shape

    def at(self, place: float) -> NDArray[np.float32]:
        """The field of the section at `place` (0 to 1 through the volume), spread about 1."""
        position = place * (len(self._knots) - 1)
        lower = min(int(position), len(self._knots) - 2)
        share = position - lower
        knots = (1 - share) * self._knots[lower] + share * self._knots[lower + 1]
        knots /= np.hypot(1 - share, share)
        return np.asarray(
            cv2.resize(knots, self._shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32
        )


def signal_of(
    tissue: NDArray[np.uint8], contrast: Contrast, textures: list[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The section's signal: each tissue's own, varied by the textures."""
    mixed = sum(textures[1:], textures[0]) / np.sqrt(len(textures))
    varied = 1 + grain()[tissue] * mixed
    return np.asarray(signal(contrast)[tissue] * np.clip(varied, 0.15, 2.2), np.float32)


def sensitivity(
    shape: tuple[int, int],
    pixel_mm: tuple[float, float],
    belly_mm: float,
    skin_mm: float,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Share of each pixel's signal `(row, column)` that arrives at the coil under the back.

    In front of `belly_mm` a saturation band takes most of it.
    """
    rows, columns = (np.arange(size) * mm for size, mm in zip(shape, pixel_mm, strict=True))
    distance = np.clip(skin_mm - columns, 0, None)
    depth = 0.25 + 0.95 * np.exp(-distance / _COIL_REACH_MM)
    spared = 1 / (1 + np.exp(-(columns - belly_mm) / _SATURATION_EDGE_MM))
    depth *= _SATURATED + (1 - _SATURATED) * spared
    middle = rows[-1] * rng.uniform(0.45, 0.6)
    along = np.exp(-(((rows - middle) / (0.75 * rows[-1])) ** 2))
    return np.asarray(along[:, None] * depth[None, :], np.float32)


def scan_slice(
    ideal: NDArray[np.float32], received: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.uint16]:
    """A noisy magnitude image of one slice."""
    seen = cv2.GaussianBlur(ideal, (0, 0), 0.55) * received
    real, imaginary = rng.normal(0, _NOISE, (2, *ideal.shape))
    magnitude = np.hypot(seen + real, imaginary)
    return np.asarray(np.clip(magnitude * _FULL_SCALE, 0, 4095), np.uint16)
