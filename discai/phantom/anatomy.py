"""Places of the bones, discs and the canal of a lumbar spine, in mm.

Sagittal coordinates are `(back, down)`: back is towards the patient's back, down towards the feet,
zero in the upper front corner of the field of view. `lateral` is the distance from the midline.
Sizes are textbook means of adults: disc pitch 35 mm, bodies 27 mm high and 35 mm deep.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.anatomy import LEVELS_FROM_SACRUM
from discai.phantom.tissue import Tissue

Points = NDArray[np.float64]

#: From the sacrum up, L5 first: body height, body depth, height of the disc below, tilt in degrees.
#: A tilt above zero means that the front end of the endplates lies lower.
_BODIES: Final = (
    ("L5", 27.0, 35.0, 10.5, 21.0),
    ("L4", 27.5, 35.0, 11.5, 7.0),
    ("L3", 27.5, 34.5, 11.0, -3.0),
    ("L2", 27.0, 34.0, 10.0, -9.0),
    ("L1", 26.0, 33.0, 9.0, -12.0),
    ("T12", 25.0, 32.0, 7.5, -12.0),
    ("T11", 23.5, 31.0, 6.5, -9.0),
    ("T10", 22.5, 30.0, 6.0, -5.0),
    ("T9", 22.0, 29.5, 5.5, 0.0),
)
#: From S1 down: height, depth, tilt in degrees, gap to the next.
_SACRUM: Final = (
    ("S1", 29.0, 33.0, 40.0, 2.0),
    ("S2", 24.0, 21.0, 44.0, 1.5),
    ("S3", 20.0, 17.0, 52.0, 1.0),
    ("S4", 17.0, 13.0, 64.0, 1.0),
    ("S5", 14.0, 10.0, 78.0, 0.0),
)
_BODY_HALF_WIDTH_MM: Final = 25.0
_SACRUM_HALF_WIDTH_MM: Final = 32.0
_ENDPLATE_HOLLOW_MM: Final = 1.8
_WALL_HOLLOW_MM: Final = 1.6
_CORNER_MM: Final = 1.6
_OUTLINE_POINTS: Final = 25
_ORGANS: Final = 110


@dataclass(frozen=True)
class DrawnBody:
    """A vertebral body: a rounded, hollow-sided block that leans with the spine's curve."""

    name: str
    centre: Points
    tilt: float
    height_mm: float
    depth_mm: float
    lower_depth_mm: float
    half_width_mm: float

    @property
    def back(self) -> Points:
        """The unit vector along the endplates towards the patient's back."""
        return np.array([np.cos(self.tilt), -np.sin(self.tilt)])

    @property
    def up(self) -> Points:
        """The unit vector from the lower to the upper endplate."""
        return np.array([-np.sin(self.tilt), -np.cos(self.tilt)])

    def at(self, back_mm: Points | float, up_mm: Points | float) -> Points:
        """Points given along the body's own axes, from its centre."""
        back, up = np.broadcast_arrays(np.asarray(back_mm), np.asarray(up_mm))
        return np.asarray(
            self.centre + back[..., None] * self.back + up[..., None] * self.up, np.float64
        )

    def narrowing(self, lateral_mm: float) -> float:
        """Depth of the body off the midline, as a share; 0 beside the body."""
        return float(max(0.0, 1 - abs(lateral_mm / self.half_width_mm) ** 2.6) ** 0.5)

    def endplate(self, side: int, lateral_mm: float, overhang_mm: float = 0.0) -> Points:
        """The upper (1) or lower (-1) endplate from front to back."""
        share = self.narrowing(lateral_mm)
        depth = (self.depth_mm if side > 0 else self.lower_depth_mm) * share + 2 * overhang_mm
        along = np.linspace(-1, 1, _OUTLINE_POINTS)
        hollow = _ENDPLATE_HOLLOW_MM * share * (1 - along**2)
        corner = _CORNER_MM * np.abs(along) ** 12
        return self.at(along * depth / 2, side * (self.height_mm / 2 - hollow - corner))

    def outline(self, lateral_mm: float) -> Points:
        """The closed outline; empty beside the body."""
        if self.narrowing(lateral_mm) <= 0.05:
            return np.empty((0, 2))
        upper, lower = self.endplate(1, lateral_mm), self.endplate(-1, lateral_mm)
        back_wall = self._wall(upper[-1], lower[-1], -0.6)
        front_wall = self._wall(lower[0], upper[0], 1.0)
        return np.concatenate([upper, back_wall, lower[::-1], front_wall])

    def _wall(self, start: Points, end: Points, inward: float) -> Points:
        along = np.linspace(0, 1, _OUTLINE_POINTS)[1:-1]
        straight = start + along[:, None] * (end - start)
        hollow = _WALL_HOLLOW_MM * inward * np.sin(np.pi * along)
        return np.asarray(straight + hollow[:, None] * self.back, np.float64)


