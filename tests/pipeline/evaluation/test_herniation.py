"""Figures of herniation on a few discs whose figures can be worked out by hand."""

import pytest

from pipeline.evaluation.figures.herniation import (
    ALL,
    CHANGED,
    against_level_alone,
    herniated_by_level,
    herniation_result,
    herniation_results,
)
from pipeline.metrics.estimates import DiscCase

RATES = {"L4-L5": 0.2, "L5-S1": 0.4}


def disc(patient: int, level: str, truth: bool, probability: float) -> DiscCase:
    return DiscCase(patient, level, truth, probability)


#: Each of three patients has a herniated and a healthy disc, two of the herniated at L5-S1.
DISCS = [
    disc(1, "L5-S1", True, 0.9),
    disc(1, "L4-L5", False, 0.1),
    disc(2, "L5-S1", True, 0.8),
    disc(2, "L4-L5", False, 0.2),
    disc(3, "L4-L5", True, 0.7),
    disc(3, "L5-S1", False, 0.3),
]


def test_the_share_of_herniated_discs_is_counted_by_level():
    patients = [{"L4-L5": False, "L5-S1": True}, {"L4-L5": False}, {"L5-S1": False}]
    assert herniated_by_level(patients) == {"L4-L5": 0, "L5-S1": 0.5}


def test_a_model_is_worth_what_it_says_beyond_the_level():
    result = against_level_alone(herniation_result("set", ALL, DISCS), DISCS, RATES)
    # By level alone: of nine pairs four are right, four are ties and one is wrong.
    assert result.level_alone.value == pytest.approx(6 / 9)
    assert result.beyond_level.value == pytest.approx(3 / 9)


def test_knowing_only_the_level_is_worth_nothing_beyond_it():
    guesses = [disc(d.patient, d.level, d.truth, RATES[d.level]) for d in DISCS]
    result = against_level_alone(herniation_result("set", ALL, guesses), guesses, RATES)
    assert result.auroc == result.level_alone
    assert (result.beyond_level.low, result.beyond_level.high) == (0, 0)


def test_without_both_kinds_of_discs_there_is_nothing_to_compare():
    healthy = [d for d in DISCS if not d.truth]
    result = against_level_alone(herniation_result("set", ALL, healthy), healthy, RATES)
    assert (result.level_alone, result.beyond_level) == (None, None)


def test_groups_are_told_apart_where_there_are_several_and_leave_out_what_is_in_none():
    grades = {1: "Pfirrmann 3", 2: "Pfirrmann 4"}
    results = herniation_results(
        "set",
        DISCS,
        [lambda d: d.level, lambda _: "one maker", lambda d: grades.get(d.patient)],
        lambda d: d.patient == 1,
        RATES,
    )
    assert {r.group: (r.herniated, r.discs) for r in results} == {
        ALL: (3, 6),
        CHANGED: (3, 4),
        "L4-L5": (1, 3),
        "L5-S1": (2, 3),
        "Pfirrmann 3": (1, 2),
        "Pfirrmann 4": (1, 2),
    }
