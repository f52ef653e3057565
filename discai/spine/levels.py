"""Levels of discs: a chain from the sacrum up, counted from L5-S1.

Sorting discs by height fails, because slices beside the midline leave fragments that count as
discs. The chain is the best path through the candidates by dynamic programming instead: each step
goes one disc up, and fragments cost more than they bring.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from operator import truediv
from statistics import median, median_low

import numpy as np

from discai.anatomy import LEVELS, LEVELS_FROM_SACRUM
from discai.spine.discs import Component

#: The next disc lies this far away; the longest step allows for two discs that weren't seen.
STEP_MM = (18.0, 110.0)
#: Median distance of lumbar discs' centres over the SPIDER patients.
PITCH_MM = 35.0
#: A step this many times longer than the usual one has passed over a disc.
GAP = 1.6
#: No spine's usual step is taken for longer: a multiple of this has passed over a disc even where
#: all steps are long. Of the SPIDER training patients one has more than 42 mm: 49.
LONGEST_USUAL_MM = 40.0
#: From here on a disc may be L5-S1.
L5S1_LIKELY = 0.25
#: From here on it is recognisably L5-S1. The lowest discs of the SPIDER training patients have 0.9
#: and more, all others but two less than 0.1.
L5S1_SURE = 0.5
#: So much probability of vertebra above a disc is no doubt of one.
FULL_BONE = 0.8
#: Where the image ends closer below a disc, the next one down may lie beyond its edge. The 262
#: mid-slices of the SPIDER training patients show at least 38 mm below the middle of L5-S1.
SACRUM_MM = 34.0
#: How far to the left or right a spine leans for each millimetre upward, scoliosis included.
LEAN = 0.5
#: Below this a disc's segmentation is called unsure.
SURE = 0.75
#: A step this many times shorter or longer than the usual one is called uneven.
UNEVEN = (0.67, 1.4)
#: What is thicker than this is more than one disc: those of the SPIDER training patients have at
#: most 17 mm.
THICKEST_MM = 22.0

_FULL_AREA_MM2 = 150.0  # from this area on a component is a whole disc
_COST_OF_DISC = 0.2  # what a component must bring to be worth a place in the chain
_COST_OF_GAP = 0.5
_COST_OF_STRETCH = 0.3
_COST_OF_SLANT = 0.3
_BONUS_L5S1 = 1.5


@dataclass(frozen=True)
class Chain:
    """The discs of a spine with their names.

    Attributes:
        discs: from the lowest up.
        levels: their names, as in `discai.anatomy.LEVELS_FROM_SACRUM`; same order.
        pitch_mm: the usual distance between the lowest centres; None for fewer than two discs.
        warnings: sentences for a person.
        score: how much the candidates look like a spine; about one for each good disc.
    """

    discs: tuple[Component, ...] = ()
    levels: tuple[str, ...] = ()
    pitch_mm: float | None = None
    warnings: tuple[str, ...] = field(default=())
    score: float = 0.0

    @property
    def places(self) -> tuple[int, ...]:
        """The place of each disc in `LEVELS_FROM_SACRUM`."""
        return tuple(LEVELS_FROM_SACRUM.index(level) for level in self.levels)


def name_levels(candidates: list[Component], lower_edge_mm: float = inf) -> Chain:
    """Choose the discs among the candidates, name them from L5-S1 upward, say what is odd.

    `lower_edge_mm` is where the image ends below, from the first row.
    """
    path, score = _best_path(candidates)
    if not path:
        return Chain()
    start = _likeliest_l5s1(path)
    path, below = path[start:], path[:start]
    steps = steps_mm(path)
    indices = _count_upward(steps)
    climbed = [high - low for low, high in pairwise(indices)]
    pitch = median(list(map(truediv, steps, climbed))[: len(LEVELS)]) if steps else None
    nameable = sum(index < len(LEVELS_FROM_SACRUM) for index in indices)
    discs = tuple(path[:nameable])
    levels = tuple(LEVELS_FROM_SACRUM[index] for index in indices[:nameable])
    warnings = (
        *_warn_of_start(path[0], below, candidates),
        *_warn_of_edge(path[0], lower_edge_mm),
        *_warn_of_rivals(path[0], candidates),
        *_warn_of_gaps(levels),
        *_warn_of_count(levels),
        *_warn_of_spacing(discs, levels, pitch),
        *_warn_of_joined(discs, levels),
        *_warn_of_doubt(discs, levels),
    )
    return Chain(discs, levels, pitch, warnings, score)


def steps_mm(discs: Sequence[Component]) -> list[float]:
    """From each disc's centre to the next one's, in the sagittal plane."""
    return [_distance_mm(low, high) for low, high in pairwise(discs)]


def usual_step_mm(steps: Sequence[float]) -> float:
    """The usual one of a spine's steps, given from below: that of its lumbar discs.

    Of two middle ones the lower: of one single and one double step the single is the usual.
    """
    return median_low(steps[: len(LEVELS)])


def _best_path(candidates: list[Component]) -> tuple[list[Component], float]:
    """The chain with the highest score, from the lowest disc up."""
    upward = sorted(candidates, key=lambda c: -c.centroid_mm[1])
    best: list[float] = []
    previous: list[int | None] = []
    for index, disc in enumerate(upward):
        gains = [_BONUS_L5S1 * _looks_like_l5s1(disc)]
        gains += [best[i] - _cost_of_step(upward[i], disc) for i in range(index)]
        choice = int(np.argmax(gains))
        best.append(_worth(disc) + gains[choice])
        previous.append(choice - 1 if choice else None)
    if not best or max(best) <= 0:
        return [], 0.0
    path, at = [], int(np.argmax(best))
    score, step = best[at], int(at)
    while True:
        path.append(upward[step])
        before = previous[step]
        if before is None:
            return path[::-1], score
        step = before


def _worth(disc: Component) -> float:
    return disc.confidence * min(1.0, disc.area_mm2 / _FULL_AREA_MM2) - _COST_OF_DISC


def _cost_of_step(low: Component, high: Component) -> float:
    distance = _distance_mm(low, high)
    if not STEP_MM[0] <= distance <= STEP_MM[1]:
        return inf
    lateral = abs(low.centroid_mm[0] - high.centroid_mm[0])
    up = low.centroid_mm[1] - high.centroid_mm[1]
    aside = abs(low.centroid_mm[2] - high.centroid_mm[2])
    if up < 0.5 * distance or lateral > LEAN * up:
        return inf
    passed_over = max(0, round(distance / PITCH_MM) - 1)
    stretch = abs(float(np.log(distance / (PITCH_MM * (passed_over + 1)))))
    slant = max(0.0, aside / up - 0.8)
    return _COST_OF_GAP * passed_over + _COST_OF_STRETCH * stretch + _COST_OF_SLANT * slant


def _distance_mm(low: Component, high: Component) -> float:
    """Between two centres in the sagittal plane; a curved spine doesn't lengthen it."""
    (_, row_a, column_a), (_, row_b, column_b) = low.centroid_mm, high.centroid_mm
    return float(np.hypot(row_a - row_b, column_a - column_b))


