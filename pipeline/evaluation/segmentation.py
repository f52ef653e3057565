"""Figures of outlines in volumes whose outlines are known."""

from collections.abc import Iterator, Sequence
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
from pipeline.evaluation.cases import Case
from pipeline.evaluation.readings import Outcome
from pipeline.metrics.estimates import Estimate, estimate_mean
from pipeline.metrics.segmentation import best_move, dice

STRUCTURES = ("disc", "vertebra", "canal")


@dataclass(frozen=True)
class OutlineScore:
    """Dice of one structure in one volume."""

    case: Case
    structure: str
    dice: float


class OutlineResult(BaseModel):
    """The mean Dice of a structure over the volumes of a set, and that of each.

    Attributes:
        moved: the Dice if each volume's outlines were moved by the one distance that suits it best.
        moves_mm: these distances, outward.
    """

    model_config = ConfigDict(frozen=True)

    data: str
    structure: str
    dice: Estimate
    by_case: dict[str, float]
    moved: Estimate
    moves_mm: dict[str, float]


def outline_scores(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> list[OutlineScore]:
    """Dice of every known outline; a refused volume counts as nothing found."""
    return [
        OutlineScore(case, structure, dice(truth, found))
        for case, structure, truth, found in _outlines(cases, outcomes)
    ]


def outline_results(
    data: str, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> list[OutlineResult]:
    """One result for each structure that is outlined in these volumes, which have a spacing."""
    scored = [
        (
            OutlineScore(case, structure, dice(truth, found)),
            best_move(truth, found, _pixel_mm(case)),
        )
        for case, structure, truth, found in _outlines(cases, outcomes)
    ]
    results = []
    for structure in STRUCTURES:
        of = [(score, move) for score, move in scored if score.structure == structure]
        if of:
            patients = [score.case.patient for score, _ in of]
            results.append(
                OutlineResult(
                    data=data,
                    structure=structure,
                    dice=estimate_mean(patients, [score.dice for score, _ in of]),
                    by_case={score.case.name: round(score.dice, 4) for score, _ in of},
                    moved=estimate_mean(patients, [move.dice for _, move in of]),
                    moves_mm={score.case.name: round(move.distance_mm, 1) for score, move in of},
                )
            )
    return results


def _outlines(
    cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> Iterator[tuple[Case, str, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Case, structure, its true voxels and those that were found."""
    for case, outcome in zip(cases, outcomes, strict=True):
        for structure, truth in case.masks.items():
            if isinstance(outcome, Reading):
                yield case, structure, truth, _painted(outcome, structure, case)
            else:
                yield case, structure, truth, np.zeros_like(truth)


def _pixel_mm(case: Case) -> tuple[float, float]:
    if case.scan.spacing_mm is None:
        raise ValueError(f"{case.name} has no spacing")
    return case.scan.spacing_mm[1:]


def _painted(reading: Reading, structure: str, case: Case) -> NDArray[np.bool_]:
    """The voxels of a structure in the segmentation of a reading, as far as the truth goes."""
    values = reading.segmentation
    if structure == "vertebra":
        return np.asarray((values >= FIRST_VERTEBRA) & (values <= LAST_VERTEBRA))
    if structure == "canal":
        return np.asarray(values == CANAL)
    if case.lumbar_only:
        return np.isin(values, [disc_value(level) for level in LEVELS])
    return values >= FIRST_DISC
