"""Figures of the gradings beside herniation: against the radiologists, by set, sequence and level.

Out-of-fold logits of training patients lie beside the weights, as herniation's do, without the
truth, which stays in the data folder.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from discai.anatomy import LEVELS
from discai.gradings.grading import COLUMNS, FINDINGS, GRADES, OUTPUTS, gradings_of
from discai.reading import Gradings, Reading
from discai.records.gradings import UNGRADED, LabelledGradings
from pipeline.data.examples import Subset
from pipeline.data.spider import Spider
from pipeline.data.sudirman import Sudirman
from pipeline.evaluation.cases import Case
from pipeline.evaluation.readings import Outcome
from pipeline.metrics.estimates import (
    DiscCase,
    Estimate,
    auroc,
    average_precision,
    calibration_error,
    estimate_mean,
    estimate_of,
    estimate_on_discs,
)
from pipeline.metrics.kappa import quadratic_kappa
from pipeline.training.gradings import GradedDiscs

OUT_OF_FOLD_NAME: Final = "gradings_out_of_fold.csv"
#: Pfirrmann grades from this one on are called degenerated.
DEGENERATED: Final = 4
ALL: Final = "all"
#: With fewer discs on either side an AUROC says nothing.
FEWEST: Final = 5
_OUTPUTS: Final = [f"logit_{number}" for number in range(OUTPUTS)]

Truth = Mapping[int, Mapping[str, LabelledGradings]]
"""What radiologists said, by patient and level."""


@dataclass(frozen=True)
class GradedDisc:
    """One disc of one series: what a radiologist said, and the model."""

    patient: int
    level: str
    said: LabelledGradings
    read: Gradings


class FindingResult(BaseModel):
    """Figures of a finding, or of Pfirrmann grades from `DEGENERATED` on, of a set of discs.

    Attributes:
        data: whose discs; `group`: all, or the level that they are limited to.
        grading: its name, or `pfirrmann`.
        present: how many of the discs have it.
        auroc, average_precision: None with fewer than five discs that have it, or that lack it.
    """

    model_config = ConfigDict(frozen=True)

    data: str
    group: str
    grading: str
    discs: int
    present: int
    patients: int
    auroc: Estimate | None
    average_precision: Estimate | None
    calibration_error: Estimate


class PfirrmannResult(BaseModel):
    """Agreement of Pfirrmann grades of a set of discs.

    Attributes:
        kappa: quadratic.
        same: share of discs with the radiologist's grade, `within_one` with it or one beside it.
    """

    model_config = ConfigDict(frozen=True)

    data: str
    group: str
    kappa: Estimate
    same: Estimate
    within_one: Estimate


def graded_by_people(part: Spider | Sudirman) -> Truth:
    """Gradings of a set: those that train, and the bulges that reports name."""
    truth: dict[int, dict[str, LabelledGradings]] = {}
    for subset in get_args(Subset):
        for patient in part.patients(subset):
            sure = part.herniations(patient)
            bulging = part.bulging(patient)
            said = part.gradings(patient)
            truth[patient] = {
                level: said.get(level, UNGRADED).model_copy(update={"bulging": bulging.get(level)})
                for level in sure
                if level in LEVELS
            }
    return truth


def write_graded_out_of_fold(weights: Path, discs: GradedDiscs) -> None:
    """Write logits beside the weights that were trained with them."""
    with (weights / OUT_OF_FOLD_NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("patient", "sequence", "level", *_OUTPUTS))
        for patient, sequence, level, logits in zip(
            discs.patients, discs.sequences, discs.levels, discs.logits, strict=True
        ):
            writer.writerow((patient, sequence, level, *(f"{value:.4f}" for value in logits)))


def read_graded_out_of_fold(
    weights: Path, truth: Truth, sequences: Sequence[str], thresholds: Mapping[str, float]
) -> list[GradedDisc]:
    """The discs of patients in `truth`, read from all of these sequences; none without the file.

    Of several sequences the logits are averaged, over the discs that each of them shows.
    """
    path = weights / OUT_OF_FOLD_NAME
    if not path.exists():
        return []
    logits: dict[tuple[int, str], list[list[float]]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = int(row["patient"]), row["level"]
            if row["sequence"] in sequences and row["level"] in truth.get(key[0], {}):
                logits[key].append([float(row[name]) for name in _OUTPUTS])
    return [
        GradedDisc(patient, level, truth[patient][level], gradings_of(np.array(rows), thresholds))
        for (patient, level), rows in logits.items()
        if len(rows) == len(sequences)
    ]


def graded_discs(
    cases: Sequence[Case], outcomes: Sequence[Outcome], truth: Truth
) -> list[GradedDisc]:
    """Every disc that was graded in a scan, by the model and a radiologist."""
    return [
        GradedDisc(case.patient, disc.level, truth[case.patient][disc.level], disc.gradings)
        for case, outcome in zip(cases, outcomes, strict=True)
        if isinstance(outcome, Reading)
        for disc in outcome.discs
        if disc.gradings and disc.level in truth.get(case.patient, {})
    ]


def grading_results(
    data: str, discs: Sequence[GradedDisc]
) -> tuple[list[FindingResult], list[PfirrmannResult]]:
    """All figures of a set: of all discs first, then by level."""
    findings, grades = [], []
    groups: list[tuple[str, list[GradedDisc]]] = [(ALL, list(discs))]
    groups += [(level, [disc for disc in discs if disc.level == level]) for level in LEVELS]
    for group, members in groups:
        for name in COLUMNS:
            cases = list(_cases(name, members))
            if cases and (group == ALL or _is_telling(cases)):
                findings.append(_finding(data, group, name, cases))
        graded = [disc for disc in members if disc.said.pfirrmann is not None]
        if len(graded) >= FEWEST:
            grades.append(_pfirrmann(data, group, graded))
    return findings, grades


def _cases(name: str, discs: Iterable[GradedDisc]) -> Iterable[DiscCase]:
    for disc in discs:
        said = getattr(disc.said, name)
        if said is None:
            continue
        if name in FINDINGS:
            yield DiscCase(disc.patient, disc.level, said, getattr(disc.read, name).probability)
        else:
            probability = sum(disc.read.pfirrmann.probabilities[DEGENERATED - 1 :])
            yield DiscCase(disc.patient, disc.level, said >= DEGENERATED, probability)


def _is_telling(cases: Sequence[DiscCase]) -> bool:
    present = sum(case.truth for case in cases)
    return min(present, len(cases) - present) >= FEWEST


def _finding(data: str, group: str, name: str, cases: Sequence[DiscCase]) -> FindingResult:
    is_telling = _is_telling(cases)
    return FindingResult(
        data=data,
        group=group,
        grading=name,
        discs=len(cases),
        present=sum(case.truth for case in cases),
        patients=len({case.patient for case in cases}),
        auroc=estimate_on_discs(cases, auroc) if is_telling else None,
        average_precision=estimate_on_discs(cases, average_precision) if is_telling else None,
        calibration_error=estimate_on_discs(cases, calibration_error),
    )


def _pfirrmann(data: str, group: str, discs: Sequence[GradedDisc]) -> PfirrmannResult:
    patients = [disc.patient for disc in discs]
    said: NDArray[Any] = np.array([disc.said.pfirrmann for disc in discs])
    read: NDArray[Any] = np.array([disc.read.pfirrmann.grade for disc in discs])
    off = np.abs(said - read)
    return PfirrmannResult(
        data=data,
        group=group,
        kappa=estimate_of(patients, lambda draws: quadratic_kappa(said, read, GRADES, draws)),
        same=estimate_mean(patients, (off == 0).tolist()),
        within_one=estimate_mean(patients, (off <= 1).tolist()),
    )