def _likeliest_l5s1(path: list[Component]) -> int:
    """Position of the disc that looks most like L5-S1; the lowest if none does."""
    likeliest = int(np.argmax([_looks_like_l5s1(disc) for disc in path]))
    return likeliest if path[likeliest].l5s1 >= L5S1_LIKELY else 0


def _looks_like_l5s1(disc: Component) -> float:
    """Its channel's probability, doubted where no vertebra stands on the disc."""
    return disc.l5s1 * min(1.0, disc.bone_above / FULL_BONE)


def _count_upward(steps: list[float]) -> list[int]:
    """The place of each disc above the lowest, those included that weren't seen."""
    if not steps:
        return [0]
    usual = min(usual_step_mm(steps), LONGEST_USUAL_MM)
    indices = [0]
    for step in steps:
        passed_over = max(1, round(step / usual) - 1) if step > GAP * usual else 0
        indices.append(indices[-1] + 1 + passed_over)
    return indices


def _warn_of_start(
    lowest: Component, below: list[Component], candidates: list[Component]
) -> list[str]:
    if lowest.l5s1 < L5S1_SURE:
        return [
            "The lowest disc does not look like L5-S1; the levels are counted from it "
            "and may all be shifted."
        ]
    whole = [disc for disc in candidates if disc.area_mm2 >= _FULL_AREA_MM2]
    if below or any(_cost_of_step(disc, lowest) < inf for disc in whole):
        return [
            "There is a disc below the one read as L5-S1; with more or fewer than five lumbar "
            "vertebrae the levels may be shifted."
        ]
    return []


