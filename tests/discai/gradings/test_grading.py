"""Gradings of a disc from logits."""

import numpy as np
import pytest

from discai.gradings.grading import COLUMNS, FINDINGS, OUTPUTS, gradings_of, pfirrmann_of


def test_each_output_belongs_to_one_grading():
    assert sorted(i for part in COLUMNS.values() for i in range(OUTPUTS)[part]) == [*range(OUTPUTS)]


@pytest.mark.parametrize(
    ("above", "grade"),
    [
        ([0.1, 0.05, 0.02, 0.0], 1),
        ([0.9, 0.4, 0.1, 0.0], 2),
        ([1.0, 0.9, 0.8, 0.6], 5),
        ([0.9, 0.4, 0.6, 0.1], 2),  # what is above 3 is above 2: the lower of the two counts
    ],
)
def test_the_grade_is_the_median(above, grade):
    found = pfirrmann_of(np.array(above))
    assert found.grade == grade
    assert sum(found.probabilities) == pytest.approx(1, abs=1e-3)
    assert min(found.probabilities) >= 0


def test_slices_are_averaged_before_the_sigmoid_and_thresholds_are_the_models_own():
    logits = np.zeros((2, OUTPUTS), np.float32)
    logits[:, COLUMNS["bulging"]] = [[-1], [3]]
    found = gradings_of(logits, {"bulging": 0.8, "narrowing": 0.4})
    assert found.bulging.probability == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-4)
    assert not found.bulging.present
    assert found.narrowing.present
    assert found.modic.present  # without a threshold from a half on


def test_every_finding_has_a_field():
    found = gradings_of(np.zeros((1, OUTPUTS), np.float32), {})
    assert {getattr(found, name).probability for name in FINDINGS} == {0.5}
