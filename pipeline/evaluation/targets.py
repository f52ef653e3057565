"""The numbers that the model should reach, and whether it does."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from pipeline.evaluation.record import (
    ALL_SCANS,
    OTHER_SCANNER,
    SEQUENCES,
    VOLUMES,
    EvaluationRecord,
    out_of_fold,
)
from pipeline.evaluation.robustness import WITHOUT_SPACING
from pipeline.metrics.estimates import Estimate

T1, T2 = SEQUENCES["t1"], SEQUENCES["t2"]

#: Patients from which on a bootstrap interval says something of others.
FEWEST_SURE: Final = 8

Verdict = Literal["stretch", "reached", "missed", "not measured"]
Measured = Callable[[EvaluationRecord], Estimate | None]


@dataclass(frozen=True)
class Target:
    """One number to reach.

    Attributes:
        reach, stretch: what is asked for, and what would be excellent.
        measured: the value in a record; None where it wasn't measured.
        lower_is_better: for losses and errors.
    """

    words: str
    reach: float
    stretch: float
    measured: Measured
    lower_is_better: bool = False

    def verdict(self, evaluation: EvaluationRecord) -> Verdict:
        """Judged by the value itself; the interval stands beside it."""
        estimate = self.measured(evaluation)
        if estimate is None:
            return "not measured"
        if self._reaches(estimate.value, self.stretch):
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


def _herniation(words: str, data: str, name: str, reach: float, stretch: float) -> list[Target]:
    """The same target for the held-out patients and for the training patients out of fold."""
    lower_is_better = name == "calibration_error"
    return [
        Target(
            f"{words}, {whose}",
            reach,
            stretch,
            _in(partial(EvaluationRecord.herniation_of, data=of), name),
            lower_is_better,
        )
        for whose, of in (("held-out patients", data), ("out of fold", out_of_fold(data)))
    ]


TARGETS: Final = (
    Target("disc Dice, T2-SPACE volumes", 0.90, 0.92, lambda e: e.outline(VOLUMES, "disc")),
    Target("disc Dice, another scanner", 0.87, 0.90, lambda e: e.outline(OTHER_SCANNER, "disc")),
    Target("vertebra Dice, T2-SPACE volumes", 0.92, 0.95, lambda e: e.outline(VOLUMES, "vertebra")),
    Target("canal Dice, T2-SPACE volumes", 0.92, 0.95, lambda e: e.outline(VOLUMES, "canal")),
    Target("lumbar discs found", 0.995, 1.0, _in(lambda e: e.discs_of(ALL_SCANS), "found")),
    Target("level right", 0.99, 1.0, _in(lambda e: e.discs_of(ALL_SCANS), "named")),
    *_herniation("herniation AUROC, T2 mid-slices", T2, "auroc", 0.85, 0.90),
    *_herniation("herniation AUROC, T1 mid-slices", T1, "auroc", 0.81, 0.86),
    *_herniation("average precision, T2 mid-slices", T2, "average_precision", 0.35, 0.50),
    *_herniation("calibration error, T2 mid-slices", T2, "calibration_error", 0.04, 0.02),
    Target(
        "herniation AUROC lost without spacing, held-out patients",
        0.02,
        0.0,
        _in(lambda e: e.robustness_of(WITHOUT_SPACING), "auroc_lost"),
        lower_is_better=True,
    ),
    Target(
        "herniation AUROC lost without spacing, out of fold",
        0.02,
        0.0,
        lambda e: e.auroc_lost_out_of_fold,
        lower_is_better=True,
    ),
    Target(
        "level accuracy lost without spacing",
        0.01,
        0.0,
        _in(lambda e: e.robustness_of(WITHOUT_SPACING), "named_lost"),
        lower_is_better=True,
    ),
    Target("what is no sagittal lumbar MRI is refused", 0.98, 1.0, lambda e: e.accepted(False)),
    Target("sagittal lumbar MRI is accepted", 1.0, 1.0, lambda e: e.accepted(True)),
)
