"""Random changes of a training slice that a scanner or another patient could have made."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.data.examples import UNKNOWN

#: Standard deviations and chances; they are those of the recipe that the model card states.
ROTATION_DEGREES: Final = 12.0
LOG_SCALE: Final = 0.3
WIDE_LOG_SCALE: Final = 0.6
WIDE_SCALE_CHANCE: Final = 0.1
LOG_ANISOTROPY: Final = 0.08
SHIFT_FRACTION: Final = 0.15
CURVE_CHANCE: Final = 0.3


def augment(
    image: NDArray[np.float32],
    target: NDArray[np.uint8],
    shape: tuple[int, int],
    random: np.random.Generator,
    cut_chance: float = 0.0,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """A random view of a slice, of the given shape.

    Args:
        image: `(row, column)`, normalised to 0 … 1.
        target: `(row, column, channel)`, moved exactly as the image; what comes in from outside
            the slice is `UNKNOWN`.
        shape: rows and columns of the result.
        random: the only source of chance.
        cut_chance: of a field of view that ends somewhere in the lower two thirds, so that the
            network doesn't take the lowest disc in sight for L5-S1.
    """
    moved, moved_target = change_view(image, target, shape, random)
    moved = change_intensities(moved, random)
    if cut_chance and random.random() < cut_chance:
        lower_edge = random.integers(shape[0] // 3, shape[0])
        moved[lower_edge:], moved_target[lower_edge:] = 0, UNKNOWN
    return moved, moved_target


def change_view(
    image: NDArray[np.float32],
    target: NDArray[np.uint8],
    shape: tuple[int, int],
    random: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """The slice turned, scaled, stretched and shifted; arguments as for `augment`."""
    view = random_view(image.shape, shape, random)
    size = shape[::-1]
    moved = cv2.warpAffine(image, view, size, flags=cv2.INTER_LINEAR, borderValue=0)
    moved_target = cv2.warpAffine(
        target, view, size, flags=cv2.INTER_NEAREST, borderValue=(UNKNOWN,) * target.shape[-1]
    )
    return moved, moved_target


def random_view(
    source: tuple[int, int], shape: tuple[int, int], random: np.random.Generator
) -> NDArray[np.float64]:
    """A 2x3 matrix (x, y order) from source pixels to pixels of the result."""
    spread = WIDE_LOG_SCALE if random.random() < WIDE_SCALE_CHANCE else LOG_SCALE
    scale = np.exp(random.uniform(-spread, spread))
    stretch = np.exp(random.normal(0, LOG_ANISOTROPY) / 2)
    angle = np.deg2rad(random.uniform(-ROTATION_DEGREES, ROTATION_DEGREES))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = scale * turn @ np.diag([stretch, 1 / stretch])
    centre = np.array(source[::-1]) * (
        0.5 + random.uniform(-SHIFT_FRACTION, SHIFT_FRACTION, size=2)
    )
    offset = np.array(shape[::-1]) / 2 - linear @ centre
    return np.column_stack([linear, offset])


def change_intensities(
    image: NDArray[np.float32], random: np.random.Generator
) -> NDArray[np.float32]:
    """The image with another contrast, coil shading, sharpness and noise; still 0 … 1."""
    if random.random() < CURVE_CHANCE:
        image = _intensity_curve(image, random)
    else:
        image = image ** np.float32(np.exp(random.normal(0, 0.35)))
    if random.random() < 0.7:
        image = image * _shading(image.shape, random)
    if random.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), sigmaX=random.uniform(0.4, 1.5))
    if random.random() < 0.15:
        image = _coarse(image, random)
    if random.random() < 0.6:
        noise = random.standard_normal(image.shape, np.float32)
        image = image + noise * np.float32(random.uniform(0, 0.07))
    gain = np.float32(np.exp(random.normal(0, 0.12)))
    return np.asarray(np.clip(image * gain, 0, 1), np.float32)


def _intensity_curve(
    image: NDArray[np.float32], random: np.random.Generator
) -> NDArray[np.float32]:
    """Grey values through a random curve that may fall: T1 is learned from T2's outlines so."""
    knots = np.linspace(0, 1, 6)
    values = random.uniform(0, 1, knots.size)
    values[0] = random.uniform(0, 0.2)  # air stays dark in every sequence
    return np.interp(image, knots, values).astype(np.float32)


def _shading(shape: tuple[int, ...], random: np.random.Generator) -> NDArray[np.float32]:
    """A smooth positive field around 1, as a surface coil's sensitivity."""
    coarse = random.normal(0, random.uniform(0.05, 0.4), (4, 3)).astype(np.float32)
    return np.asarray(np.exp(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)))


def _coarse(image: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """The image as a coarser acquisition would show it, rows and columns alike or not."""
    rows, columns = (max(8, int(size / random.uniform(1, 2.2))) for size in image.shape)
    small = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, image.shape[::-1], interpolation=cv2.INTER_LINEAR))
