"""Back walls of the bodies above and below a disc: depth, slip, and what bulges behind them."""

from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np

from discai.quantities.section import Masks, Section, Values, extent, median, nth_least

#: The back wall of a body is looked for so far from its endplate: beyond the rounded corner, and
#: before the waist.
WALL_MM: Final = (1.5, 6.0)
#: An endplate begins with the row that is so wide, as a share of the widest.
ENDPLATE_SHARE: Final = 0.5
#: A body is no shallower, and its endplate no farther from the disc's middle.
LEAST_DEPTH_MM: Final = 15.0
FARTHEST_MM: Final = 12.0
#: So much of the disc's height must reach as far as a bulge is said to.
BULGE_HEIGHT_MM: Final = 1.0


@dataclass(frozen=True)
class Wall:
    """One body's back wall next to the disc, by slice.

    Attributes:
        back_mm: along the disc's axis.
        across_mm: of the endplate, from the disc's middle; both are the corner between them.
        depth_mm: of the body there, front to back.
    """

    back_mm: Values
    across_mm: Values
    depth_mm: Values


@dataclass(frozen=True)
class Walls:
    """The back walls above and below a disc, and the straight line through both."""

    upper: Wall
    lower: Wall

    @property
    def slope(self) -> Values:
        """Of the line, back by down."""
        across_mm = self.lower.across_mm - self.upper.across_mm
        back_mm = self.lower.back_mm - self.upper.back_mm
        return np.asarray(back_mm / np.where(across_mm > 0, across_mm, np.nan))

    def line_mm(self, across_mm: Values) -> Values:
        """The line `(slice, across)` along the disc's axis."""
        from_upper = across_mm - self.upper.across_mm[:, None]
        return np.asarray(self.upper.back_mm[:, None] + self.slope[:, None] * from_upper)

    @property
    def ends(self) -> Values:
        """The line from the upper to the lower body, `(slice, end, across or along)` in mm."""
        beside_mm = WALL_MM[1]
        across_mm = np.stack(
            [self.upper.across_mm - beside_mm, self.lower.across_mm + beside_mm], axis=1
        )
        return np.stack([across_mm, self.line_mm(across_mm)], axis=2)

    @property
    def depth_mm(self) -> Values:
        """The mean depth of the bodies that are seen; L5-S1 has one only."""
        upper, lower = self.upper.depth_mm, self.lower.depth_mm
        only = np.where(np.isfinite(upper), upper, lower)
        return np.where(np.isfinite(upper + lower), (upper + lower) / 2, only)

    @property
    def slip_mm(self) -> Values:
        """Distance of the upper wall in front of the lower one; negative if it lies behind."""
        return self.lower.back_mm - self.upper.back_mm

    @property
    def slip_percent(self) -> Values:
        """The slip by the depth of the lower body, as Taillard (1954) gives it."""
        return 100 * self.slip_mm / self.lower.depth_mm


def find_walls(section: Section) -> Walls:
    """The back walls on each slice of a section."""
    return Walls(_wall(section, section.upper, -1), _wall(section, section.lower, 1))


def bulge_mm(section: Section, walls: Walls) -> Values:
    """Reach of the disc behind the line of the back walls, at right angles to it, by slice.

    0 where it does not reach so far.
    """
    _, last = extent(section.disc, section.along_mm)
    behind = last + section.step_mm / 2 - walls.line_mm(section.across_mm)
    rows = ceil(BULGE_HEIGHT_MM / section.step_mm)
    farthest = -nth_least(-behind, rows)
    return np.maximum(farthest * np.cos(np.arctan(walls.slope)), 0)


def _wall(section: Section, body: Masks, side: int) -> Wall:
    """The wall of the body above (-1) or below (1)."""
    half = section.across_mm.size // 2
    outward = body[:, ::side][:, half:]  # rows from the disc's middle to the body's
    outward_mm = section.across_mm[half:]
    first, last = extent(outward, section.along_mm)
    width = outward.sum(axis=2, dtype=np.int32) * section.step_mm
    widest = width.max(axis=1, keepdims=True)
    wide = (width >= ENDPLATE_SHARE * widest) & (widest >= LEAST_DEPTH_MM)
    start_mm = outward_mm[wide.argmax(axis=1)] - section.step_mm / 2
    start_mm[~wide.any(axis=1) | (start_mm > FARTHEST_MM)] = np.nan
    from_endplate = outward_mm - start_mm[:, None]
    near = (from_endplate > WALL_MM[0]) & (from_endplate < WALL_MM[1])
    first[~near], last[~near] = np.nan, np.nan
    first[first == section.along_mm[0]] = np.nan  # may go on in front of the section
    rows = np.isfinite(last).sum(axis=1)
    last[rows * section.step_mm < (WALL_MM[1] - WALL_MM[0]) / 2] = np.nan
    return Wall(
        back_mm=median(last) + section.step_mm / 2,
        across_mm=side * start_mm,
        depth_mm=median(last - first) + section.step_mm,
    )
