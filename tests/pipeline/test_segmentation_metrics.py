"""Scores of the segmentation, worked out by hand."""

import numpy as np
import pytest

from pipeline.dataset import Volume
from pipeline.segmentation_metrics import (
    best_thresholds,
    dice,
    dice_by_threshold,
    mean_with_interval,
)


def volume(height):
    """A block of that many rows as the only disc; the picture shows just that."""
    mask = np.zeros((2, 64, 64), bool)
    mask[:, 10 : 10 + height, 10:50] = True
    return Volume("drawn", height, mask.astype(np.uint8), {"disc": mask}, (4.0, 0.65, 0.65))


def test_dice_of_half_an_overlap():
    truth, found = np.array([True, True, False, False]), np.array([False, True, True, False])
    assert dice(truth, found) == 0.5
    assert dice(truth, truth) == 1
    assert dice(np.zeros(4, bool), np.zeros(4, bool)) == 1


def test_each_patient_counts_once_and_channels_without_outline_do_not():
    def segment(image):
        """What is bright is a disc with probability 0.55."""
        return np.repeat(image[..., None] * np.float32(0.55), 4, axis=-1)

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
