import numpy as np
import pytest

from pipeline.training import distillation
from pipeline.training.distillation import grow, imagined, probabilities

LEVELS = 2


def rows(count, seed=0):
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, 6)).astype(np.float32)
    features[:, -LEVELS:] = np.eye(LEVELS)[random.integers(LEVELS, size=count)]
    return features


def imagine(features, weights=None, seed=0):
    weights = np.ones(len(features), np.float32) if weights is None else weights
    return imagined(features, weights, LEVELS, np.random.default_rng(seed))


def test_imagined_discs_lie_near_real_ones_and_keep_their_level():
    near = rows(20)
    far = near + np.array([100, 100, 100, 100, 0, 0], np.float32)
    between = imagine(np.concatenate([near, far]))
    assert len(between) == 40 * distillation.COPIES
    assert between.dtype == np.float32
    assert set(map(tuple, between[:, -LEVELS:])) == {(0, 1), (1, 0)}
    is_far = between[:, 0] > 50
    assert 0.4 < is_far.mean() < 0.6
    assert np.array_equal(is_far, between[:, 1] > 50)  # none lies between the two heaps


def test_imagined_discs_are_not_copies_of_real_ones():
    features = rows(30)
    real = {tuple(row) for row in features}
    copies = [tuple(row) in real for row in imagine(features)]
    assert np.mean(copies) < 0.15


def test_there_are_not_more_imagined_discs_than_a_training_can_take(monkeypatch):
    monkeypatch.setattr(distillation, "MOST", 50)
    assert len(imagine(rows(20))) == 50


def test_discs_that_weigh_more_have_more_imagined_ones_beside_them():
    features = np.concatenate([rows(10), rows(10) + np.array([100, 0, 0, 0, 0, 0], np.float32)])
    weights = np.repeat(np.array([1, 3], np.float32), 10)
    assert (imagine(features, weights)[:, 0] > 50).mean() == pytest.approx(0.75, abs=0.06)


def test_a_disc_that_is_alone_stands_for_itself():
    alone = rows(1)
    assert np.array_equal(imagine(alone), np.repeat(alone, distillation.COPIES, axis=0))


def test_the_same_draw_makes_the_same_discs():
    assert np.array_equal(imagine(rows(20), seed=3), imagine(rows(20), seed=3))


def test_a_forest_tells_how_likely_discs_are_herniated():
    features = rows(200)
    labels = (features[:, 0] > 0).astype(np.float32)
    forest = grow(features, labels, np.ones(200, np.float32), leaf=2, share=1.0, seed=1)
    said = probabilities(forest, features)
    assert said.dtype == np.float32
    assert said[labels > 0].mean() > 0.8 > 0.2 > said[labels == 0].mean()


def test_a_forest_that_saw_no_herniated_disc_expects_none():
    features = rows(20)
    none, alike = np.zeros(20, np.float32), np.ones(20, np.float32)
    forest = grow(features, none, alike, leaf=2, share=1.0, seed=1)
    assert probabilities(forest, features).tolist() == [0] * 20
