"""Pictures as users make them: cut off, turned, inverted, with margins, screenshots, photographs.

Each change maps points of the picture, so that a disc that was read can be found in the picture as
it was. A wrong level without a word is the worst mistake, and these are meant to cause it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.reading import CornerBox
from pipeline.evaluation.figures.levels import middle_is_in

Picture = NDArray[np.uint8]
Rows = Mapping[str, float]
"""The row of each disc's middle, by level."""
Map = NDArray[np.float64]
"""`(3, 3)`: homogeneous `(x, y)` of the picture before to the one after."""

#: Text and rulers of a viewer; nobody's.
_TEXT: Final = ("SE 4  IM 9/17", "TR 3500 TE 96", "Thk 4.0", "W 512 L 256", "SAG T2 TSE")


@dataclass(frozen=True)
class Changed:
    """A changed picture, and where the points of the one before lie in it.

    Attributes:
        scale: pixels of the picture for one of the one before; None where nobody would know the
            spacing any more, as of a photograph.
    """

    pixels: Picture
    map: Map
    scale: float | None

    def before(self, box: CornerBox) -> CornerBox:
        """A box of no size at the middle of a box, in the picture before the change."""
        middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 1.0])
        x, y, w = np.linalg.inv(self.map) @ middle
        return (x / w, y / w, x / w, y / w)


Change = Callable[[Picture, Rows, np.random.Generator], Changed]


def is_shifted(
    read: Mapping[str, CornerBox], truth: Mapping[str, CornerBox], changed: Changed
) -> bool:
    """Tell if a disc was read under another level than the true one at its place."""
    for level, box in read.items():
        at = [name for name, true in truth.items() if middle_is_in(changed.before(box), true)]
        if at and level not in at:
            return True
    return False


def cut_below(picture: Picture, rows: Rows, random: np.random.Generator) -> Changed:
    """Without what lies below a row between L2-L3 and the upper sacrum."""
    last = random.uniform(rows["L2-L3"], rows["L5-S1"] + 0.5 * (rows["L5-S1"] - rows["L4-L5"]))
    return Changed(picture[: max(32, round(last))], np.eye(3), 1.0)


def cut_above(picture: Picture, rows: Rows, random: np.random.Generator) -> Changed:
    """Without what lies above a row between the first one and L4."""
    first = round(random.uniform(0, rows["L3-L4"]))
    return Changed(picture[first:], _shift(0, -first), 1.0)


def cropped(picture: Picture, rows: Rows, random: np.random.Generator) -> Changed:
    """Without a part of each side: up to a third of the width, a sixth of the height."""
    height, width = picture.shape
    left, right = (round(random.uniform(0, width / 6)) for _ in range(2))
    top, bottom = (round(random.uniform(0, height / 12)) for _ in range(2))
    part = picture[top : height - bottom, left : width - right]
    return Changed(part, _shift(-left, -top), 1.0)


def scaled(picture: Picture, rows: Rows, random: np.random.Generator) -> Changed:
    """Larger or smaller, from a third to three times."""
    return _scaled(picture, float(3 ** random.uniform(-1, 1)))


def turned(picture: Picture, rows: Rows, random: np.random.Generator) -> Changed:
    """Turned by up to 20 degrees, the corners black."""
    height, width = picture.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), random.uniform(-20, 20), 1)
    pixels = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_LINEAR)
    return Changed(np.asarray(pixels, np.uint8), _square(turn), 1.0)


def padded(picture: Picture, rows: Rows, random: np.random.Generator) -> Changed:
    """With a black or white margin of up to half of the picture on each side."""
    height, width = picture.shape
    above, below = (round(random.uniform(0, height / 2)) for _ in range(2))
    left, right = (round(random.uniform(0, width / 2)) for _ in range(2))
    value = int(random.choice((0, 255)))
    pixels = np.pad(picture, ((above, below), (left, right)), constant_values=value)
    return Changed(pixels, _shift(left, above), 1.0)


