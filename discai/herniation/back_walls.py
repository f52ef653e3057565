"""The line of the back walls on the slices that a disc was read from, and the tissue behind it."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.anatomy import disc_value
from discai.herniation.crops import ANCHOR, CROP_SHAPE, MM_PER_PIXEL, Crop, crop_to_slice
from discai.herniation.shape import back_wall
from discai.reading import BackWalls, ClosedLine
from discai.segmentation.grid import NetworkGrid
from discai.spine.back_wall import BackWall, Place, tissue_behind
from discai.spine.outline import Outline

#: So far above and below the disc's middle a line that is seen in a crop alone is drawn.
_REACH_ROWS: Final = round(11.0 / MM_PER_PIXEL)
_DIGITS: Final = 1


class DiscOnSlices:
    """One disc on the network's grid, and how its crops lie there.

    Attributes:
        walls: the line of the back walls by slice. Where quantities have none it is the one that
            the crop shows: below L5-S1 the canal's front stands for the wall of the sacrum.
    """

    def __init__(
        self,
        outline: Outline,
        number: int,
        crops: Mapping[int, Crop],
        measured: Mapping[int, BackWall],
    ) -> None:
        self._outline, self._number = outline, number
        self._crops = crops
        self.walls = dict(measured)
        for index, crop in crops.items():
            if index not in self.walls and (columns := back_wall(crop)) is not None:
                self.walls[index] = self._on_slice(index, columns)

    def in_crops(self) -> dict[int, NDArray[np.float64]]:
        """The line in each crop, as a column for each row."""
        rows = np.arange(CROP_SHAPE[0], dtype=np.float64)
        return {
            index: self._in_crop(index, self.walls[index]).columns(rows)
            for index in self._crops
            if index in self.walls
        }

    def drawn(self, upright: NDArray[np.uint8], more: Iterable[int]) -> list[BackWalls]:
        """Lines and tissue on the slices of the crops, and on `more`, where there is a line.

        `upright` is the painted spine `(slice, row, column)` as it lay for reading. Points are
        pixels of the scan as it is, counted from the corner of a slice.
        """
        level = self._outline.spine.chain.levels[self._number - 1]
        grid, flips = self._outline.grid, self._outline.flips
        drawn = []
        for index in sorted({*self._crops, *more} & set(self.walls)):
            wall = BackWall(*(_on_scan(place, grid) for place in self.walls[index]))
            tissue = tissue_behind(wall, upright[index] == disc_value(level))
            line = [(row + 0.5, column + 0.5) for row, column in wall]
            pieces = [ClosedLine(points=_points(piece, grid.shape, flips)) for piece in tissue]
            drawn.append(
                BackWalls(
                    slice=len(upright) - 1 - index if 0 in flips else index,
                    line=_points(line, grid.shape, flips),
                    tissue=pieces,
                )
            )
        return drawn

    def _to_slice(self, index: int) -> NDArray[np.float64]:
        spine = self._outline.spine
        axis = spine.chain.discs[self._number - 1].axis
        return crop_to_slice(spine.discs[index] == self._number, axis, spine.voxel_mm[1])

    def _on_slice(self, index: int, columns: NDArray[np.float64]) -> BackWall:
        rows = ANCHOR[0] - _REACH_ROWS, ANCHOR[0] + _REACH_ROWS
        ends = [(columns[row], row) for row in rows]
        return BackWall(*(_moved(self._to_slice(index), end) for end in ends))

    def _in_crop(self, index: int, wall: BackWall) -> BackWall:
        to_slice = self._to_slice(index)
        turn = np.linalg.inv(to_slice[:, :2])
        to_crop = np.column_stack([turn, -turn @ to_slice[:, 2]])
        return BackWall(*(_moved(to_crop, (column, row)) for row, column in wall))


def _moved(transform: NDArray[np.float64], point: tuple[float, float]) -> Place:
    """The place of `(x, y)` after an affine map."""
    x, y = transform @ np.array([*point, 1.0])
    return float(y), float(x)


def _on_scan(place: Place, grid: NetworkGrid) -> Place:
    """A place of the network's grid on that of the canonical slices."""
    (row, column), (by_row, by_column) = place, grid.scale
    return (row + 0.5) / by_row - 0.5, (column + 0.5) / by_column - 0.5


def _points(places: Iterable[Place], shape: tuple[int, int], flips: tuple[int, ...]) -> list[float]:
    """Places from the corner as x and y in turn, on the scan's slices before they were flipped."""
    rows, columns = shape
    points: list[float] = []
    for row, column in places:
        x = columns - column if 2 in flips else column
        y = rows - row if 1 in flips else row
        points += [round(x, _DIGITS), round(y, _DIGITS)]
    return points
