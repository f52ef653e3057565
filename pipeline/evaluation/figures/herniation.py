"""Figures of herniation: telling herniated discs from the others, and calibration.

Works on lists of `DiscCase` from any reading: held-out patients, training patients out of fold,
or two models on the same discs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict
from sklearn.metrics import roc_curve

from discai.reading import Reading
from pipeline.evaluation.cases import Case
from pipeline.evaluation.readings import Outcome
from pipeline.metrics.estimates import (
    STATISTICS,
    DiscCase,
    Estimate,
    auroc,
    calibration_bins,
    estimate_loss,
    estimate_mean,
    estimate_on_discs,
)

#: Group of all discs of a set.
ALL: Final = "all"
#: Group of the discs that are herniated or bulging: to tell these apart is the hard question.
CHANGED: Final = "herniated or bulging"
#: A group with fewer herniated discs has intervals that say nothing.
FEWEST_HERNIATED: Final = 5


class HerniationResult(BaseModel):
    """Figures of the probabilities of a set of discs.

    Attributes:
        data: whose discs, such as `T2 mid-slices, held-out patients`.
        group: `all`, or the level, manufacturer, finding or grade that the discs are limited to.
        herniated: how many of the discs are.
        auroc, average_precision, sensitivity: None without both kinds of discs, and for groups with
            fewer than five herniated ones.
        level_alone: the AUROC of knowing nothing but a disc's level, by the share of herniated
            discs at each level among the training patients of the same hospital. None for groups
            but herniated or bulging discs.
        beyond_level: what the AUROC is higher than that, paired.
    """

    model_config = ConfigDict(frozen=True)

    data: str
    group: str
    herniated: int
    discs: int
    patients: int
    auroc: Estimate | None
    average_precision: Estimate | None
    sensitivity: Estimate | None
    brier_score: Estimate
    calibration_error: Estimate
    level_alone: Estimate | None = None
    beyond_level: Estimate | None = None

    @property
    def is_telling(self) -> bool:
        """Tell if herniated discs are enough for figures that compare them with the others."""
        return self.herniated >= FEWEST_HERNIATED


class CalibrationBin(BaseModel):
    """A tenth of the discs by rising probability: what was said, and what was so."""

    model_config = ConfigDict(frozen=True)

    probability: float
    frequency: Estimate


class HerniationCurves(BaseModel):
    """Curves that the plots of a set of discs show.

    Attributes:
        false_alarms, sensitivity: the ROC curve's x and y.
        reliability: bins by rising probability.
    """

    model_config = ConfigDict(frozen=True)

    data: str
    false_alarms: list[float]
    sensitivity: list[float]
    reliability: list[CalibrationBin]


def disc_cases(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> list[DiscCase]:
    """Every disc that was read in a graded scan."""
    return [
        DiscCase(case.patient, disc.level, case.herniations[disc.level], disc.herniation)
        for case, outcome in zip(cases, outcomes, strict=True)
        if isinstance(outcome, Reading)
        for disc in outcome.discs
        if disc.level in case.herniations
    ]


def herniation_result(data: str, group: str, discs: Sequence[DiscCase]) -> HerniationResult:
    """All statistics of one set of discs."""
    herniated = sum(disc.truth for disc in discs)
    telling = 0 < herniated < len(discs) and (group == ALL or herniated >= FEWEST_HERNIATED)
    found = {
        name: estimate_on_discs(discs, statistic)
        for name, statistic in STATISTICS.items()
        if telling or name in ("brier_score", "calibration_error")
    }
    return HerniationResult(
        data=data,
        group=group,
        herniated=herniated,
        discs=len(discs),
        patients=len({disc.patient for disc in discs}),
        **{name: found.get(name) for name in STATISTICS},
    )


def herniation_results(
    data: str,
    discs: Sequence[DiscCase],
    groupings: Sequence[Callable[[DiscCase], str | None]],
    is_bulging: Callable[[DiscCase], bool],
    rates: Mapping[str, float],
) -> list[HerniationResult]:
    """The whole set first, then herniated against bulging discs, then group by group.

    Groups are told apart where there are several.

    Args:
        groupings: the group that a disc is in, such as its level; None if it is in none.
        rates: share of herniated discs by level, as `herniated_by_level` says.
    """
    results = [against_level_alone(herniation_result(data, ALL, discs), discs, rates)]
    changed = [disc for disc in discs if disc.truth or is_bulging(disc)]
    if any(not disc.truth for disc in changed):
        hard = herniation_result(data, CHANGED, changed)
        results.append(against_level_alone(hard, changed, rates))
    for group_of in groupings:
        groups = sorted({group for disc in discs if (group := group_of(disc)) is not None})
        if len(groups) > 1:
            results += [
                herniation_result(data, group, [d for d in discs if group_of(d) == group])
                for group in groups
            ]
    return results


def herniated_by_level(herniations: Iterable[Mapping[str, bool]]) -> dict[str, float]:
    """The share of herniated discs at each level over patients."""
    truths: dict[str, list[bool]] = {}
    for patient in herniations:
        for level, truth in patient.items():
            truths.setdefault(level, []).append(truth)
    return {level: sum(of) / len(of) for level, of in truths.items()}


def against_level_alone(
    result: HerniationResult, discs: Sequence[DiscCase], rates: Mapping[str, float]
) -> HerniationResult:
    """The result with what knowing only the level would be worth; a level without rate has 0."""
    if result.auroc is None:
        return result
    guesses = [replace(disc, probability=rates.get(disc.level, 0.0)) for disc in discs]
    return result.model_copy(
        update={
            "level_alone": estimate_on_discs(guesses, auroc),
            "beyond_level": estimate_loss(discs, guesses, auroc),
        }
    )


def herniation_curves(data: str, discs: Sequence[DiscCase]) -> HerniationCurves:
    """ROC and reliability of a set with both kinds of discs."""
    truth = np.array([disc.truth for disc in discs])
    probability = np.array([disc.probability for disc in discs])
    false_alarms, sensitivity, _ = roc_curve(truth, probability)
    bins = []
    for inside in calibration_bins(probability, np.ones((1, len(discs)))):
        indices = np.flatnonzero(inside[0])
        if len(indices):
            patients = [discs[index].patient for index in indices.tolist()]
            frequency = estimate_mean(patients, truth[indices].tolist())
            mean = float(probability[indices].mean())
            bins.append(CalibrationBin(probability=mean, frequency=frequency))
    return HerniationCurves(
        data=data,
        false_alarms=[round(float(value), 4) for value in false_alarms],
        sensitivity=[round(float(value), 4) for value in sensitivity],
        reliability=bins,
    )