def mirrored(picture: Picture, rows: Rows, random: np.random.Generator) -> Changed:
    """Front to back."""
    turn = np.array([[-1.0, 0, picture.shape[1]], [0, 1, 0], [0, 0, 1]])
    return Changed(np.ascontiguousarray(picture[:, ::-1]), turn, 1.0)


def inverted(picture: Picture, rows: Rows, random: np.random.Generator) -> Changed:
    """Black for white."""
    return Changed(255 - picture, np.eye(3), 1.0)


def captured(picture: Picture, rows: Rows, random: np.random.Generator) -> Changed:
    """A screenshot of a viewer: grey bars around, text in the corners, a ruler, scaled."""
    shown = _scaled(picture, float(2 ** random.uniform(-0.5, 1)))
    top, bottom, left, right = (round(random.uniform(5, 90)) for _ in range(4))
    grey = int(random.integers(20, 230))
    page = cv2.copyMakeBorder(
        shown.pixels, top, bottom, left, right, cv2.BORDER_CONSTANT, value=grey
    )
    height, width = shown.pixels.shape
    for number, text in enumerate(random.permutation(_TEXT)[:4].tolist()):
        x = left + (5 if number % 2 else max(5, width - 130))
        y = top + (18 + 16 * number if number < 2 else height - 16 * (number - 1))
        cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 255, 1, cv2.LINE_AA)
    for row in range(top + height // 4, top + 3 * height // 4, max(6, height // 20)):
        cv2.line(page, (left + width - 14, row), (left + width - 4, row), 255, 1)
    return Changed(np.asarray(page, np.uint8), _shift(left, top) @ shown.map, None)


def photographed(picture: Picture, rows: Rows, random: np.random.Generator) -> Changed:
    """A photograph of a screen: from an angle, unevenly lit, with its frame, blurred a little."""
    screen = _scaled(picture, 700 / max(picture.shape))
    height, width = screen.pixels.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    reach = 0.05 * np.array([width, height])
    moved = corners + reach + random.uniform(-0.8, 0.8, (4, 2)) * reach
    view = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    size = (round(width + 2 * reach[0]), round(height + 2 * reach[1]))
    frame = int(random.integers(10, 80))
    page = cv2.warpPerspective(screen.pixels, view, size, borderValue=frame).astype(np.float32)
    across = np.linspace(0, 1, size[0], dtype=np.float32)[None]
    down = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    light = 1 + random.uniform(-0.4, 0.4) * across + random.uniform(-0.4, 0.4) * down
    lines = 1 + 0.04 * np.sin(np.arange(size[1], dtype=np.float32) * random.uniform(1, 2))[:, None]
    page = cv2.GaussianBlur(page * light * lines, (3, 3), 0) + 12
    page += 4 * random.standard_normal(page.shape, np.float32)
    return Changed(page.clip(0, 255).astype(np.uint8), np.asarray(view) @ screen.map, None)


#: In words; each is done to pictures drawn by chance.
CHANGES: Final[Mapping[str, Change]] = {
    "cut off below": cut_below,
    "cut off above": cut_above,
    "cropped on all sides": cropped,
    "scaled by a third to three": scaled,
    "turned by up to 20 degrees": turned,
    "with a margin": padded,
    "mirrored front to back": mirrored,
    "inverted": inverted,
    "screenshot with text and ruler": captured,
    "photograph of a screen": photographed,
}


def _scaled(picture: Picture, scale: float) -> Changed:
    height, width = (max(48, round(scale * edge)) for edge in picture.shape)
    by_row, by_column = height / picture.shape[0], width / picture.shape[1]
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    pixels = cv2.resize(picture, (width, height), interpolation=shrinks)
    return Changed(np.asarray(pixels, np.uint8), np.diag([by_column, by_row, 1.0]), scale)


def _shift(x: float, y: float) -> Map:
    return np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])


def _square(affine: NDArray[np.floating]) -> Map:
    return np.vstack([affine, [0, 0, 1]])
