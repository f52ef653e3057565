"""The reason for each disc's probability of herniation: causes, measures, and where they lie."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from discai.herniation.back_walls import DiscOnSlices
from discai.herniation.causes import LEAST_EFFECT, Asked, find_causes
from discai.herniation.inputs import ClassifyCrops
from discai.herniation.reason_words import in_words
from discai.reading import DiscReading, RangedQuantity, Reason
from discai.spine.back_wall import BackWall
from discai.spine.outline import Outline


def with_reasons(
    discs: Sequence[DiscReading],
    outline: Outline,
    upright: NDArray[np.uint8],
    walls: Mapping[str, Mapping[int, BackWall]],
    measured: Mapping[str, Sequence[RangedQuantity]],
    classify: ClassifyCrops,
) -> tuple[DiscReading, ...]:
    """The discs with the reason for the probability of each; `classify` is called once at most.

    Args:
        discs: with the crops that their probabilities were read from.
        outline: from which these were cut.
        upright: the painted spine `(slice, row, column)` as it lay for reading.
        walls: the lines of the back walls on the network's grid, by level and slice.
        measured: by level, what has a usual range.
        classify: the network that gave the probabilities.
    """
    numbers = {level: number for number, level in enumerate(outline.spine.chain.levels, start=1)}
    placed = [
        DiscOnSlices(outline, numbers[disc.level], disc.crops, walls[disc.level]) for disc in discs
    ]
    asked = {
        disc.level: Asked(disc.level, disc.herniation, disc.crops, on_slices.in_crops())
        for disc, on_slices in zip(discs, placed, strict=True)
        if disc.herniation >= LEAST_EFFECT
    }
    causes_of = find_causes(list(asked.values()), classify)
    explained = []
    for disc, on_slices in zip(discs, placed, strict=True):
        causes = causes_of.get(disc.level, [])
        known = measured[disc.level]
        bulge = None if disc.quantities is None else disc.quantities.bulge_slice
        reason = Reason(
            text=in_words(disc.level, disc.herniation, causes, known),
            causes=causes,
            measured=list(known),
            back_walls=on_slices.drawn(upright, [] if bulge is None else [bulge]),
        )
        explained.append(replace(disc, reason=reason))
    return tuple(explained)
