"""Levels of discs: a chain from the sacrum up, counted from L5-S1.

Sorting discs by height fails, because slices beside the midline leave fragments that count as
discs: `discai.spine.path` chooses those that make a spine.
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
from discai.spine.doubts import L5S1_LIKELY, doubts_about
from discai.spine.path import best_path, looks_like_l5s1, steps_mm

#: A step this many times longer than the usual one has passed over a disc.
GAP = 1.6
#: No spine's usual step is taken for longer: a multiple of this has passed over a disc even where
#: all steps are long. Of the SPIDER training patients one has more than 42 mm: 49.
LONGEST_USUAL_MM = 40.0


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
    path, score = best_path(candidates)
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
    warnings = doubts_about(discs, levels, pitch, below, candidates, lower_edge_mm)
    return Chain(discs, levels, pitch, warnings, score)


def usual_step_mm(steps: Sequence[float]) -> float:
    """The usual one of a spine's steps, given from below: that of its lumbar discs.

    Of two middle ones the lower: of one single and one double step the single is the usual.
    """
    return median_low(steps[: len(LEVELS)])


def _likeliest_l5s1(path: list[Component]) -> int:
    """Position of the disc that looks most like L5-S1; the lowest if none does."""
    likeliest = int(np.argmax([looks_like_l5s1(disc) for disc in path]))
    return likeliest if path[likeliest].l5s1 >= L5S1_LIKELY else 0


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
