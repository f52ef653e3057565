"""Spines of straight-edged bodies whose every measure is known, outlined on any grid.

Places in a slice are `(down, back)` in mm.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.manifest import Thresholds
from discai.segmentation.grid import VoxelSize
from discai.segmentation.signature import CHANNELS
from discai.spine.spine import Spine, find_spine

Points = NDArray[np.float64]
THRESHOLDS: Final = Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.5)
BODY_HEIGHT_MM: Final = 26.0
DEPTH_MM: Final = 34.0
#: To each side of the middle slice: of the field, of discs and bodies, of the canal.
FIELD_HALF_MM: Final = 32.0
BODY_HALF_MM: Final = 22.0
CANAL_HALF_MM: Final = 11.0


@dataclass(frozen=True)
class Protrusion:
    """A block of disc tissue behind the back walls.

    Attributes:
        depth_mm: behind the line of the walls.
        first_mm: where it begins, from the middle slice towards the patient's right.
        last_mm: where it ends.
        height_mm: in the slice.
    """

    depth_mm: float
    first_mm: float = -4.0
    last_mm: float = 4.0
    height_mm: float = 6.0


@dataclass(frozen=True)
class DrawnSpine:
    """A spine of blocks; disc 0 is L5-S1.

    Attributes:
        height_mm: of every disc, in its middle.
        wedge_deg: of every disc, open to the front.
        slip_mm: at disc 1, L4-L5: how much further to the front all above it stands.
        protrusion: at disc 1.
        canal_mm: depth of the canal.
        gap_mm: between back walls and canal.
        pinched_mm: how much shallower the canal is behind disc 1.
        tilt_deg: of the lowest endplate, positive with its front end lower.
        discs: how many are drawn, with a body above each.
        bends_mm: how far towards the patient's right each disc stands, with the body above it; 0
            of those that aren't named.
    """

    height_mm: float = 10.0
    wedge_deg: float = 0.0
    slip_mm: float = 0.0
    protrusion: Protrusion | None = None
    canal_mm: float = 15.0
    gap_mm: float = 5.0
    pinched_mm: float = 0.0
    tilt_deg: float = 0.0
    discs: int = 3
    bends_mm: tuple[float, ...] = ()

    @property
    def field_mm(self) -> float:
        """Of rows and columns."""
        return 60 + 40.0 * self.discs


@dataclass(frozen=True)
class _Frame:
    """A place in a slice and a tilt: `back` runs along an endplate, `up` away from the feet."""

    place: Points
    tilt: float

    def at(self, back_mm: float, up_mm: float) -> Points:
        cos, sin = np.cos(self.tilt), np.sin(self.tilt)
        return np.asarray(
            self.place + back_mm * np.array([-sin, cos]) + up_mm * np.array([-cos, -sin])
        )

    def moved(self, back_mm: float, up_mm: float) -> "_Frame":
        return _Frame(self.at(back_mm, up_mm), self.tilt)

    def turned(self, turn: float) -> "_Frame":
        return _Frame(self.place, self.tilt + turn)

    def block(self, back_mm: tuple[float, float], up_mm: tuple[float, float]) -> Points:
        (front, behind), (low, high) = back_mm, up_mm
        corners = (front, low), (behind, low), (behind, high), (front, high)
        return np.array([self.at(*each) for each in corners])


class _Maps:
    """Probabilities `(slice, row, column, channel)` that blocks are painted into."""

    def __init__(self, field_mm: float, voxel_mm: VoxelSize) -> None:
        slice_mm, row_mm, column_mm = voxel_mm
        reach = round(FIELD_HALF_MM / slice_mm)
        rows, columns = round(field_mm / row_mm), round(field_mm / column_mm)
        self._offsets_mm = np.arange(-reach, reach + 1) * slice_mm
        self._down, self._back = np.arange(rows) * row_mm, np.arange(columns) * column_mm
        self.values = np.zeros((2 * reach + 1, rows, columns, len(CHANNELS)), np.float32)

    def fill(self, name: str, corners: Points, first_mm: float, last_mm: float) -> None:
        """Paints a convex shape on the slices from `first_mm` to `last_mm`."""
        down, back = self._down[:, None], self._back[None]
        sides = [
            (there[0] - here[0]) * (back - here[1]) - (there[1] - here[1]) * (down - here[0])
            for here, there in zip(corners, np.roll(corners, -1, axis=0), strict=True)
        ]
        inside = np.all([side >= 0 for side in sides], axis=0)
        inside |= np.all([side <= 0 for side in sides], axis=0)
        for page in np.flatnonzero((self._offsets_mm >= first_mm) & (self._offsets_mm <= last_mm)):
            self.values[page, ..., CHANNELS.index(name)][inside] = 0.95


def maps_of(drawn: DrawnSpine, voxel_mm: VoxelSize) -> NDArray[np.float32]:
    """The probabilities `(slice, row, column, channel)` that a network would give of it."""
    maps = _Maps(drawn.field_mm, voxel_mm)
    half, half_high = DEPTH_MM / 2, drawn.height_mm / 2
    wedge = np.radians(drawn.wedge_deg)
    canal = half + drawn.gap_mm, half + drawn.gap_mm + drawn.canal_mm
    lowest = np.array([drawn.field_mm - 45, drawn.field_mm / 2])
    below = _Frame(lowest, np.radians(drawn.tilt_deg))
    for number in range(drawn.discs):
        slip_mm, pinched_mm = (drawn.slip_mm, drawn.pinched_mm) if number == 1 else (0.0, 0.0)
        bend_mm = drawn.bends_mm[number] if number < len(drawn.bends_mm) else 0.0
        body = bend_mm - BODY_HALF_MM, bend_mm + BODY_HALF_MM
        width = bend_mm - CANAL_HALF_MM, bend_mm + CANAL_HALF_MM
        middle = below.moved(0, half_high).turned(-wedge / 2)
        above = middle.moved(-slip_mm, half_high).turned(-wedge / 2)
        facing = below.at(-half, 0), below.at(half, 0), above.at(half, 0), above.at(-half, 0)
        maps.fill("vertebra", above.block((-half, half), (0, BODY_HEIGHT_MM)), *body)
        maps.fill("disc", np.array(facing), *body)
        if number == 0:
            maps.fill("l5s1_disc", np.array(facing), *body)
        behind = middle.moved(-slip_mm / 2, 0)
        if number == 1 and (block := drawn.protrusion):
            reach, high = (half - 8, half + block.depth_mm), block.height_mm / 2
            through = bend_mm + block.first_mm, bend_mm + block.last_mm
            maps.fill("disc", behind.block(reach, (-high, high)), *through)
        pinched = canal[0], canal[1] - pinched_mm
        maps.fill("canal", behind.block(pinched, (-8, 8)), *width)
        rest = 8 - half_high, BODY_HEIGHT_MM - 8 + half_high
        maps.fill("canal", above.block(canal, rest), *width)
        below = above.moved(0, BODY_HEIGHT_MM)
    disc, vertebra, tube = (CHANNELS.index(name) for name in ("disc", "vertebra", "canal"))
    free = maps.values[..., disc] == 0
    for channel in (vertebra, tube):
        maps.values[..., channel] *= free
    return maps.values


@cache
def outlined(drawn: DrawnSpine, voxel_mm: VoxelSize) -> Spine:
    """The spine found in its outlines."""
    return find_spine(maps_of(drawn, voxel_mm), voxel_mm, THRESHOLDS)
