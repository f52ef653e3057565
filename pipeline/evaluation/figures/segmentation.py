"""Figures of outlines in volumes whose outlines are known."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

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
from pipeline.data.conventions import Convention, Endplates, endplates
from pipeline.evaluation.cases import Case
from pipeline.evaluation.readings import Outcome
from pipeline.metrics.estimates import Estimate, estimate_mean
from pipeline.metrics.segmentation import Move, best_move, dice
from pipeline.metrics.surfaces import SurfaceAgreement, surface_agreement

STRUCTURES = ("disc", "vertebra", "canal")
#: Group of all volumes of a set.
ALL: Final = "all"


@dataclass(frozen=True)
class OutlineScore:
    """Dice of one structure in one volume."""

    case: Case
    structure: str
    dice: float


class OutlineResult(BaseModel):
    """Agreement of a structure's outlines over the volumes of a set, and in each.

    Attributes:
        group: `all`, or the convention by which the volumes were outlined.
        dice: the mean over the volumes.
        surface_dice: normalised surface Dice, as `pipeline.metrics.surfaces` says.
        surface_distance_mm: average symmetric surface distance, over the volumes that have one.
        moved: the Dice if each volume's outlines were moved by the one distance that suits it best.
        moves_mm: these distances, outward.
    """

    model_config = ConfigDict(frozen=True)

    data: str
    structure: str
    group: str = ALL
    dice: Estimate
    by_case: dict[str, float]
    surface_dice: Estimate | None = None
    surface_dice_by_case: dict[str, float] = {}
    surface_distance_mm: Estimate | None = None
    surface_distance_mm_by_case: dict[str, float] = {}
    moved: Estimate
    moves_mm: dict[str, float]


class ConventionResult(BaseModel):
    """Outlining of discs and bone in a volume, measured on its labels alone.

    Attributes:
        touching, gap_mm: as `pipeline.data.conventions` says.
    """

    model_config = ConfigDict(frozen=True)

    data: str
    case: str
    convention: Convention
    touching: float
    gap_mm: float


@dataclass(frozen=True)
class _Outlined:
    """All figures of one structure in one volume."""

    score: OutlineScore
    surface: SurfaceAgreement
    move: Move


def outline_scores(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> list[OutlineScore]:
    """Dice of every known outline; a refused volume counts as nothing found."""
    return [
        OutlineScore(case, structure, dice(truth, found))
        for case, structure, truth, found in _outlines(cases, outcomes)
    ]


def outline_results(
    data: str, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> list[OutlineResult]:
    """Results for each structure that is outlined in these volumes, which have a spacing.

    All volumes come first, then those of each convention where there are several.
    """
    scored = [
        _Outlined(
            OutlineScore(case, structure, dice(truth, found)),
            surface_agreement(truth, found, _pixel_mm(case)),
            best_move(truth, found, _pixel_mm(case)),
        )
        for case, structure, truth, found in _outlines(cases, outcomes)
    ]
    by_convention: dict[str, set[str]] = {}
    for each in convention_results(data, cases):
        by_convention.setdefault(each.convention, set()).add(each.case)
    groups: dict[str, set[str]] = {ALL: {case.name for case in cases}}
    if len(by_convention) > 1:
        groups |= dict(sorted(by_convention.items()))
    return [
        _outline_result(data, structure, group, of)
        for group, names in groups.items()
        for structure in STRUCTURES
        if (
            of := [
                s for s in scored if s.score.structure == structure and s.score.case.name in names
            ]
        )
    ]


def _outline_result(
    data: str, structure: str, group: str, outlined: Sequence[_Outlined]
) -> OutlineResult:
    patients = [each.score.case.patient for each in outlined]
    names = [each.score.case.name for each in outlined]
    # A volume in which nothing was found has no distance.
    far = [
        (each.score.case, each.surface.distance_mm)
        for each in outlined
        if each.surface.distance_mm is not None
    ]

    def by_case(values: Iterable[float], digits: int = 4) -> dict[str, float]:
        return {name: round(value, digits) for name, value in zip(names, values, strict=True)}

    return OutlineResult(
        data=data,
        structure=structure,
        group=group,
        dice=estimate_mean(patients, [each.score.dice for each in outlined]),
        by_case=by_case(each.score.dice for each in outlined),
        surface_dice=estimate_mean(patients, [each.surface.dice for each in outlined]),
        surface_dice_by_case=by_case(each.surface.dice for each in outlined),
        surface_distance_mm=estimate_mean(
            [case.patient for case, _ in far], [distance_mm for _, distance_mm in far]
        )
        if far
        else None,
        surface_distance_mm_by_case={case.name: round(mm, 3) for case, mm in far},
        moved=estimate_mean(patients, [each.move.dice for each in outlined]),
        moves_mm=by_case((each.move.distance_mm for each in outlined), digits=1),
    )


def convention_results(data: str, cases: Sequence[Case]) -> list[ConventionResult]:
    """The convention of each volume in which discs and vertebrae are outlined near each other."""
    results = []
    for case in cases:
        if (measured := _endplates(case)) is not None:
            results.append(
                ConventionResult(
                    data=data,
                    case=case.name,
                    convention=measured.convention,
                    touching=round(measured.touching, 4),
                    gap_mm=round(measured.gap_mm, 2),
                )
            )
    return results


def _endplates(case: Case) -> Endplates | None:
    if not {"disc", "vertebra"} <= case.masks.keys():
        return None
    row_mm, _ = _pixel_mm(case)
    return endplates(case.masks["disc"], case.masks["vertebra"], row_mm)


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
