"""Quadratic kappa over draws, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from pipeline.metrics.kappa import quadratic_kappa


def test_a_draw_is_what_scikit_learn_says_of_its_discs():
    random = np.random.default_rng(0)
    said = random.integers(1, 6, 60)
    read = np.clip(said + random.integers(-1, 2, 60), 1, 5)
    draws = random.integers(0, 3, (4, 60)).astype(float)
    found = quadratic_kappa(said, read, 5, draws)
    for kappa, draw in zip(found, draws.astype(int), strict=True):
        of_draw = np.repeat(said, draw), np.repeat(read, draw)
        assert kappa == pytest.approx(cohen_kappa_score(*of_draw, weights="quadratic"))


def test_grades_that_agree_have_one_and_a_single_grade_has_none():
    grades, one = np.array([1, 2, 5, 4]), np.full(4, 3)
    assert quadratic_kappa(grades, grades, 5, np.ones((1, 4))) == pytest.approx([1])
    assert np.isnan(quadratic_kappa(one, one, 5, np.ones((1, 4)))).all()
