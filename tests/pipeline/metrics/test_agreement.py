import numpy as np
import pytest

from pipeline.metrics.agreement import (
    bias,
    intraclass_correlation,
    lower_limit,
    median_error,
    upper_limit,
)
from pipeline.metrics.estimates import estimate_of

REFERENCE = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
ALL = np.ones((1, 5))


def test_what_is_read_alike_agrees():
    for statistic, value in (
        (bias, 0),
        (lower_limit, 0),
        (upper_limit, 0),
        (median_error, 0),
        (intraclass_correlation, 1),
    ):
        assert statistic(REFERENCE, REFERENCE, ALL) == pytest.approx(value)


def test_a_constant_shift_is_bias_without_spread_and_costs_agreement():
    shifted = REFERENCE + 1
    assert bias(REFERENCE, shifted, ALL) == pytest.approx(1)
    assert upper_limit(REFERENCE, shifted, ALL) == pytest.approx(1)
    # Mean squares: 5 between pairs, 2.5 between the two, no error.
    assert intraclass_correlation(REFERENCE, shifted, ALL) == pytest.approx(5 / 6)


def test_limits_lie_two_deviations_apart_from_the_bias():
    read = REFERENCE + np.array([1.0, -1.0, 2.0, 0.0, -2.0])
    spread = np.std(read - REFERENCE, ddof=1)
    assert lower_limit(REFERENCE, read, ALL) == pytest.approx(-1.96 * spread)
    assert upper_limit(REFERENCE, read, ALL) == pytest.approx(1.96 * spread)
    assert median_error(REFERENCE, read, ALL) == pytest.approx(1)


def test_a_pair_that_is_drawn_twice_counts_as_two():
    read = REFERENCE + np.array([1.0, -1.0, 2.0, 0.0, -2.0])
    twice = np.array([[2.0, 1.0, 0.0, 1.0, 1.0]])
    pairs = [0, 0, 1, 3, 4]
    for statistic in (bias, lower_limit, upper_limit, median_error, intraclass_correlation):
        drawn = statistic(REFERENCE, read, twice)
        assert drawn == pytest.approx(statistic(REFERENCE[pairs], read[pairs], ALL))


def test_nothing_that_differs_has_no_correlation():
    same = np.full(5, 3.0)
    assert np.isnan(intraclass_correlation(same, same, ALL)).all()


def test_intervals_redraw_patients():
    read = REFERENCE + np.array([1.0, 1.0, -1.0, -1.0, 0.0])
    estimate = estimate_of([1, 1, 2, 2, 3], lambda draws: bias(REFERENCE, read, draws))
    assert (estimate.value, estimate.patients) == (0, 3)
    assert (estimate.low, estimate.high) == (-1, 1)
