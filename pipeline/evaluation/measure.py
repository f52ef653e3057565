"""The measuring itself: each part of the record from the sets that it needs."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args

from discai.manifest import Manifest
from pipeline.data.scans import without_spacing
from pipeline.data.spider import Spider
from pipeline.data.sudirman import Sudirman
from pipeline.evaluation.changes.cuts import CUTS, Change, CutResult, cut_cases, cut_result
from pipeline.evaluation.changes.metal import METAL
from pipeline.evaluation.changes.negatives import beside_the_spine, drawn, reformatted, turned
from pipeline.evaluation.changes.perturbations import PERTURBATIONS
from pipeline.evaluation.changes.single_pictures import changed_pictures, single_slices
from pipeline.evaluation.figures.agreement import agreement_results
from pipeline.evaluation.figures.failures import failures_of
from pipeline.evaluation.figures.gate import gate_results, lumbar_scans, other_planes
from pipeline.evaluation.figures.gradings import (
    graded_by_people,
    graded_discs,
    grading_results,
    read_graded_out_of_fold,
)
from pipeline.evaluation.figures.herniation import (
    disc_cases,
    herniated_by_level,
    herniation_curves,
    herniation_results,
)
from pipeline.evaluation.figures.levels import complete_result, disc_results, disc_scores
from pipeline.evaluation.figures.out_of_fold import auroc_lost_out_of_fold, read_out_of_fold
from pipeline.evaluation.figures.robustness import CLEAN, HELD_OUT, robustness_result
from pipeline.evaluation.figures.segmentation import convention_results, outline_results
from pipeline.evaluation.figures.studies import disagreement_result, study_results
from pipeline.evaluation.record import (
    ALL_SCANS,
    MID_SLICES,
    OTHER_HOSPITAL,
    OTHER_SCANNER,
    SEQUENCES,
    TRAINING_VOLUMES,
    UNLABELLED,
    VOLUMES,
    EvaluationRecord,
    Part,
    out_of_fold,
)
from pipeline.evaluation.sets import ReadSet, Sets
from pipeline.metrics.estimates import DiscCase

PARTS: Final[tuple[Part, ...]] = get_args(Part)


def evaluate(
    sets: Sets, manifest: Manifest, weights: Path, git_commit: str, parts: Collection[Part] = PARTS
) -> EvaluationRecord:
    """Measure the parts that are asked for; `weights` is the folder that `manifest` describes."""
    measured: dict[str, Any] = {}
    if "segmentation" in parts:
        measured |= _segmentation(sets)
    if "quantities" in parts:
        measured["agreement"] = agreement_results(sets.volumes.cases, sets.volumes.outcomes)
    if "levels" in parts:
        measured |= _levels(sets)
        measured["cuts"] = _cuts(sets)
    if "herniation" in parts:
        measured |= _herniation(sets, weights)
    if "gradings" in parts:
        measured |= _gradings(sets, manifest, weights)
    if "gate" in parts:
        measured |= _gate(sets)
    if "robustness" in parts:
        measured |= _robustness(sets)
        measured["auroc_lost_out_of_fold"] = auroc_lost_out_of_fold(weights, sets.spider)
        if sudirman := sets.patients.sudirman:
            lost = auroc_lost_out_of_fold(weights, sudirman)
            measured["auroc_lost_out_of_fold_other_hospital"] = lost
    if "studies" in parts:
        measured |= _studies(sets, manifest, weights)
    if {"levels", "herniation"} & set(parts):
        measured["failures"] = failures_of(
            sets.held_out.cases, sets.held_out.outcomes, manifest.thresholds.herniation
        )
    return EvaluationRecord(
        model_version=manifest.model_version,
        weights=manifest.files,
        git_commit=git_commit,
        measured_at=datetime.now(UTC).replace(microsecond=0),
        threshold=manifest.thresholds.herniation,
        **measured,
    )


def _segmentation(sets: Sets) -> dict[str, Any]:
    read = {VOLUMES: sets.volumes, OTHER_SCANNER: sets.other_scanner}
    return {
        "outlines": [
            result
            for data, of in read.items()
            for result in outline_results(data, of.cases, of.outcomes)
        ],
        "conventions": [
            result
            for data, cases in (
                *((data, of.cases) for data, of in read.items()),
                (TRAINING_VOLUMES, sets.training_volumes),
            )
            for result in convention_results(data, cases)
        ],
    }


def _levels(sets: Sets) -> dict[str, Any]:
    read = {
        ALL_SCANS: sets.volumes + sets.mid_slices,
        VOLUMES: sets.volumes,
        MID_SLICES: sets.mid_slices,
        **{name: _of_sequence(sets.mid_slices, sequence) for sequence, name in SEQUENCES.items()},
        OTHER_SCANNER: sets.other_scanner,
        **{
            name: _of_sequence(sets.other_hospital, sequence)
            for sequence, name in OTHER_HOSPITAL.items()
        },
    }
    return {
        "discs": [
            result
            for data, of in read.items()
            for result in disc_results(data, disc_scores(of.cases, of.outcomes))
        ],
        "complete": [
            complete_result(data, of.cases, of.outcomes)
            for data, of in (read | {UNLABELLED: sets.unlabelled}).items()
            if of.cases
        ],
    }


def _cuts(sets: Sets) -> list[CutResult]:
    results = []
    changes: list[Change] = [*CUTS, *METAL]
    for cut in changes:
        cases = cut_cases(cut, sets.mid_slices.cases, sets.mid_slices.outcomes)
        outcomes = sets.read_all([cut_case.case.scan for cut_case in cases], cut.words)
        results.append(cut_result(cut.words, cases, outcomes))
    return results


def _herniation(sets: Sets, weights: Path) -> dict[str, Any]:
    results, curves = [], []
    for part, data, sequence, discs in _judged_discs(sets, weights):
        groupings = (
            _level,
            partial(_manufacturer, part, sequence),
            partial(_grade, part),
        )
        rates = herniated_by_level(
            part.herniations(patient)
            for subset in ("train", "tune")
            for patient in part.patients(subset)
        )
        results += herniation_results(data, discs, groupings, partial(_is_bulging, part), rates)
        if len({disc.truth for disc in discs}) == 2:
            curves.append(herniation_curves(data, discs))
    return {"herniation": results, "curves": curves}


def _hospitals(sets: Sets) -> Iterator[tuple[Spider | Sudirman, Mapping[str, str], ReadSet]]:
    """Patients of each set, names of its sequences, and its held-out mid-slices."""
    yield sets.spider, SEQUENCES, sets.mid_slices
    if sets.patients.sudirman:
        yield sets.patients.sudirman, OTHER_HOSPITAL, sets.other_hospital


def _gradings(sets: Sets, manifest: Manifest, weights: Path) -> dict[str, Any]:
    found, grades = [], []
    for part, names, mid_slices in _hospitals(sets):
        truth = graded_by_people(part)
        discs_of = {}
        for sequence, name in names.items():
            held_out = _of_sequence(mid_slices, sequence)
            discs_of[name] = graded_discs(held_out.cases, held_out.outcomes, truth)
            discs_of[out_of_fold(name)] = read_graded_out_of_fold(
                weights, truth, [sequence], manifest.thresholds.gradings
            )
        both = f"T1 and T2 {names['t2'].removeprefix('T2 ')}"
        discs_of[out_of_fold(both)] = read_graded_out_of_fold(
            weights, truth, ["t1", "t2"], manifest.thresholds.gradings
        )
        for data, discs in discs_of.items():
            findings, of_pfirrmann = grading_results(data, discs)
            found += findings
            grades += of_pfirrmann
    return {"gradings": found, "pfirrmann": grades}


def _manufacturer(part: Spider | Sudirman, sequence: str, disc: DiscCase) -> str:
    return part.manufacturer(f"{disc.patient}_{sequence}")


def _level(disc: DiscCase) -> str:
    return disc.level


def _grade(part: Spider | Sudirman, disc: DiscCase) -> str | None:
    grade = part.pfirrmann(disc.patient).get(disc.level)
    return None if grade is None else f"Pfirrmann {grade}"


def _is_bulging(part: Spider | Sudirman, disc: DiscCase) -> bool:
    return part.bulging(disc.patient).get(disc.level, False)


def _judged_discs(
    sets: Sets, weights: Path
) -> Iterator[tuple[Spider | Sudirman, str, str, list[DiscCase]]]:
    """Patients, name of the set, sequence, and discs with what was said of them; none empty."""
    for part, names, mid_slices in _hospitals(sets):
        for sequence, name in names.items():
            held_out = _of_sequence(mid_slices, sequence)
            discs_of = {
                name: disc_cases(held_out.cases, held_out.outcomes),
                out_of_fold(name): read_out_of_fold(weights, part, sequence),
            }
            if sequence == "t2_SPACE":
                discs_of[VOLUMES] = disc_cases(sets.volumes.cases, sets.volumes.outcomes)
            yield from ((part, data, sequence, discs) for data, discs in discs_of.items() if discs)


def _gate(sets: Sets) -> dict[str, Any]:
    held_out, outside = sets.mid_slices.cases, sets.other_scanner.cases + sets.unlabelled.cases
    plain = [replace(case, scan=without_spacing(case.scan)) for case in held_out]
    one_each = [case for case in held_out if case.sequence == "t2"]
    pictures = other_planes(sets.data)
    cases = [
        *lumbar_scans("T2-SPACE volumes", sets.volumes.cases),
        *lumbar_scans("mid-slices", held_out),
        *lumbar_scans("mid-slices without spacing", plain),
        *lumbar_scans("volumes of other scanners", outside),
        *lumbar_scans("scans of training patients", sets.training.cases, trained_on=True),
        *pictures,
        *changed_pictures(pictures),
        *reformatted(sets.volumes.cases + outside),
        *single_slices(sets.volumes.cases + outside),
        *turned(one_each),
        *beside_the_spine(held_out),
        *drawn(),
    ]
    return {"gate": gate_results(cases, sets.read_all([case.scan for case in cases], "gate"))}


def _robustness(sets: Sets) -> dict[str, Any]:
    read = {
        HELD_OUT: sets.volumes + sets.mid_slices,
        OTHER_HOSPITAL["t2"]: _of_sequence(sets.other_hospital, "t2"),
    }
    results = []
    for data, clean in read.items():
        if clean.cases:
            results.append(
                robustness_result(
                    data, CLEAN, clean.cases, clean.outcomes, clean.cases, clean.outcomes
                )
            )
        for perturbation in PERTURBATIONS:
            stored = clean.where(perturbation.concerns)
            if stored.cases:
                cases = [perturbation.change(case) for case in stored.cases]
                outcomes = sets.read_all([case.scan for case in cases], perturbation.words)
                results.append(
                    robustness_result(
                        data, perturbation.words, stored.cases, stored.outcomes, cases, outcomes
                    )
                )
    return {"robustness": results}


def _studies(sets: Sets, manifest: Manifest, weights: Path) -> dict[str, Any]:
    t1, t2 = (read_out_of_fold(weights, sets.spider, sequence) for sequence in ("t1", "t2"))
    return {
        "study_rules": study_results(t1, t2),
        "disagreement": disagreement_result(t1, t2, manifest.thresholds.herniation),
    }


def _of_sequence(read: ReadSet, sequence: str) -> ReadSet:
    return read.where(lambda case: case.sequence == sequence)