@dataclass(frozen=True)
class DrawnDisc:
    """An intervertebral disc between two bodies.

    Attributes:
        wetness: 1 for a young bright nucleus, 0 for a dark one.
        extrusion_mm: how far it sticks out into the canal.
        extrusion_lateral_mm: where it sticks out.
    """

    level: str
    upper: DrawnBody
    lower: DrawnBody
    wetness: float
    bulge_mm: float
    extrusion_mm: float = 0.0
    extrusion_lateral_mm: float = 0.0

    def outline(self, lateral_mm: float) -> Points:
        """The closed outline without the extrusion; empty beside the disc."""
        share = self.lower.narrowing(lateral_mm)
        if share <= 0.05:
            return np.empty((0, 2))
        above = self.upper.endplate(-1, lateral_mm, overhang_mm=0.3)
        below = self.lower.endplate(1, lateral_mm, overhang_mm=0.3)
        back = self._rim(above[-1], below[-1], self.bulge_mm)
        front = self._rim(below[0], above[0], -1.5)
        return np.concatenate([above, back, below[::-1], front])

    def nucleus(self, lateral_mm: float) -> Points:
        """The closed outline of the nucleus; empty beside it."""
        share = float(max(0.0, 1 - abs(lateral_mm / 18.0) ** 2.5) ** 0.5)
        if share <= 0.1:
            return np.empty((0, 2))
        above, below = self.upper.endplate(-1, lateral_mm), self.lower.endplate(1, lateral_mm)
        centre, half = (above + below) / 2, (above - below) / 2
        along = np.linspace(-1, 1, _OUTLINE_POINTS)
        reach = 0.74 * share
        inside = np.abs(along) < reach
        height = 0.72 * (1 - np.abs(along[inside] / reach) ** 2.5)[:, None] ** 0.5
        return np.concatenate(
            [centre[inside] + half[inside] * height, (centre[inside] - half[inside] * height)[::-1]]
        )

    def extrusion(self, lateral_mm: float) -> Points:
        """The closed outline of what sticks out into the canal; empty elsewhere."""
        share = 1 - (abs(lateral_mm - self.extrusion_lateral_mm) / 11.0) ** 2
        if self.extrusion_mm <= 0 or share <= 0:
            return np.empty((0, 2))
        above = self.upper.endplate(-1, lateral_mm)[-1]
        below = self.lower.endplate(1, lateral_mm)[-1]
        axis = (above - below) / np.linalg.norm(above - below)
        back = (self.upper.back + self.lower.back) / 2
        middle, reach = (above + below) / 2, self.extrusion_mm * share**0.5
        angle = np.linspace(0, 2 * np.pi, 40)
        # A mushroom that leans a little downward, as extruded nucleus does.
        height = 0.62 * np.linalg.norm(above - below) + 1.0
        shape = (
            middle
            - 1.2 * axis
            + (np.cos(angle)[:, None] * reach) * back
            + np.sin(angle)[:, None] * height * axis
        )
        return np.asarray(shape - np.maximum(0, np.cos(angle))[:, None] * axis * 1.5, np.float64)

    def _rim(self, start: Points, end: Points, outward_mm: float) -> Points:
        along = np.linspace(0, 1, _OUTLINE_POINTS)[1:-1]
        back = (self.upper.back + self.lower.back) / 2
        bulge = outward_mm * np.sin(np.pi * along)
        return np.asarray(start + along[:, None] * (end - start) + bulge[:, None] * back)


@dataclass(frozen=True)
class Organ:
    """Something round in the abdomen: a loop of bowel, gas, fat; `centre` is (back, down)."""

    centre: Points
    lateral_mm: float
    radii_mm: Points
    tissue: Tissue

    def outline(self, lateral_mm: float) -> Points:
        """The closed outline; empty beside the organ."""
        share = 1 - ((lateral_mm - self.lateral_mm) / self.radii_mm[0]) ** 2
        if share <= 0:
            return np.empty((0, 2))
        return ellipse(self.centre, self.radii_mm * share**0.5)


