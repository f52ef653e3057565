"""The numbers that the model should reach, and whether it does."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from pipeline.data.conventions import GAP
from pipeline.evaluation.figures.herniation import ALL, CHANGED
from pipeline.evaluation.figures.robustness import WITHOUT_SPACING
from pipeline.evaluation.record import (
    ALL_SCANS,
    OTHER_HOSPITAL,
    OTHER_SCANNER,
    SEQUENCES,
    VOLUMES,
    EvaluationRecord,
    out_of_fold,
)
from pipeline.metrics.estimates import Estimate

T1, T2 = SEQUENCES["t1"], SEQUENCES["t2"]
OTHER_T1, OTHER_T2 = OTHER_HOSPITAL["t1"], OTHER_HOSPITAL["t2"]

#: Patients from which on a bootstrap interval says something of others.
FEWEST_SURE: Final = 8

Verdict = Literal["stretch", "reached", "missed", "not measured"]
Measured = Callable[[EvaluationRecord], Estimate | None]


@dataclass(frozen=True)
class Target:
    """One number to reach.

    Attributes:
        reach, stretch: what is asked for, and what would be excellent, if anybody has said it.
        measured: the value in a record; None where it wasn't measured.
        lower_is_better: for losses and errors.
    """

    words: str
    reach: float
    stretch: float | None
    measured: Measured
    lower_is_better: bool = False

    def verdict(self, evaluation: EvaluationRecord) -> Verdict:
        """Judged by the value itself; the interval stands beside it."""
        estimate = self.measured(evaluation)
        if estimate is None:
            return "not measured"
        if self.stretch is not None and self._reaches(estimate.value, self.stretch):
            return "stretch"
        return "reached" if self._reaches(estimate.value, self.reach) else "missed"

    def is_sure(self, evaluation: EvaluationRecord) -> bool:
        """Tell if the worse end of the interval reaches it too.

        An interval without width only says that no error was seen, which makes nothing sure; nor
        does one of a few patients, which can't reach beyond what these few showed.
        """
        estimate = self.measured(evaluation)
        if estimate is None or estimate.low == estimate.high or estimate.patients < FEWEST_SURE:
            return False
        return self._reaches(estimate.high if self.lower_is_better else estimate.low, self.reach)

    def _reaches(self, value: float, wanted: float) -> bool:
        return value <= wanted if self.lower_is_better else value >= wanted


def _in(find: Callable[[EvaluationRecord], object | None], name: str) -> Measured:
    """A field of a part of the record, None where the part wasn't measured."""
    return lambda evaluation: getattr(find(evaluation), name, None)


def _agreement(data: str, goals: tuple[float, float]) -> Target:
    """Agreement on Pfirrmann grades of training patients, out of fold."""
    unseen = out_of_fold(data)
    return Target(
        f"Pfirrmann grades: quadratic kappa, {unseen}",
        *goals,
        _in(lambda e: e.pfirrmann_of(unseen), "kappa"),
    )


def _finding(data: str, grading: str, words: str, goals: tuple[float, float | None]) -> Target:
    """AUROC of a grading of training patients, out of fold."""
    unseen = out_of_fold(data)
    return Target(
        f"{words}: AUROC, {unseen}", *goals, _in(lambda e: e.grading_of(unseen, grading), "auroc")
    )


def _herniation(
    words: str,
    data: str,
    name: str,
    reach: tuple[float, float],
    out_of_fold_reach: tuple[float, float] | None = None,
    group: str = ALL,
) -> list[Target]:
    """The same figure of the held-out patients and of the training patients out of fold.

    `reach` is what to reach and the stretch; `out_of_fold_reach` the same out of fold, if another.
    """
    lower_is_better = name == "calibration_error"
    return [
        Target(
            f"{words}, {whose}",
            *wanted,
            _in(partial(EvaluationRecord.herniation_of, data=of, group=group), name),
            lower_is_better,
        )
        for whose, of, wanted in (
            ("held-out patients", data, reach),
            ("out of fold", out_of_fold(data), out_of_fold_reach or reach),
        )
    ]


def _calibration(data: str) -> list[Target]:
    return _herniation(f"calibration error, {data}", data, "calibration_error", (0.02, 0.01))


def _outlines(find: str, structure: str, data: str = VOLUMES, group: str = ALL) -> Measured:
    """A figure of a structure's outlines."""
    return _in(
        partial(EvaluationRecord.outlines_of, data=data, structure=structure, group=group), find
    )


_OUTLINES: Final = (
    Target("disc Dice, T2-SPACE volumes", 0.905, 0.915, _outlines("dice", "disc")),
    Target(
        "disc Dice, T2-SPACE volumes outlined with a gap to the bone",
        0.915,
        0.925,
        _outlines("dice", "disc", group=GAP),
    ),
    Target(
        "disc surface Dice at 1 mm, T2-SPACE volumes",
        0.91,
        0.94,
        _outlines("surface_dice", "disc"),
    ),
    Target(
        "disc surface distance in mm, T2-SPACE volumes",
        0.65,
        0.5,
        _outlines("surface_distance_mm", "disc"),
        lower_is_better=True,
    ),
    Target("disc Dice, another scanner", 0.89, 0.90, _outlines("dice", "disc", OTHER_SCANNER)),
    Target("vertebra Dice, T2-SPACE volumes", 0.92, 0.95, _outlines("dice", "vertebra")),
    Target("canal Dice, T2-SPACE volumes", 0.92, 0.95, _outlines("dice", "canal")),
)

