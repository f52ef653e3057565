"""Guards on gradings: worse by more than a margin fails, and too few discs judge nothing."""

import numpy as np
import pytest

from discai.gradings.grading import COLUMNS, OUTPUTS, gradings_of
from discai.records.gradings import LabelledGradings
from pipeline.retraining.grading_guards import grading_guards


def read(said: LabelledGradings, right: bool):
    """What a model says that is right, or the opposite."""
    logits = np.zeros((1, OUTPUTS), np.float32)
    sign = 3 if right else -3
    logits[:, COLUMNS["narrowing"]] = sign if said.narrowing else -sign
    assert said.pfirrmann is not None
    grade = said.pfirrmann if right else 6 - said.pfirrmann
    logits[0, COLUMNS["pfirrmann"]] = [5 if grade > step else -5 for step in range(1, 5)]
    return gradings_of(logits, {})


def discs(count: int, challenger_is_right: bool):
    said = [
        LabelledGradings(pfirrmann=1 + number % 5, narrowing=number % 2 == 0)
        for number in range(count)
    ]
    return [(each, read(each, True), read(each, challenger_is_right)) for each in said]


@pytest.mark.parametrize("right", [True, False])
def test_a_challenger_that_gets_worse_fails_each_grading(right):
    guards = {guard.name: guard for guard in grading_guards(discs(20, right))}
    assert guards.keys() == {"kappa Pfirrmann", "auroc narrowing"}
    assert all(guard.passed == right for guard in guards.values())
    assert all(guard.production == 1 for guard in guards.values())


def test_few_discs_judge_nothing():
    assert list(grading_guards(discs(8, False))) == []
