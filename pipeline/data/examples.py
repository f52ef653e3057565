"""Typed examples of the data folder and its files, which may be damaged."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.reading import CornerBox
from discai.segmentation.grid import NetworkGrid, normalise

Subset = Literal["train", "tune", "test"]
Source = Literal["space", "level-mask", "mid-slice", "corrected"]

#: Target value of a pixel whose truth is unknown: it weighs nothing in the loss.
UNKNOWN: Final = 255


@dataclass(frozen=True)
class Example:
    """One slice on the network's grid with what is known about it.

    Attributes:
        name: unique, for logs.
        image: float32 `(row, column)`, normalised.
        target: uint8 `(row, column, channel)`, channels as in `CHANNELS`: 0, 1 or `UNKNOWN`.
    """

    name: str
    patient: int
    source: Source
    image: NDArray[np.float32]
    target: NDArray[np.uint8]


@dataclass(frozen=True)
class MidSlice:
    """One mid-sagittal picture of a series.

    Attributes:
        pixels: uint8 `(row, column)`, canonical frame.
        spacing_mm: row, column.
        boxes: `(x0, y0, x1, y1)` by level, only where the data trusts them.
        disc_count: discs that the patient's scan shows.
    """

    name: str
    patient: int
    sequence: Literal["t1", "t2", "t2_SPACE"]
    pixels: NDArray[np.uint8]
    spacing_mm: tuple[float, float]
    boxes: dict[str, CornerBox]
    disc_count: int

    @cached_property
    def grid(self) -> NetworkGrid:
        """The picture's place on the network's grid."""
        return NetworkGrid(self.pixels.shape, self.spacing_mm)

    @cached_property
    def image(self) -> NDArray[np.float32]:
        """Network input `(row, column)`."""
        return np.asarray(self.grid.to_network(normalise(self.pixels)[None])[0])


@dataclass(frozen=True)
class Volume:
    """One volume with outlines, in the canonical frame.

    Attributes:
        voxels: `(slice, row, column)`.
        masks: bool `(slice, row, column)` by channel name.
        spacing_mm: slice, row, column.
    """

    name: str
    patient: int
    voxels: NDArray[np.generic]
    masks: dict[str, NDArray[np.bool_]]
    spacing_mm: tuple[float, float, float]

    @cached_property
    def grid(self) -> NetworkGrid:
        """The slices' place on the network's grid."""
        return NetworkGrid(self.voxels.shape[1:], self.spacing_mm[1:])


def read_png(path: Path) -> NDArray[np.uint8]:
    """A grey picture `(row, column)`; `PermanentError("data-damaged")` if there is none."""
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise damaged(path, "is missing or damaged.")
    return np.asarray(pixels, np.uint8)


def read_json(path: Path) -> dict[str, Any]:
    """A table by name; `PermanentError("data-damaged")` if there is none."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise damaged(path, "is missing or damaged.") from error
    if not isinstance(table, dict):
        raise damaged(path, "is no table of entries by name.")
    return table


def damaged(path: Path, how: str) -> PermanentError:
    """The error of a file of the data folder, named by its place there."""
    return PermanentError("data-damaged", f"The data's {path.parent.name}/{path.name} {how}")
