"""Every disc of a spine measured, on each slice that shows it and as a whole."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.anatomy import LEVELS
from discai.quantities.canal import canal_depths_mm
from discai.quantities.curve import lateral_curve
from discai.quantities.endplates import (
    axis_between,
    lordosis_deg,
    lower_endplate_deg,
    upper_endplate_deg,
)
from discai.quantities.heights import heights_and_length
from discai.quantities.section import Kinds, Section, Values, cut_section, kinds_of
from discai.quantities.walls import Walls, bulge_mm, find_walls
from discai.reading import DiscQuantities, LateralCurve, Side, SliceQuantities
from discai.spine.back_wall import BackWall
from discai.spine.painting import SHOWN_SHARE
from discai.spine.spine import Spine, midline_slices

#: Slices this far from a disc's midline that show so much of it are its middle ones.
AROUND_MIDLINE_MM: Final = 6.0
MIDDLE_SHARE: Final = 0.4
#: So near to the midline the canal is about as deep as in its middle, and a bulge is central.
CENTRAL_MM: Final = 3.0
#: A smaller bulge has no place: it is one pixel of the outline. Of slices that show about as much
#: the one nearest to the midline is its place.
LEAST_BULGE_MM: Final = 1.0
AS_MUCH_MM: Final = 0.5
#: A forward slip of less is none: listhesis in Denard et al., Spine 2010;35:1072, begins there.
LEAST_SLIP_PERCENT: Final = 5.0
#: Fewer slices cover no disc, and don't show where its midline is.
FEWEST_SLICES: Final = 3

_ON_L1: Final = "T12-L1"
_FROM_HEAD: Final = (_ON_L1, *LEVELS)
_NEAR_THE_MIDLINE: Final = ("canal_depth_mm", "narrowest_canal_mm")


@dataclass(frozen=True)
class SpineQuantities:
    """Quantities of a whole spine.

    Attributes:
        discs: of the lumbar ones, by level.
        back_walls: their lines by level and slice, where both walls are seen.
        lordosis_deg: as in `Reading`; so is `lateral_curve`.
    """

    discs: dict[str, DiscQuantities]
    back_walls: dict[str, dict[int, BackWall]]
    lordosis_deg: float | None
    lateral_curve: LateralCurve | None


def measure_spine(spine: Spine, *, in_mm: bool, knows_sides: bool) -> SpineQuantities:
    """Measures the lumbar discs of a spine from its outlines.

    Args:
        spine: slices towards the patient's right, as in the canonical frame.
        in_mm: whether the spacing is the scan's own and not assumed; else no length is given.
        knows_sides: whether the scan says which side of the patient its slices lie on.
    """
    areas = spine.disc_areas
    knows_sides = knows_sides and len(areas) >= FEWEST_SLICES
    midlines = midline_slices(spine)
    kinds = kinds_of(spine)
    discs = {
        level: _Disc(kinds, number, areas[:, number], midlines[number - 1])
        for number, level in enumerate(spine.chain.levels, start=1)
        if level in _FROM_HEAD
    }
    upper, lower = discs.get(_ON_L1), discs.get(LEVELS[-1])
    covered = {level: discs[level].centre_mm for level in _FROM_HEAD if _is_covered(discs, level)}
    return SpineQuantities(
        discs={
            level: disc.quantities(in_mm, knows_sides)
            for level, disc in discs.items()
            if level in LEVELS
        },
        back_walls={level: disc.back_walls for level, disc in discs.items() if level in LEVELS},
        lordosis_deg=lordosis_deg(
            None if upper is None else upper_endplate_deg(upper.central),
            None if lower is None else lower_endplate_deg(lower.central),
        ),
        lateral_curve=lateral_curve(covered, spine.voxel_mm[0], knows_sides=knows_sides)
        if in_mm
        else None,
    )


def meyerding_grade(slip_percent: float | None) -> int | None:
    """The grade of Meyerding (1932) by quarters of the lower body's depth; 0 for no forward slip.

    Beyond a whole depth it is 5, spondyloptosis.
    """
    if slip_percent is None:
        return None
    if slip_percent < LEAST_SLIP_PERCENT:
        return 0
    return min(5, ceil(round(slip_percent / 25, 6)))


class _Disc:
    """One disc on its way from outlines to quantities.

    Attributes:
        central: its section along its own extent, on the slices at the midline.
    """

    def __init__(self, kinds: Kinds, number: int, areas: NDArray[np.int64], midline: int) -> None:
        self._kinds, self._spine, self._number = kinds, kinds.spine, number
        self._areas, self._midline = areas, midline
        self._slices = [int(index) for index in np.flatnonzero(areas > SHOWN_SHARE * areas.max())]
        central = [
            index
            for index, near in zip(self._slices, self._within(CENTRAL_MM), strict=True)
            if near
        ]
        self.central = cut_section(kinds, number, central, self._spine.chain.discs[number - 1].axis)

    @property
    def is_covered(self) -> bool:
        """True if slices without the disc lie on both of its sides."""
        count = len(self._areas)
        return count >= FEWEST_SLICES and not {0, count - 1} & set(self._slices)

    @property
    def _shows_midline(self) -> bool:
        """False where several slices cut the canal best at their edge: its middle lies beyond."""
        count = len(self._areas)
        return count < FEWEST_SLICES or 0 < self._midline < count - 1

    @property
    def centre_mm(self) -> tuple[float, float]:
        """`(towards the patient's right, down)`."""
        right_mm, down_mm, _ = self._spine.chain.discs[self._number - 1].centroid_mm
        return right_mm, down_mm

    @cached_property
    def _section(self) -> Section:
        """The disc laid level between its endplates, on all slices that show it."""
        axis = axis_between(self.central)
        return cut_section(self._kinds, self._number, self._slices, axis)

    @cached_property
    def _walls(self) -> Walls:
        return find_walls(self._section)

    @property
    def back_walls(self) -> dict[int, BackWall]:
        """The line of the back walls on each slice that shows both."""
        disc = self._spine.chain.discs[self._number - 1]
        ends = self._walls.ends
        return {
            index: BackWall(
                *(self._section.place(disc, self._spine.voxel_mm, end) for end in of_slice)
            )
            for index, of_slice in zip(self._slices, ends, strict=True)
            if np.isfinite(of_slice).all()
        }

    def quantities(self, in_mm: bool, knows_sides: bool) -> DiscQuantities:
        values = self._by_slice()
        knows_sides = knows_sides and self._shows_midline
        middle, central = self._within(AROUND_MIDLINE_MM), self._within(CENTRAL_MM)
        whole = {
            name: _median(each[central if name in _NEAR_THE_MIDLINE else middle])
            for name, each in values.items()
        }
        bulges = values["bulge_mm"][self._within(np.inf)]
        whole["bulge_mm"] = float(np.nanmax(bulges)) if np.isfinite(bulges).any() else None
        if not self._shows_midline:
            whole |= dict.fromkeys(_NEAR_THE_MIDLINE)
        bulge_slice = self._bulge_slice(values["bulge_mm"], whole["bulge_mm"] or 0.0)
        whole["volume_mm3"] = self._volume_mm3()
        slices = {
            index: SliceQuantities(**_told(_at(values, position), in_mm))
            for position, index in enumerate(self._slices)
        }
        return DiscQuantities(
            **_told(whole, in_mm),
            bulge_slice=bulge_slice if in_mm else None,
            bulge_side=self._side(bulge_slice) if in_mm and knows_sides else None,
            meyerding_grade=meyerding_grade(whole["slip_percent"]),
            slices=slices,
        )

    def _by_slice(self) -> dict[str, Values]:
        section, walls = self._section, self._walls
        of_disc = heights_and_length(section, walls)
        heights = [of_disc[name] for name in ("anterior", "middle", "posterior")]
        canal, narrowest = canal_depths_mm(section, of_disc["middle"])
        return {
            "anterior_height_mm": heights[0],
            "middle_height_mm": heights[1],
            "posterior_height_mm": heights[2],
            "height_index": np.mean(heights, axis=0) / walls.depth_mm,
            "length_mm": of_disc["length"],
            "length_ratio": of_disc["length"] / walls.depth_mm,
            "bulge_mm": bulge_mm(section, walls),
            "canal_depth_mm": canal,
            "narrowest_canal_mm": narrowest,
            "slip_mm": walls.slip_mm,
            "slip_percent": walls.slip_percent,
        }

    def _within(self, reach_mm: float) -> NDArray[np.bool_]:
        """The slices that are so near to the midline and show enough of the disc."""
        slices = np.array(self._slices)
        near = np.abs(slices - self._midline) * self._spine.voxel_mm[0] <= reach_mm
        enough = self._areas[slices] >= MIDDLE_SHARE * self._areas[self._midline]
        return np.asarray(near & enough)

    def _bulge_slice(self, bulges: Values, greatest_mm: float) -> int | None:
        if greatest_mm < LEAST_BULGE_MM:
            return None
        as_much = self._within(np.inf) & (bulges >= greatest_mm - AS_MUCH_MM)
        slices = np.array(self._slices)[as_much]
        return int(min(slices, key=lambda index: abs(int(index) - self._midline)))

    def _side(self, index: int | None) -> Side | None:
        if index is None:
            return None
        right_mm = (index - self._midline) * self._spine.voxel_mm[0]
        if abs(right_mm) <= CENTRAL_MM:
            return "central"
        return "right" if right_mm > 0 else "left"

    def _volume_mm3(self) -> float | None:
        """By Cavalieri's sum of areas; None where the first or the last slice cuts the disc."""
        if not self.is_covered:
            return None
        return float(self._areas.sum() * np.prod(self._spine.voxel_mm))


def _is_covered(discs: dict[str, _Disc], level: str) -> bool:
    return level in discs and discs[level].is_covered


def _median(values: Values) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else None


def _at(values: dict[str, Values], position: int) -> dict[str, float | None]:
    found = {name: float(each[position]) for name, each in values.items()}
    return {name: value if np.isfinite(value) else None for name, value in found.items()}


def _told(values: dict[str, float | None], in_mm: bool) -> dict[str, float | None]:
    """The values; without millimetres where there are none."""
    return {
        name: value if in_mm or not name.endswith(("_mm", "_mm3")) else None
        for name, value in values.items()
    }
