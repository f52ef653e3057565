"""Causes of a probability of herniation: what lowers it when it is taken away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from discai.herniation.crops import Crop
from discai.herniation.inputs import ClassifyCrops
from discai.herniation.occlusion import without_dent, without_protrusion
from discai.reading import Cause

#: A cause raises the probability by so much or more. A disc whose probability is lower has none,
#: and the network needn't be asked about it.
LEAST_EFFECT: Final = 0.05


@dataclass(frozen=True)
class Asked:
    """A disc whose probability is asked about.

    Attributes:
        crops: all that the probability was read from, by slice.
        walls: the line of the back walls in these crops, as a column for each row; slices on which
            none is seen have none.
    """

    level: str
    herniation: float
    crops: Mapping[int, Crop]
    walls: Mapping[int, NDArray[np.float64]]


@dataclass(frozen=True)
class _Trial:
    """A disc without one thing: its crops, changed where they show it."""

    disc: Asked
    name: Literal["protrusion", "dent"]
    crops: list[Crop]


def find_causes(discs: Sequence[Asked], classify: ClassifyCrops) -> dict[str, list[Cause]]:
    """The causes of each disc's probability by level, the greatest first, by one call for all."""
    causes: dict[str, list[Cause]] = {disc.level: [] for disc in discs}
    trials = [trial for disc in discs for trial in _trials(disc)]
    if not trials:
        return causes
    logits = classify(
        [crop for trial in trials for crop in trial.crops],
        [trial.disc.level for trial in trials for _ in trial.crops],
    )
    ends = np.cumsum([len(trial.crops) for trial in trials])[:-1]
    for trial, of_trial in zip(trials, np.split(logits, ends), strict=True):
        without = float(1 / (1 + np.exp(-of_trial.mean())))
        if trial.disc.herniation - without >= LEAST_EFFECT:
            causes[trial.disc.level].append(Cause(name=trial.name, without=without))
    return {level: sorted(each, key=lambda cause: cause.without) for level, each in causes.items()}


def _trials(disc: Asked) -> list[_Trial]:
    protrusion = {
        index: without_protrusion(disc.crops[index], wall) for index, wall in disc.walls.items()
    }
    dent = {index: without_dent(crop) for index, crop in disc.crops.items()}
    changes: tuple[tuple[Literal["protrusion", "dent"], dict[int, Crop | None]], ...] = (
        ("protrusion", protrusion),
        ("dent", dent),
    )
    trials = []
    for name, changed in changes:
        shown = {index: crop for index, crop in changed.items() if crop is not None}
        if shown:
            trials.append(_Trial(disc, name, list({**disc.crops, **shown}.values())))
    return trials