@dataclass(frozen=True)
class DrawnSpine:
    """All bodies and discs, and the line of the bodies' back walls from the head down."""

    lumbar: tuple[DrawnBody, ...]
    sacrum: tuple[DrawnBody, ...]
    discs: tuple[DrawnDisc, ...]
    organs: tuple[Organ, ...] = ()

    def back_wall(self) -> Points:
        """The smoothed line along the back of all bodies, one point per mm, head to coccyx."""
        corners = []
        for body in (*reversed(self.lumbar), *self.sacrum):
            corners += [body.endplate(1, 0.0)[-1], body.endplate(-1, 0.0)[-1]]
        line = np.array(corners)
        length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        dense = np.stack(
            [np.interp(np.arange(0, length[-1]), length, line[:, axis]) for axis in (0, 1)], axis=1
        )
        padded = np.pad(dense, ((12, 12), (0, 0)), mode="reflect", reflect_type="odd")
        window = np.hanning(25) / np.hanning(25).sum()
        return np.stack([np.convolve(padded[:, axis], window, "valid") for axis in (0, 1)], axis=1)


def draw_spine(
    rng: np.random.Generator, field_mm: tuple[float, float], herniated: str | None
) -> DrawnSpine:
    """A random spine, centred in a field of view of `(down, back)` mm."""
    size = rng.normal(1.0, 0.025)
    lordosis = rng.normal(1.0, 0.1)
    promontory = np.array([0.52 * field_mm[1], 0.72 * field_mm[0]]) + rng.normal(0, 2.5, 2)
    sacrum = _sacrum(rng, promontory, size, lordosis)
    lumbar: list[DrawnBody] = []
    discs: list[DrawnDisc] = []
    below = sacrum[0]
    for level, (name, height, depth, disc_height, tilt) in zip(
        LEVELS_FROM_SACRUM, _BODIES, strict=False
    ):
        hit = level == herniated
        thickness = disc_height * size * rng.normal(1.0, 0.06) * (0.8 if hit else 1.0)
        body = DrawnBody(
            name,
            np.zeros(2),
            np.radians(tilt * lordosis + rng.normal(0, 1.2)),
            height * size * rng.normal(1.0, 0.02),
            depth * size,
            depth * size * 1.02,
            _BODY_HALF_WIDTH_MM * size,
        )
        axis = (below.up + body.up) / np.linalg.norm(below.up + body.up)
        foot = below.at(0.0, below.height_mm / 2) + thickness * axis
        body = replace(body, centre=foot + body.up * body.height_mm / 2)
        discs.append(
            DrawnDisc(
                level,
                body,
                below,
                wetness=0.0 if hit else float(rng.uniform(0.35, 1.0)),
                bulge_mm=float(rng.uniform(0.2, 0.8)),
                extrusion_mm=float(rng.uniform(9.5, 11.0)) if hit else 0.0,
                extrusion_lateral_mm=float(rng.normal(0, 1.5)),
            )
        )
        lumbar.append(body)
        below = body
    return DrawnSpine(tuple(lumbar), tuple(sacrum), tuple(discs), _organs(rng, field_mm))


def ellipse(centre: Points, radii_mm: Points) -> Points:
    """A closed ellipse."""
    angle = np.linspace(0, 2 * np.pi, 48)
    return np.asarray(centre + np.stack([np.cos(angle), np.sin(angle)], axis=1) * radii_mm)


def _organs(rng: np.random.Generator, field_mm: tuple[float, float]) -> tuple[Organ, ...]:
    """A patchwork of bowel, gas, vessels and fat."""
    kinds = (Tissue.FAT, Tissue.BOWEL, Tissue.MUSCLE, Tissue.VESSEL)
    organs = []
    for _ in range(_ORGANS):
        centre = rng.uniform((0.0, 0.0), (0.55 * field_mm[1], field_mm[0]))
        radii = rng.uniform(5.0, 24.0, 2)
        tissue = kinds[rng.choice(len(kinds), p=(0.3, 0.35, 0.25, 0.1))]
        organs.append(Organ(centre, float(rng.uniform(-35, 35)), radii, tissue))
    return tuple(organs)


def _sacrum(
    rng: np.random.Generator, promontory: Points, size: float, lordosis: float
) -> list[DrawnBody]:
    bodies: list[DrawnBody] = []
    top = promontory
    depths = [depth for _, _, depth, _, _ in _SACRUM] + [6.0]
    lean = rng.normal(0, 2.0)
    for (name, height, depth, tilt, gap), next_depth in zip(_SACRUM, depths[1:], strict=True):
        body = DrawnBody(
            name,
            np.zeros(2),
            np.radians(tilt * lordosis + lean),
            height * size,
            depth * size,
            next_depth * size,
            _SACRUM_HALF_WIDTH_MM * size,
        )
        body = replace(body, centre=top - body.up * body.height_mm / 2)
        bodies.append(body)
        top = body.at(0.0, -body.height_mm / 2 - gap)
    return bodies
