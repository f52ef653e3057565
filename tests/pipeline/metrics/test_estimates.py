import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score, roc_curve

from pipeline.metrics.estimates import (
    STATISTICS,
    DiscCase,
    auroc,
    calibration_error,
    estimate_loss,
    estimate_mean,
    estimate_on_discs,
)


def drawn_discs(count: int = 400) -> list[DiscCase]:
    """Discs of five a patient, whose probabilities tell something and have ties."""
    random = np.random.default_rng(0)
    truth = random.random(count) < 0.3
    probability = np.round(np.clip(0.3 * truth + random.random(count) * 0.7, 0, 1), 2)
    return [
        DiscCase(index // 5, "L5-S1", bool(t), float(p))
        for index, (t, p) in enumerate(zip(truth, probability, strict=True))
    ]


def test_the_interval_is_wider_where_cases_come_from_few_patients():
    values = [0.0, 1.0] * 50
    many = estimate_mean(range(100), values)
    few = estimate_mean([index // 50 for index in range(100)], sorted(values))
    assert many.value == few.value == 0.5
    assert few.high - few.low > 2 * (many.high - many.low)
    assert (many.patients, few.patients, few.count) == (100, 2, 100)


def test_the_statistics_are_those_of_scikit_learn():
    cases = drawn_discs()
    truth = np.array([case.truth for case in cases])
    probability = np.array([case.probability for case in cases])
    found = {name: estimate_on_discs(cases, on).value for name, on in STATISTICS.items()}
    false_alarms, sensitivity, _ = roc_curve(truth, probability)
    assert found["auroc"] == pytest.approx(roc_auc_score(truth, probability))
    assert found["average_precision"] == pytest.approx(average_precision_score(truth, probability))
    assert found["brier_score"] == pytest.approx(brier_score_loss(truth, probability))
    assert found["sensitivity"] == pytest.approx(sensitivity[false_alarms <= 0.2].max())


def test_a_disc_that_counts_twice_is_the_disc_written_twice():
    cases = drawn_discs(60)
    truth = np.array([case.truth for case in cases])
    probability = np.array([case.probability for case in cases])
    often = np.random.default_rng(1).integers(0, 3, (1, 60))
    twice = np.repeat(np.arange(60), often[0])
    for name in ("auroc", "average_precision", "sensitivity", "brier_score"):
        (weighted,) = STATISTICS[name](truth, probability, often.astype(float))
        (written,) = STATISTICS[name](truth[twice], probability[twice], np.ones((1, len(twice))))
        assert weighted == pytest.approx(written), name


def test_perfect_and_useless_probabilities():
    random = np.random.default_rng(0)
    truth = random.random(400) < 0.3
    perfect = [DiscCase(i // 5, "L5-S1", bool(t), float(t)) for i, t in enumerate(truth)]
    useless = [DiscCase(i // 5, "L5-S1", bool(t), random.random()) for i, t in enumerate(truth)]
    assert estimate_on_discs(perfect, auroc).value == 1
    found = estimate_on_discs(useless, auroc)
    assert found.low < 0.5 < found.high


def test_calibration_error_is_the_distance_from_the_frequency():
    truth = np.arange(1000) % 10 == 0
    once = np.ones((1, 1000))
    assert calibration_error(truth, np.full(1000, 0.1), once) == pytest.approx(0, abs=0.001)
    assert calibration_error(truth, np.full(1000, 0.6), once) == pytest.approx(0.5, abs=0.001)


def test_what_both_have_in_common_makes_no_loss_uncertain():
    before = drawn_discs()
    after = [DiscCase(c.patient, c.level, c.truth, c.probability / 2) for c in before]
    loss = estimate_loss(before, after, auroc)
    assert (loss.value, loss.low, loss.high) == (0, 0, 0)
