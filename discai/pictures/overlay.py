"""One slice with what was read in it drawn over it, as a radiologist would mark it up."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.anatomy import FIRST_DISC, LEVELS_FROM_SACRUM, disc_value
from discai.reading import DiscReading, Reading

Colour = tuple[int, int, int]

#: Overlays are enlarged by a whole number until they are this high, so that text is readable.
_HEIGHT: Final = 450
_FONT: Final = cv2.FONT_HERSHEY_SIMPLEX
_FONT_HEIGHT: Final = 16
_FONT_SIZE: Final = _FONT_HEIGHT / 22.0  # Hershey's capitals are 22 pixels high at scale 1
_BLACK: Final = (0, 0, 0)
_WHITE: Final = (235, 235, 235)
#: Of discs that no probability is given for: those above L1-L2.
_PLAIN_OUTLINE: Final = (190, 190, 190)

#: Herniation probability -> RGB: calm blue-green, amber, red; also told apart without red-green.
_PROBABILITY_STEPS: Final = (0.0, 0.5, 1.0)
_PROBABILITY_COLOURS: Final = np.array([(64, 196, 200), (255, 190, 60), (255, 60, 60)])

#: Outlines are found on a mask this many times as fine as the picture, and drawn between pixels.
_FINER: Final = 4
_DRAWN_BITS: Final = 3  # OpenCV draws in eighths of a pixel
_SMOOTH_PIXELS: Final = 0.7

_SCALE_BAR_MM: Final = 50.0
_MARGIN: Final = 14


def overlay(
    shown: NDArray[np.uint8], reading: Reading, index: int, pixel_mm: float | None = None
) -> NDArray[np.uint8]:
    """RGB `(row, column, channel)` of a slice as shown, with its discs' outlines, levels and
    herniation probabilities; grey where it shows no disc.

    The key slice says that it is; a scale bar is drawn where `pixel_mm` is known.
    """
    zoom = max(1, math.ceil(_HEIGHT / shown.shape[1]))
    height, width = (size * zoom for size in shown.shape[1:])
    grey = cv2.resize(shown[index], (width, height), interpolation=cv2.INTER_CUBIC)
    labels = reading.segmentation[index]
    values = [int(value) for value in np.unique(labels) if value >= FIRST_DISC]
    picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    read = {disc_value(disc.level): disc for disc in reading.discs}
    for value in values:
        _draw_disc(picture, labels == value, _caption(value, read.get(value)), read.get(value))
    if index == reading.key_slice:
        _write(picture, "key slice", (_MARGIN, _MARGIN + _FONT_HEIGHT), _WHITE)
    if pixel_mm:
        _draw_scale_bar(picture, pixel_mm / zoom)
    return np.asarray(picture, np.uint8)


def _draw_disc(
    picture: NDArray[np.uint8], mask: NDArray[np.bool_], caption: str, disc: DiscReading | None
) -> None:
    colour = _probability_colour(disc.herniation) if disc else _PLAIN_OUTLINE
    outlines = _outlines(mask, (picture.shape[0], picture.shape[1]))
    for line_colour, thickness in ((_BLACK, 3), (colour, 1)):
        cv2.polylines(
            picture, outlines, True, line_colour, thickness, cv2.LINE_AA, shift=_DRAWN_BITS
        )
    if outlines:
        _write_beside(picture, np.concatenate(outlines) >> _DRAWN_BITS, caption, colour)


def _outlines(mask: NDArray[np.bool_], shape: tuple[int, int]) -> list[NDArray[np.int32]]:
    """Outlines of a mask enlarged to `shape`, smooth, in eighths of a pixel."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = max(rows[0] - 2, 0), max(columns[0] - 2, 0)
    part = mask[top : rows[-1] + 3, left : columns[-1] + 3].astype(np.float32)
    by_row, by_column = (_FINER * full / own for full, own in zip(shape, mask.shape, strict=True))
    size = (round(part.shape[1] * by_column), round(part.shape[0] * by_row))
    enlarged = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)
    enlarged = cv2.GaussianBlur(enlarged, (0, 0), _SMOOTH_PIXELS * max(by_row, by_column))
    found, _ = cv2.findContours(
        (enlarged >= 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    corner = np.array([left * by_column, top * by_row])
    # A fine pixel's middle lies half of it behind its edge, and so does that of a drawn one.
    return [
        np.rint(
            (((contour + corner + 0.5) / _FINER) - 0.5) * (1 << _DRAWN_BITS),
        ).astype(np.int32)
        for contour in found
    ]


def _caption(value: int, disc: DiscReading | None) -> str:
    level = LEVELS_FROM_SACRUM[value - FIRST_DISC]
    return f"{level}  {disc.herniation:.0%}" if disc else level


def _write_beside(
    picture: NDArray[np.uint8], outline: NDArray[np.int32], text: str, colour: Colour
) -> None:
    """Writes in front of the disc, where nothing of interest lies; behind it if there's no room."""
    (width, height), _ = cv2.getTextSize(text, _FONT, _FONT_SIZE, 1)
    left, top, box_width, box_height = cv2.boundingRect(outline)
    x = left - width - _FONT_HEIGHT
    if x < 0:
        x = min(left + box_width + 5 * _FONT_HEIGHT, picture.shape[1] - width)
    y = min(max(top + (box_height + height) // 2, height), picture.shape[0] - 2)
    _write(picture, text, (x, y), colour)


def _draw_scale_bar(picture: NDArray[np.uint8], pixel_mm: float) -> None:
    """A bar of five centimetres with ticks, at the lower left."""
    length = round(_SCALE_BAR_MM / pixel_mm)
    x, y = _MARGIN, picture.shape[0] - _MARGIN
    for colour, thickness in ((_BLACK, 4), (_WHITE, 2)):
        cv2.line(picture, (x, y), (x + length, y), colour, thickness)
        for end in (x, x + length // 2, x + length):
            cv2.line(picture, (end, y - 5), (end, y), colour, thickness)
    _write(picture, f"{_SCALE_BAR_MM / 10:.0f} cm", (x, y - _MARGIN), _WHITE)


def _write(picture: NDArray[np.uint8], text: str, place: tuple[int, int], colour: Colour) -> None:
    """Text with a dark rim, readable on any slice; `place` is its lower left corner `(x, y)`."""
    cv2.putText(picture, text, place, _FONT, _FONT_SIZE, _BLACK, 4, cv2.LINE_AA)
    cv2.putText(picture, text, place, _FONT, _FONT_SIZE, colour, 1, cv2.LINE_AA)


def _probability_colour(probability: float) -> Colour:
    red, green, blue = (
        round(float(np.interp(probability, _PROBABILITY_STEPS, channel)))
        for channel in _PROBABILITY_COLOURS.T
    )
    return red, green, blue
