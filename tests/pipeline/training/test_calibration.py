import numpy as np
import pytest

from pipeline.training.calibration import OutOfFoldLogits, best_threshold, platt


def test_calibration_maps_logits_to_frequencies():
    random = np.random.default_rng(0)
    logits = random.normal(size=4000) * 3
    truth = random.random(4000) < 1 / (1 + np.exp(-(0.5 * logits - 1)))
    slope, shift = platt(logits, truth)
    assert slope == pytest.approx(0.5, abs=0.08)
    assert shift == pytest.approx(-1, abs=0.15)


def test_the_threshold_separates_best():
    truth = np.array([False] * 8 + [True] * 3)
    probabilities = np.array([0.01] * 7 + [0.4, 0.2, 0.3, 0.9])
    assert best_threshold(truth, probabilities) == pytest.approx(0.2)


def test_the_discs_of_one_sequence_are_told_apart():
    discs = OutOfFoldLogits(
        patients=np.array([1, 1, 2]),
        sequences=np.array(["t1", "t2", "t2"]),
        levels=np.array(["L5-S1", "L5-S1", "L4-L5"]),
        truth=np.array([True, True, False]),
        logits=np.array([5.0, 0.0, -3.0]),
    )
    assert discs.of("t2").patients.tolist() == [1, 2]
    assert discs.of("t2").probabilities[0] == 0.5
