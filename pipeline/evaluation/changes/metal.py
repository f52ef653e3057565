"""Metal in the lower lumbar spine: screws and rods leave it black, with a bright rim.

What is hidden so must not shift the levels of the rest unsaid, as with cuts (`cuts`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.reading import Reading
from pipeline.evaluation.cases import Case
from pipeline.evaluation.changes.cuts import CutCase
from pipeline.evaluation.changes.perturbations import on_grid

Point = NDArray[np.floating]
"""`(x, y)` in pixels."""
Centres = dict[str, Point]
"""Middles of the discs in the whole scan, by level."""

#: Half axes of what one screw hides, along and across the disc's plane, and the width of its rim.
_HIDDEN_MM: Final = (14.0, 10.0)
_RIM_MM: Final = 2.0


@dataclass(frozen=True)
class Metal:
    """Metal at some places of a scan; `at` tells them from the middles of its discs."""

    words: str
    at: Callable[[Centres], list[Point]]

    def make(self, case: Case, whole: Reading) -> CutCase:
        """Hide parts of a scan in which all lumbar discs were read."""
        centres = {disc.level: _middle(np.array(disc.box)) for disc in whole.discs}
        voxels = case.scan.voxels.copy()
        row_mm, column_mm = (case.scan.spacing_mm or (1.0, 1.0, 1.0))[1:]
        rim = float(np.percentile(voxels.astype(np.float32), 99))
        for place in self.at(centres):
            for size, value in ((_RIM_MM, rim), (0.0, 0.0)):
                axes = ((_HIDDEN_MM[0] + size) / column_mm, (_HIDDEN_MM[1] + size) / row_mm)
                for page in voxels:
                    _paint(page, place, axes, value)
        hidden = replace(
            case, scan=on_grid(case.scan, voxels, case.scan.spacing_mm), masks={}, boxes={}
        )
        return CutCase(hidden, whole, 0)


def _paint(
    page: NDArray[np.generic], place: Point, axes: tuple[float, float], value: float
) -> None:
    inside = np.zeros(page.shape, np.uint8)
    x, y = np.rint(place).astype(int).tolist()
    cv2.ellipse(inside, (x, y), (round(axes[0]), round(axes[1])), 0, 0, 360, 1, -1)
    page[inside > 0] = value


def _middle(box: NDArray[np.floating]) -> Point:
    return (box[:2] + box[2:]) / 2


def _bodies(centres: Centres) -> list[Point]:
    """The middles of L4, L5 and S1."""
    l5s1, l4l5, l3l4 = (centres[level] for level in ("L5-S1", "L4-L5", "L3-L4"))
    return [(l3l4 + l4l5) / 2, (l4l5 + l5s1) / 2, l5s1 + 0.6 * (l5s1 - l4l5)]


METAL: Final = (
    Metal("metal in L4, L5 and S1", _bodies),
    Metal(
        "metal from L4 to S1, discs hidden",
        lambda centres: [*_bodies(centres), centres["L4-L5"], centres["L5-S1"]],
    ),
    Metal(
        "metal in L5 and S1, discs hidden",
        lambda centres: [*_bodies(centres)[1:], centres["L4-L5"], centres["L5-S1"]],
    ),
)
