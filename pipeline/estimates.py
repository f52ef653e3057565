"""Measured values with their uncertainty.

Intervals are 95 % percentile bootstraps that redraw patients, because discs and series of one
patient are no independent evidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

DRAWS: Final = 2000
SEED: Final = 20261124
CALIBRATION_BINS: Final = 10


@dataclass(frozen=True)
class Estimate:
    """A measured value with its 95 % interval.

    Attributes:
        count: how many cases it stands on (volumes, discs or pictures).
        patients: of how many patients these are.
    """

    value: float
    low: float
    high: float
    count: int
    patients: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class DiscCase:
    """One disc of one series with the truth about it and what was read."""

    patient: int
    level: str
    truth: bool
    probability: float


Statistic = Callable[[NDArray[np.bool_], NDArray[np.float64]], float]


def estimate_mean(patients: Sequence[int], values: Sequence[float]) -> Estimate:
    """The mean of values that belong to patients."""
    array = np.asarray(values, np.float64)
    return _estimate(patients, lambda picked: float(array[picked].mean()))


def estimate_on_discs(cases: Sequence[DiscCase], statistic: Statistic) -> Estimate:
    """A statistic of truth and probability over discs; needs both kinds of discs."""
    truth = np.array([case.truth for case in cases])
    probability = np.array([case.probability for case in cases])

    def on(picked: NDArray[np.int64]) -> float:
        chosen = truth[picked]
        if chosen.all() or not chosen.any():
            return float("nan")
        return statistic(chosen, probability[picked])

    return _estimate([case.patient for case in cases], on)


def expected_calibration_error(truth: NDArray[np.bool_], probability: NDArray[np.float64]) -> float:
    """Mean distance of probability and frequency over ten bins with equally many discs each."""
    order = np.argsort(probability, kind="stable")
    bins = np.array_split(order, CALIBRATION_BINS)
    gaps = [abs(truth[part].mean() - probability[part].mean()) * len(part) for part in bins]
    return float(sum(gaps) / len(truth))


STATISTICS: Final[dict[str, Statistic]] = {
    "auroc": lambda truth, probability: float(roc_auc_score(truth, probability)),
    "average_precision": lambda truth, p: float(average_precision_score(truth, p)),
    "calibration_error": expected_calibration_error,
}


def _estimate(patients: Sequence[int], on: Callable[[NDArray[np.int64]], float]) -> Estimate:
    """The statistic `on` all indices, and over draws of patients with replacement."""
    owners = np.asarray(patients)
    unique = np.unique(owners)
    indices_of = [np.flatnonzero(owners == patient) for patient in unique]
    random = np.random.default_rng(SEED)
    drawn = []
    for _ in range(DRAWS):
        picked = random.integers(len(unique), size=len(unique))
        drawn.append(on(np.concatenate([indices_of[i] for i in picked])))
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    value = on(np.arange(len(owners)))
    return Estimate(value, float(low), float(high), len(owners), len(unique))
