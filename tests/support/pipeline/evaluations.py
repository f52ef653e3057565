"""An evaluation's record, as if all had been measured."""

from datetime import UTC, datetime
from typing import Any

from pipeline.evaluation.figures.failures import Mistake
from pipeline.evaluation.figures.gate import GateResult
from pipeline.evaluation.figures.herniation import HerniationResult
from pipeline.evaluation.figures.segmentation import OutlineResult
from pipeline.evaluation.record import SEQUENCES, VOLUMES, EvaluationRecord, out_of_fold
from pipeline.metrics.estimates import Estimate


def estimate(value: float) -> Estimate:
    return Estimate(value, value - 0.1, value + 0.05, 45, 9)


def herniation(data: str, auroc: float, average_precision: float = 0.4) -> HerniationResult:
    return HerniationResult(
        data=data,
        group="all",
        herniated=5,
        discs=45,
        patients=9,
        auroc=estimate(auroc),
        level_alone=estimate(0.7),
        beyond_level=estimate(auroc - 0.7),
        average_precision=estimate(average_precision),
        sensitivity=estimate(0.7),
        brier_score=estimate(0.15),
        calibration_error=estimate(0.2),
    )


def outline(group: str, dice: float, distance_mm: float) -> OutlineResult:
    """Discs of the volumes of a group, with a surface Dice of 0.87."""
    return OutlineResult(
        data=VOLUMES,
        structure="disc",
        group=group,
        dice=estimate(dice),
        by_case={"space 1": dice},
        surface_dice=estimate(0.87),
        surface_distance_mm=estimate(distance_mm),
        moved=estimate(dice),
        moves_mm={"space 1": 0.0},
    )


def evaluation(**changes: Any) -> EvaluationRecord:
    values: dict[str, Any] = {
        "model_version": "2026-11-24a",
        "weights": {},
        "git_commit": "0" * 40,
        "measured_at": datetime(2026, 11, 25, tzinfo=UTC),
        "threshold": 0.231,
        "outlines": [
            OutlineResult(
                data=VOLUMES,
                structure="disc",
                dice=estimate(0.871),
                by_case={"space 1": 0.871},
                moved=estimate(0.912),
                moves_mm={"space 1": 0.7},
            )
        ],
        "herniation": [
            herniation(SEQUENCES["t2"], 0.812),
            herniation(out_of_fold(SEQUENCES["t2"]), 0.933, 0.51),
        ],
        "gate": [
            GateResult(
                kind="axial pictures",
                lumbar=False,
                trained_on=False,
                count=11,
                right=10,
                wrong=["a"],
            ),
            GateResult(
                kind="sagittal pictures", lumbar=True, trained_on=False, count=9, right=9, wrong=[]
            ),
        ],
        "failures": [Mistake(case="12_t2", words="L5-S1 was not found.", weight=3)],
    }
    return EvaluationRecord(**values | changes)
