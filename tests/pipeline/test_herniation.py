import numpy as np
import pytest

from discai.anatomy import LEVELS
from discai.networks.herniation import HerniationEnsemble
from discai.shape import FEATURE_NAMES
from pipeline.herniation import (
    DiscLogits,
    LabelledCrop,
    Table,
    best_threshold,
    calibrate,
    disc_logits,
    fit,
)
from tests.discai.test_shape import crop


def labelled(series: str, slice_number: int, level: str = "L5-S1") -> LabelledCrop:
    patient, sequence = series.split("_")
    return LabelledCrop(series, int(patient), sequence, slice_number, level, False, crop())


def test_the_slices_of_a_disc_are_averaged():
    crops = [labelled("1_t2", 0), labelled("1_t2", 1), labelled("1_t1", 0), labelled("2_t2", 0)]
    discs = disc_logits(crops, np.array([1.0, 3.0, 5.0, 7.0]))
    assert discs.logits.tolist() == [2, 5, 7]
    assert discs.patients.tolist() == [1, 1, 2]
    assert discs.sequences.tolist() == ["t2", "t1", "t2"]


def test_training_finds_what_tells_herniated_discs():
    random = np.random.default_rng(0)
    shape = random.normal(size=(600, len(FEATURE_NAMES))).astype(np.float32)
    labels = (shape[:, 0] + 0.3 * random.normal(size=600) > 1.2).astype(np.float32)
    level = np.eye(len(LEVELS), dtype=np.float32)[random.integers(5, size=600)]
    table = Table(shape, level, labels, np.ones(600, np.float32))
    network = fit(table, seed=1)
    logits = np.asarray(network([shape, level]))[:, 0]
    assert logits[labels == 1].mean() > logits[labels == 0].mean() + 2


def test_calibration_maps_logits_to_frequencies():
    random = np.random.default_rng(0)
    logits = random.normal(size=4000) * 3
    truth = random.random(4000) < 1 / (1 + np.exp(-(0.5 * logits - 1)))
    network = HerniationEnsemble()
    calibrate(network, logits, truth)
    slope, shift = (float(w.item()) for w in network.get_layer("calibrate").get_weights())
    assert slope == pytest.approx(0.5, abs=0.08)
    assert shift == pytest.approx(-1, abs=0.15)


def test_the_threshold_separates_best():
    truth = np.array([False] * 8 + [True] * 3)
    probabilities = np.array([0.01] * 7 + [0.4, 0.2, 0.3, 0.9])
    assert best_threshold(truth, probabilities) == pytest.approx(0.2)


def test_logits_are_probabilities_too():
    one = np.array([0])
    discs = DiscLogits(one, one.astype(str), one.astype(str), one == 1, np.array([0.0]))
    assert discs.probabilities.tolist() == [0.5]