def _warn_of_edge(lowest: Component, lower_edge_mm: float) -> list[str]:
    if lower_edge_mm - lowest.centroid_mm[1] >= SACRUM_MM:
        return []
    return [
        "The image ends close below the lowest disc; if that isn't L5-S1, all levels are shifted."
    ]


def _warn_of_rivals(lowest: Component, candidates: list[Component]) -> list[str]:
    """A disc that could be the next one up or down and looks like L5-S1 too."""
    rivals = [
        candidate
        for candidate in candidates
        if candidate.l5s1 >= L5S1_LIKELY
        and min(_cost_of_step(lowest, candidate), _cost_of_step(candidate, lowest)) < inf
    ]
    if not rivals:
        return []
    return ["Two discs look like L5-S1; the levels may be shifted by one."]


def _warn_of_gaps(levels: tuple[str, ...]) -> list[str]:
    return [
        f"No disc was found at {missing}; the levels above it are counted across the gap."
        for low, high in pairwise(levels)
        for missing in LEVELS_FROM_SACRUM[
            LEVELS_FROM_SACRUM.index(low) + 1 : LEVELS_FROM_SACRUM.index(high)
        ]
    ]


def _warn_of_count(levels: tuple[str, ...]) -> list[str]:
    found = sum(level in LEVELS for level in levels)
    if found == len(LEVELS):
        return []
    return [f"{found} of {len(LEVELS)} lumbar discs were found."]


def _warn_of_spacing(
    discs: tuple[Component, ...], levels: tuple[str, ...], pitch: float | None
) -> list[str]:
    """Neighbours of the lumbar spine that are much closer or further apart than the others."""
    if pitch is None:
        return []
    return [
        f"{lower} and {upper} lie {_distance_mm(low, high):.0f} mm apart, "
        f"the other discs about {pitch:.0f} mm; a vertebra may be odd or a level miscounted."
        for (low, high), (lower, upper) in zip(pairwise(discs), pairwise(levels), strict=True)
        if lower in LEVELS
        and LEVELS_FROM_SACRUM.index(upper) == LEVELS_FROM_SACRUM.index(lower) + 1
        and not UNEVEN[0] <= _distance_mm(low, high) / pitch <= UNEVEN[1]
    ]


def _warn_of_joined(discs: tuple[Component, ...], levels: tuple[str, ...]) -> list[str]:
    return [
        f"What is outlined as {level} is too thick for one disc; two may be joined, and the levels "
        "above it shifted."
        for disc, level in zip(discs, levels, strict=True)
        if disc.thickness_mm > THICKEST_MM
    ]


def _warn_of_doubt(discs: tuple[Component, ...], levels: tuple[str, ...]) -> list[str]:
    unsure = [
        level
        for disc, level in zip(discs, levels, strict=True)
        if level in LEVELS and disc.confidence < SURE
    ]
    if not unsure:
        return []
    return [f"The outline is unsure at {', '.join(reversed(unsure))}."]
