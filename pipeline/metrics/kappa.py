"""Agreement of two ordinal grades, over draws of patients as `estimates` has them."""

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.estimates import Draws


def quadratic_kappa(
    first: NDArray[np.int64], second: NDArray[np.int64], grades: int, draws: Draws
) -> NDArray[np.float64]:
    """Cohen's kappa with quadratic weights (Cohen, Psychol Bull 70:213, 1968), one for each draw.

    Both are grades from 1 on `(disc,)`; NaN where a draw has no disagreement by chance either.
    """
    pairs = (first - 1) * grades + second - 1
    counts = draws @ np.eye(grades * grades)[pairs]
    seen = counts.reshape(-1, grades, grades) / counts.sum(axis=1)[:, None, None]
    chance = seen.sum(axis=2)[:, :, None] * seen.sum(axis=1)[:, None, :]
    steps = np.arange(grades)
    weights = (steps[:, None] - steps) ** 2
    by_chance = (chance * weights).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - (seen * weights).sum(axis=(1, 2)) / by_chance)
