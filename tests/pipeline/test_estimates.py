import numpy as np
import pytest

from pipeline.estimates import (
    STATISTICS,
    DiscCase,
    estimate_mean,
    estimate_on_discs,
    expected_calibration_error,
)


def test_the_interval_is_wider_where_cases_come_from_few_patients():
    values = [0.0, 1.0] * 50
    many = estimate_mean(range(100), values)
    few = estimate_mean([index // 50 for index in range(100)], sorted(values))
    assert many.value == few.value == 0.5
    assert few.high - few.low > 2 * (many.high - many.low)
    assert (many.patients, few.patients, few.count) == (100, 2, 100)


def test_perfect_and_useless_probabilities():
    random = np.random.default_rng(0)
    truth = random.random(400) < 0.3
    perfect = [DiscCase(i // 5, "L5-S1", bool(t), float(t)) for i, t in enumerate(truth)]
    useless = [DiscCase(i // 5, "L5-S1", bool(t), random.random()) for i, t in enumerate(truth)]
    assert estimate_on_discs(perfect, STATISTICS["auroc"]).value == 1
    auroc = estimate_on_discs(useless, STATISTICS["auroc"])
    assert auroc.low < 0.5 < auroc.high


def test_calibration_error_is_the_distance_from_the_frequency():
    truth = np.arange(1000) % 10 == 0
    assert expected_calibration_error(truth, np.full(1000, 0.1)) == pytest.approx(0, abs=0.001)
    assert expected_calibration_error(truth, np.full(1000, 0.6)) == pytest.approx(0.5, abs=0.001)
