"""The line of the back walls beside a disc, and what of the disc lies behind it, in one slice."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Place = tuple[float, float]
"""`(row, column)` in pixels; whole numbers are the middle of a pixel."""


class BackWall(NamedTuple):
    """A straight line down a slice, behind which lies what is further to the back."""

    upper: Place
    lower: Place

    def columns(self, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        """The column of the line at each row, also beyond its ends."""
        (row, column), (last_row, last_column) = self
        slope = (last_column - column) / (last_row - row)
        return np.asarray(column + slope * (rows - row), np.float64)


def tissue_behind(wall: BackWall, disc: NDArray[np.bool_]) -> list[list[Place]]:
    """The outlines of all pieces of a disc's mask `(row, column)` behind the line.

    They run a quarter of a pixel within the pieces' edges. Places are counted from the mask's upper
    left corner, not from the middle of its first pixel.
    """
    x, y, width, height = cv2.boundingRect(disc.astype(np.uint8))
    part = disc[y : y + height, x : x + width]
    line = wall.columns(np.arange(y, y + height, dtype=np.float64))
    tissue = part & (np.arange(x, x + width) > line[:, None])
    # Drawn at twice the size, so that a piece one pixel wide has an area.
    twice = tissue.astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    pieces, _ = cv2.findContours(twice, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outlines = []
    for piece in pieces:
        points = cv2.approxPolyDP(piece, 1.0, closed=True)[:, 0].astype(np.float64)
        outlines.append([(y + (down + 0.5) / 2, x + (right + 0.5) / 2) for right, down in points])
    return outlines
