"""Agreement of two measurements of the same things, as Bland and Altman (Lancet 1986) give it.

Every statistic takes a weight for each pair and each draw, as in `pipeline.metrics.estimates`.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.estimates import Draws

Measured = NDArray[np.float64]
"""One value a pair."""
Statistic = Callable[[Measured, Measured, Draws], NDArray[np.float64]]
"""Of reference, reading and draws, one value for each draw."""

#: So many standard deviations to each side of the bias lie the limits of agreement.
LIMITS: Final = 1.96


def bias(reference: Measured, read: Measured, draws: Draws) -> NDArray[np.float64]:
    """The mean of what was read beyond the reference."""
    return np.asarray(draws @ (read - reference) / draws.sum(axis=1))


def lower_limit(reference: Measured, read: Measured, draws: Draws) -> NDArray[np.float64]:
    """The lower limit of agreement."""
    return bias(reference, read, draws) - LIMITS * _spread(read - reference, draws)


def upper_limit(reference: Measured, read: Measured, draws: Draws) -> NDArray[np.float64]:
    """The upper limit of agreement."""
    return bias(reference, read, draws) + LIMITS * _spread(read - reference, draws)


def median_error(reference: Measured, read: Measured, draws: Draws) -> NDArray[np.float64]:
    """The median distance of reading and reference; of an even count the lower middle one."""
    errors = np.abs(read - reference)
    order = np.argsort(errors, kind="stable")
    counts = np.cumsum(draws[:, order], axis=1)
    middle = (counts >= counts[:, -1:] / 2).argmax(axis=1)
    return np.asarray(errors[order][middle])


def intraclass_correlation(
    reference: Measured, read: Measured, draws: Draws
) -> NDArray[np.float64]:
    """ICC(A,1) of McGraw and Wong (1996): absolute agreement of single measurements, two-way.

    NaN where a draw has fewer than two pairs, or no two that differ.
    """
    count = draws.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = draws @ reference / count, draws @ read / count
        grand = (means[0] + means[1]) / 2
        of_pairs = (reference + read) / 2
        rows = 2 * (draws @ of_pairs**2 - count * grand**2)
        columns = count * ((means[0] - grand) ** 2 + (means[1] - grand) ** 2)
        total = draws @ (reference**2 + read**2) - 2 * count * grand**2
        row_square, error_square = rows / (count - 1), (total - rows - columns) / (count - 1)
        column_part = 2 * (columns - error_square) / count
        value = (row_square - error_square) / (row_square + error_square + column_part)
    return np.where(np.isfinite(value), value, np.nan)


def _spread(differences: Measured, draws: Draws) -> NDArray[np.float64]:
    """The standard deviation of a sample."""
    count = draws.sum(axis=1)
    mean = draws @ differences / count
    squares = draws @ differences**2 - count * mean**2
    return np.asarray(np.sqrt(np.maximum(squares, 0) / np.maximum(count - 1, 1)))
