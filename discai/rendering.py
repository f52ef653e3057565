"""Pictures of a reading: slices as shown, masks as class indices, overlays for people."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.anatomy import (
    CANAL,
    FIRST_DISC,
    FIRST_VERTEBRA,
    LAST_VERTEBRA,
    LEVELS_FROM_SACRUM,
    disc_value,
)
from discai.png import encode_indexed
from discai.reading import DiscReading, Reading
from discai.scan import Scan

#: Class indices of the mask pictures: small, so that a browser's canvas can map them.
MASK_VERTEBRA: Final = 1
MASK_CANAL: Final = 2
MASK_FIRST_DISC: Final = 3  # L5-S1; L4-L5 is 4, … upward

#: Brighter and darker pixels of the whole scan are cut off: fat near the coil would blind.
_WINDOW_PERCENTILES: Final = (0.5, 99.5)
_SAMPLE_VOXELS: Final = 1_000_000
_SQUARE_TOLERANCE: Final = 0.01
_PNG_SPEED: Final = (cv2.IMWRITE_PNG_COMPRESSION, 1)

#: Overlays are enlarged by a whole number until they are this high, so that text is readable.
_OVERLAY_HEIGHT: Final = 450
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_FONT_HEIGHT: Final = 16
_BLACK: Final = (0, 0, 0)
_PLAIN_OUTLINE: Final = (190, 190, 190)

#: Herniation probability -> RGB: calm blue-green, amber, red; also told apart without red-green.
_PROBABILITY_STEPS: Final = (0.0, 0.5, 1.0)
_PROBABILITY_COLOURS: Final = np.array([(64, 196, 200), (255, 190, 60), (255, 60, 60)])
#: Neighbouring discs differ; no amber or red, which would look like a finding.
_PALETTE: Final = np.array(
    [
        (0, 0, 0),
        (120, 140, 170),
        (70, 130, 210),
        (125, 200, 145),
        (80, 185, 225),
        (180, 145, 225),
        (95, 210, 185),
        (110, 160, 240),
        (150, 205, 120),
        (90, 200, 215),
        (165, 130, 210),
        (115, 190, 165),
        (100, 150, 225),
        (195, 160, 230),
    ],
    np.uint8,
)


@dataclass(frozen=True)
class Rendered:
    """PNG files of every canonical slice, in order.

    Attributes:
        slices: 8-bit grey, square pixels.
        masks: class indices of the same size, with a palette.
        overlays: RGB, enlarged by a whole number: disc outlines, level and probability.
        width: of slices and masks, in pixels.
        height: of slices and masks, in pixels.
        scale: pixels as shown per canonical pixel along (row, column).
    """

    slices: list[bytes]
    masks: list[bytes]
    overlays: list[bytes]
    width: int
    height: int
    scale: tuple[float, float]


def render(scan: Scan, reading: Reading) -> Rendered:
    """All pictures of a scan and what was read in it."""
    shown = slices_as_shown(scan)
    _, height, width = shown.shape
    _, rows, columns = scan.voxels.shape
    with ThreadPoolExecutor() as pool:  # OpenCV and zlib let go of the interpreter
        slices = pool.map(_png, shown)
        masks = pool.map(
            lambda labels: encode_indexed(_mask_indices(labels, (height, width)), _PALETTE),
            reading.segmentation,
        )
        return Rendered(
            slices=list(slices),
            masks=list(masks),
            overlays=_overlays(shown, reading, pool),
            width=width,
            height=height,
            scale=(height / rows, width / columns),
        )


def render_overlays(scan: Scan, reading: Reading) -> list[bytes]:
    """The overlays of `render` alone, as PNG files in the order of the canonical slices."""
    with ThreadPoolExecutor() as pool:
        return _overlays(slices_as_shown(scan), reading, pool)


def slices_as_shown(scan: Scan) -> NDArray[np.uint8]:
    """The slices `(slice, row, column)` windowed to 8 bits, with square pixels."""
    voxels = scan.voxels
    sample = voxels.reshape(-1)[:: max(1, voxels.size // _SAMPLE_VOXELS)].astype(np.float32)
    low, high = (float(value) for value in np.percentile(sample, _WINDOW_PERCENTILES))
    gain = 255.0 / max(high - low, 1e-30)
    shape = _shape_as_shown(scan)
    return np.stack(
        [
            _resize(np.clip((pixels.astype(np.float32) - low) * gain, 0, 255), shape)
            for pixels in voxels
        ]
    ).astype(np.uint8)


def overlay(shown: NDArray[np.uint8], reading: Reading, index: int) -> NDArray[np.uint8]:
    """One slice in RGB with the discs' outlines, levels and herniation probabilities."""
    zoom = max(1, math.ceil(_OVERLAY_HEIGHT / shown.shape[1]))
    height, width = (size * zoom for size in shown.shape[1:])
    grey = cv2.resize(shown[index], (width, height), interpolation=cv2.INTER_CUBIC)
    picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    labels = reading.segmentation[index]
    read = {disc_value(disc.level): disc for disc in reading.discs}
    for value in (int(value) for value in np.unique(labels) if value >= FIRST_DISC):
        disc = read.get(value)
        colour = _probability_colour(disc.herniation) if disc else _PLAIN_OUTLINE
        contours = _contours(labels == value, (height, width))
        cv2.drawContours(picture, contours, -1, colour, 2, cv2.LINE_AA)
        if contours:
            _write_beside(picture, np.concatenate(contours), _caption(value, disc), colour)
    return np.asarray(picture, np.uint8)


