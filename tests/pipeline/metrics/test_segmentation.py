"""Scores of the segmentation, worked out by hand."""

import numpy as np
import pytest

from pipeline.metrics.segmentation import (
    best_move,
    best_thresholds,
    dice,
    dice_by_threshold,
    mean_with_interval,
)
from tests.support.pipeline.volumes import segment, volume


def test_dice_of_half_an_overlap():
    truth, found = np.array([True, True, False, False]), np.array([False, True, True, False])
    assert dice(truth, found) == 0.5
    assert dice(truth, truth) == 1
    assert dice(np.zeros(4, bool), np.zeros(4, bool)) == 1


@pytest.mark.parametrize(("rim", "distance_mm"), [(3, 1.5), (0, 0.0), (-2, -1.0)])
def test_outlines_that_are_all_too_thin_or_thick_move_by_that_much(rim, distance_mm):
    truth, found = np.zeros((2, 60, 60), bool), np.zeros((2, 60, 60), bool)
    found[:, 20:40] = True
    truth[:, 20 - rim : 40 + rim] = True
    move = best_move(truth, found, (0.5, 0.5))
    assert move.distance_mm == pytest.approx(distance_mm)
    assert move.dice == 1


def test_nothing_found_does_not_move():
    truth = np.ones((2, 8, 8), bool)
    assert best_move(truth, np.zeros_like(truth), (0.5, 0.5)) == (0.0, 0.0)


def test_each_patient_counts_once_and_channels_without_outline_do_not():
    scores = dice_by_threshold(segment, [volume(8), volume(20)], thresholds=(0.5, 0.6))
    assert scores.keys() == {"disc"}
    assert scores["disc"] == pytest.approx(np.array([[1, 0], [1, 0]]))
    assert best_thresholds(scores, (0.5, 0.6)) == {"disc": 0.5}


def test_the_threshold_leaves_one_half_only_for_a_clear_gain():
    scores = {"disc": np.array([[0.900, 0.901]]), "canal": np.array([[0.900, 0.910]])}
    assert best_thresholds(scores, (0.5, 0.6)) == {"disc": 0.5, "canal": 0.6}


def test_the_interval_holds_the_mean_and_narrows_with_patients():
    values = np.random.default_rng(0).normal(0.85, 0.05, 40)
    mean, low, high = mean_with_interval(values)
    assert low < mean < high
    assert mean == pytest.approx(values.mean())
    few = mean_with_interval(values[:10])
    assert high - low < few[2] - few[1]
    assert mean_with_interval(values) == (mean, low, high)