_QUANTITIES: Final = (
    Target(
        "median error of disc heights in mm, T2-SPACE volumes",
        0.5,
        None,
        EvaluationRecord.height_error,
        lower_is_better=True,
    ),
    Target(
        "median error of disc heights in mm, T2-SPACE volumes outlined with a gap to the bone",
        0.5,
        None,
        partial(EvaluationRecord.height_error, group=GAP),
        lower_is_better=True,
    ),
    Target(
        "median error of the canal's depth in mm, T2-SPACE volumes",
        0.8,
        None,
        partial(EvaluationRecord.error_of, quantity="canal_depth_mm"),
        lower_is_better=True,
    ),
)

_LEVELS: Final = (
    Target("lumbar discs found", 0.995, 1.0, _in(lambda e: e.discs_of(ALL_SCANS), "found")),
    *(
        Target(
            f"level right, {data}",
            0.997,
            1.0,
            _in(partial(EvaluationRecord.discs_of, data=data), "named"),
        )
        for data in (ALL_SCANS, OTHER_SCANNER, *OTHER_HOSPITAL.values())
    ),
    Target(
        "levels shifted without a word in scans cut off or hidden",
        0.001,
        0.0,
        EvaluationRecord.silently_shifted,
        lower_is_better=True,
    ),
)

#: Less is asked of SPIDER's held-out patients, whose five herniated discs tell little.
_HERNIATION: Final = (
    *_herniation("herniation AUROC, T2 mid-slices", T2, "auroc", (0.85, 0.90), (0.90, 0.92)),
    *_herniation("herniation AUROC, T1 mid-slices", T1, "auroc", (0.81, 0.86)),
    *_herniation(
        "average precision, T2 mid-slices", T2, "average_precision", (0.35, 0.50), (0.50, 0.58)
    ),
    *_herniation(f"herniation AUROC, {OTHER_T2}", OTHER_T2, "auroc", (0.94, 0.955)),
    *_herniation(f"herniation AUROC, {OTHER_T1}", OTHER_T1, "auroc", (0.915, 0.93)),
    *_herniation(f"average precision, {OTHER_T2}", OTHER_T2, "average_precision", (0.55, 0.65)),
    *_herniation(f"average precision, {OTHER_T1}", OTHER_T1, "average_precision", (0.48, 0.55)),
    *_herniation(
        f"herniated against bulging, AUROC, {OTHER_T2}",
        OTHER_T2,
        "auroc",
        (0.80, 0.85),
        group=CHANGED,
    ),
    *(target for data in (T2, T1, OTHER_T2, OTHER_T1) for target in _calibration(data)),
)

_SPACING_LOST: Final = (
    Target(
        "herniation AUROC lost without spacing, held-out patients",
        0.01,
        0.0,
        _in(lambda e: e.robustness_of(WITHOUT_SPACING), "auroc_lost"),
        lower_is_better=True,
    ),
    Target(
        "herniation AUROC lost without spacing, out of fold",
        0.01,
        0.0,
        lambda e: e.auroc_lost_out_of_fold,
        lower_is_better=True,
    ),
    Target(
        f"herniation AUROC lost without spacing, {OTHER_T2}, held-out patients",
        0.01,
        0.0,
        _in(lambda e: e.robustness_of(WITHOUT_SPACING, OTHER_T2), "auroc_lost"),
        lower_is_better=True,
    ),
    Target(
        f"herniation AUROC lost without spacing, {OTHER_T2}, out of fold",
        0.01,
        0.0,
        lambda e: e.auroc_lost_out_of_fold_other_hospital,
        lower_is_better=True,
    ),
    Target(
        "level accuracy lost without spacing",
        0.01,
        0.0,
        _in(lambda e: e.robustness_of(WITHOUT_SPACING), "named_lost"),
        lower_is_better=True,
    ),
)

_GRADINGS: Final = (
    _agreement(T2, (0.790, 0.82)),
    _finding(T2, "pfirrmann", "Pfirrmann 4 or 5", (0.937, None)),
    _finding(T2, "narrowing", "narrowing", (0.941, None)),
    _finding(T2, "bulging", "bulging", (0.874, None)),
    _finding(T2, "spondylolisthesis", "spondylolisthesis", (0.872, None)),
    _finding(T2, "modic", "Modic changes", (0.802, None)),
    _finding(f"T1 and {T2}", "modic", "Modic changes", (0.802, 0.85)),
)

TARGETS: Final = (
    *_OUTLINES,
    *_QUANTITIES,
    *_LEVELS,
    *_HERNIATION,
    *_GRADINGS,
    *_SPACING_LOST,
    Target("what is no sagittal lumbar MRI is refused", 0.98, 1.0, lambda e: e.accepted(False)),
    Target("sagittal lumbar MRI is accepted", 1.0, 1.0, lambda e: e.accepted(True)),
)
