"""The row of discs that makes a spine, found among all candidates by dynamic programming.

Each step goes one disc up, and fragments cost more than they bring.
"""

from collections.abc import Sequence
from itertools import pairwise, starmap
from math import inf

import numpy as np

from discai.spine.discs import Component

#: The next disc lies this far away; the longest step allows for two discs that weren't seen.
STEP_MM = (18.0, 110.0)
#: Median distance of lumbar discs' centres over the SPIDER patients.
PITCH_MM = 35.0
#: How far to the left or right a spine leans for each millimetre upward, scoliosis included.
LEAN = 0.5
FULL_AREA_MM2 = 150.0  # from this area on a component is a whole disc
_COST_OF_DISC = 0.2  # what a component must bring to be worth a place in the chain
_COST_OF_GAP = 0.5
_COST_OF_STRETCH = 0.3
_COST_OF_SLANT = 0.3
_BONUS_L5S1 = 1.5
#: So much probability of vertebra above a disc is no doubt of one.
FULL_BONE = 0.8


def best_path(candidates: list[Component]) -> tuple[list[Component], float]:
    """The chain with the highest score, from the lowest disc up, and that score."""
    upward = sorted(candidates, key=lambda c: -c.centroid_mm[1])
    best: list[float] = []
    previous: list[int | None] = []
    for index, disc in enumerate(upward):
        gains = [_BONUS_L5S1 * looks_like_l5s1(disc)]
        gains += [best[i] - cost_of_step(upward[i], disc) for i in range(index)]
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


def evidence(discs: Sequence[Component]) -> float:
    """The score of a row of discs, from the lowest up, without what looking like L5-S1 adds."""
    return sum(map(_worth, discs)) - sum(starmap(cost_of_step, pairwise(discs)))


def _worth(disc: Component) -> float:
    return disc.confidence * min(1.0, disc.area_mm2 / FULL_AREA_MM2) - _COST_OF_DISC


def cost_of_step(low: Component, high: Component) -> float:
    """Cost of the way from one disc up to the next; infinite if there is none."""
    distance = distance_mm(low, high)
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


def distance_mm(low: Component, high: Component) -> float:
    """Between two centres in the sagittal plane; a curved spine doesn't lengthen it."""
    (_, row_a, column_a), (_, row_b, column_b) = low.centroid_mm, high.centroid_mm
    return float(np.hypot(row_a - row_b, column_a - column_b))


def steps_mm(discs: Sequence[Component]) -> list[float]:
    """From each disc's centre to the next one's, in the sagittal plane."""
    return [distance_mm(low, high) for low, high in pairwise(discs)]


def looks_like_l5s1(disc: Component) -> float:
    """Its channel's probability, doubted where no vertebra stands on the disc."""
    return disc.l5s1 * min(1.0, disc.bone_above / FULL_BONE)
