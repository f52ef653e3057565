"""How well structures are outlined in volumes whose outlines are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from discai.anatomy import (
    CANAL,
    FIRST_DISC,
    FIRST_VERTEBRA,
    LAST_VERTEBRA,
    LEVELS,
    disc_value,
)
from discai.reading import Reading
from pipeline.estimates import Estimate, estimate_mean
from pipeline.evaluation.cases import Case
from pipeline.evaluation.readings import Outcome
from pipeline.segmentation_metrics import dice

STRUCTURES = ("disc", "vertebra", "canal")


@dataclass(frozen=True)
class OutlineScore:
    """Dice of one structure in one volume."""

    case: Case
    structure: str
    dice: float


class OutlineResult(BaseModel):
    """The mean Dice of a structure over the volumes of a set, and that of each."""

    model_config = ConfigDict(frozen=True)

    data: str
    structure: str
    dice: Estimate
    by_case: dict[str, float]


def outline_scores(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> list[OutlineScore]:
    """Dice of every known outline; a refused volume counts as nothing found."""
    return [
        OutlineScore(
            case,
            structure,
            dice(truth, _painted(outcome, structure, case))
            if isinstance(outcome, Reading)
            else 0.0,
        )
        for case, outcome in zip(cases, outcomes, strict=True)
        for structure, truth in case.masks.items()
    ]


def outline_results(data: str, scores: Sequence[OutlineScore]) -> list[OutlineResult]:
    """One result for each structure that has scores."""
    results = []
    for structure in STRUCTURES:
        of = [score for score in scores if score.structure == structure]
        if of:
            mean = estimate_mean([s.case.patient for s in of], [s.dice for s in of])
            by_case = {score.case.name: round(score.dice, 4) for score in of}
            results.append(
                OutlineResult(data=data, structure=structure, dice=mean, by_case=by_case)
            )
    return results


def _painted(reading: Reading, structure: str, case: Case) -> NDArray[np.bool_]:
    """The voxels of a structure in the segmentation of a reading, as far as the truth goes."""
    values = reading.segmentation
    if structure == "vertebra":
        return (values >= FIRST_VERTEBRA) & (values <= LAST_VERTEBRA)
    if structure == "canal":
        return values == CANAL
    if case.lumbar_only:
        return np.isin(values, [disc_value(level) for level in LEVELS])
    return values >= FIRST_DISC