def _overlays(shown: NDArray[np.uint8], reading: Reading, pool: ThreadPoolExecutor) -> list[bytes]:
    return list(pool.map(lambda index: _png(overlay(shown, reading, index)), range(len(shown))))


def _shape_as_shown(scan: Scan) -> tuple[int, int]:
    _, rows, columns = scan.voxels.shape
    if scan.spacing_mm is None:
        return rows, columns
    _, row_mm, column_mm = scan.spacing_mm
    finer_mm = min(row_mm, column_mm)
    if max(row_mm, column_mm) <= (1 + _SQUARE_TOLERANCE) * finer_mm:
        return rows, columns
    return round(rows * row_mm / finer_mm), round(columns * column_mm / finer_mm)


def _resize(pixels: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    if pixels.shape == shape:
        return pixels
    return np.asarray(
        cv2.resize(pixels, shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32
    )


def _mask_indices(labels: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    indices = np.zeros(256, np.uint8)
    indices[FIRST_VERTEBRA : LAST_VERTEBRA + 1] = MASK_VERTEBRA
    indices[CANAL] = MASK_CANAL
    discs = range(len(LEVELS_FROM_SACRUM))
    indices[FIRST_DISC : FIRST_DISC + len(discs)] = [MASK_FIRST_DISC + disc for disc in discs]
    mask = indices[labels]
    if mask.shape == shape:
        return mask
    return np.asarray(cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _contours(mask: NDArray[np.bool_], shape: tuple[int, int]) -> list[NDArray[np.int32]]:
    """Outlines of an enlarged mask, smoothed between its pixels."""
    enlarged = cv2.resize(mask.astype(np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR)
    found, _ = cv2.findContours(
        (enlarged >= 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    return list(found)


def _caption(value: int, disc: DiscReading | None) -> str:
    level = LEVELS_FROM_SACRUM[value - FIRST_DISC]
    return f"{level}  {disc.herniation:.0%}" if disc else level


def _write_beside(
    picture: NDArray[np.uint8], outline: NDArray[np.int32], text: str, colour: tuple[int, int, int]
) -> None:
    """Writes in front of the disc, where nothing of interest lies; behind it if there's no room."""
    size = _FONT_HEIGHT / 22.0  # Hershey's capitals are 22 pixels high at scale 1
    (width, height), _ = cv2.getTextSize(text, _FONT, size, 1)
    left, top, box_width, box_height = cv2.boundingRect(outline)
    x = left - width - _FONT_HEIGHT
    if x < 0:
        x = min(left + box_width + 5 * _FONT_HEIGHT, picture.shape[1] - width)
    y = min(max(top + (box_height + height) // 2, height), picture.shape[0] - 2)
    cv2.putText(picture, text, (x, y), _FONT, size, _BLACK, 4, cv2.LINE_AA)
    cv2.putText(picture, text, (x, y), _FONT, size, colour, 1, cv2.LINE_AA)


def _probability_colour(probability: float) -> tuple[int, int, int]:
    red, green, blue = (
        round(float(np.interp(probability, _PROBABILITY_STEPS, channel)))
        for channel in _PROBABILITY_COLOURS.T
    )
    return red, green, blue


def _png(picture: NDArray[np.uint8]) -> bytes:
    pixels = picture if picture.ndim == 2 else picture[..., ::-1]  # OpenCV writes BGR
    _, encoded = cv2.imencode(".png", pixels, _PNG_SPEED)
    return bytes(encoded)
