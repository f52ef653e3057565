"""Measured values with their uncertainty.

Intervals are 95 % percentile bootstraps that redraw patients, because discs and series of one
patient are no independent evidence. Every statistic takes a weight for each disc and each draw
(how often its patient was drawn), so that all draws are worked out at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

DRAWS: Final = 2000
SEED: Final = 20261124
CALIBRATION_BINS: Final = 10
#: The sensitivity is read where this share of the discs without herniation is called so.
SPECIFICITY: Final = 0.8


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


Truth = NDArray[np.bool_]
Probabilities = NDArray[np.float64]
Draws = NDArray[np.float64]
"""`(draw, disc)`: how often each disc counts in each draw."""
Statistic = Callable[[Truth, Probabilities, Draws], NDArray[np.float64]]
"""One value for each draw; NaN where the draw lacks herniated or other discs."""


def estimate_mean(patients: Sequence[int], values: Sequence[float]) -> Estimate:
    """The mean of values that belong to patients."""
    array = np.asarray(values, np.float64)
    return estimate_of(patients, lambda draws: draws @ array / draws.sum(axis=1))


def estimate_of(patients: Sequence[int], on: Callable[[Draws], NDArray[np.float64]]) -> Estimate:
    """A statistic of draws `on` all cases, and over draws of their patients with replacement."""
    (value,) = on(np.ones((1, len(patients))))
    low, high = np.nanpercentile(on(_draws(patients)), (2.5, 97.5))
    return Estimate(float(value), float(low), float(high), len(patients), len(set(patients)))


def estimate_share(right: int, count: int, independent: int | None = None) -> Estimate:
    """A share of cases with Wilson's interval, which no perfect score collapses.

    `independent` is how many independent cases they are worth, where that is fewer than `count`.
    """
    share, z = right / count, 1.96
    worth = count if independent is None else independent
    middle = (share + z**2 / (2 * worth)) / (1 + z**2 / worth)
    half = z / (1 + z**2 / worth) * np.sqrt(share * (1 - share) / worth + (z / (2 * worth)) ** 2)
    # Rounding must not push an end past the share itself, or past none or all.
    low, high = max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))
    return Estimate(share, float(low), float(high), count, worth)


def estimate_on_discs(cases: Sequence[DiscCase], statistic: Statistic) -> Estimate:
    """A statistic of truth and probability over discs."""
    truth, probability = _columns(cases)
    patients = [case.patient for case in cases]
    return estimate_of(patients, lambda draws: statistic(truth, probability, draws))


def estimate_loss(
    before: Sequence[DiscCase], after: Sequence[DiscCase], statistic: Statistic
) -> Estimate:
    """Drop of a statistic after a change, over the same discs in order.

    Patients are redrawn for both together: what the two have in common adds no uncertainty.
    """
    truth, old = _columns(before)
    _, new = _columns(after)
    return estimate_of(
        [case.patient for case in before],
        lambda draws: statistic(truth, old, draws) - statistic(truth, new, draws),
    )


def paired_difference(
    before: Sequence[DiscCase], after: Sequence[DiscCase], statistic: Statistic
) -> tuple[Estimate, float]:
    """Rise of a statistic after a change, and the p value of "no difference".

    The p value is twice the smaller share of draws (patients redrawn for both together) on either
    side of zero, with the draws' own resolution as its floor.
    """
    truth, old = _columns(before)
    _, new = _columns(after)

    def gain(draws: Draws) -> NDArray[np.float64]:
        return statistic(truth, new, draws) - statistic(truth, old, draws)

    patients = [case.patient for case in before]
    drawn = gain(_draws(patients))
    drawn = drawn[~np.isnan(drawn)]
    either = min((drawn <= 0).mean(), (drawn >= 0).mean())
    return estimate_of(patients, gain), float(min(1.0, max(2 * either, 2 / DRAWS)))


def auroc(truth: Truth, probability: Probabilities, draws: Draws) -> NDArray[np.float64]:
    """The chance that a herniated disc gets the higher probability; ties count half."""
    herniated, others = _by_probability(truth, probability, draws)
    below = np.cumsum(others, axis=1) - others
    return _over(
        (herniated * (below + others / 2)).sum(axis=1), herniated.sum(axis=1) * others.sum(axis=1)
    )


def average_precision(
    truth: Truth, probability: Probabilities, draws: Draws
) -> NDArray[np.float64]:
    """The mean precision over the herniated discs, each at its own probability."""
    herniated, others = _by_probability(truth, -probability, draws)
    found, alarms = np.cumsum(herniated, axis=1), np.cumsum(others, axis=1)
    precision = found / np.maximum(found + alarms, 1e-12)
    return _over((herniated * precision).sum(axis=1), found[:, -1])


def sensitivity_at_specificity(
    truth: Truth, probability: Probabilities, draws: Draws
) -> NDArray[np.float64]:
    """The highest sensitivity of a threshold whose specificity is at least `SPECIFICITY`."""
    herniated, others = _by_probability(truth, -probability, draws)
    found, alarms = np.cumsum(herniated, axis=1), np.cumsum(others, axis=1)
    allowed = alarms <= (1 - SPECIFICITY) * alarms[:, -1:] + 1e-9
    return _over(np.where(allowed, found, 0.0).max(axis=1), found[:, -1])


def brier_score(truth: Truth, probability: Probabilities, draws: Draws) -> NDArray[np.float64]:
    """The mean squared distance of probability and truth."""
    return _over(draws @ (probability - truth) ** 2, draws.sum(axis=1))


def log_loss(truth: Truth, probability: Probabilities, draws: Draws) -> NDArray[np.float64]:
    """The mean negative logarithm of the probability of what is so."""
    kept = probability.clip(1e-5, 1 - 1e-5)
    return _over(draws @ -np.log(np.where(truth, kept, 1 - kept)), draws.sum(axis=1))


def calibration_error(
    truth: Truth, probability: Probabilities, draws: Draws
) -> NDArray[np.float64]:
    """Mean distance of probability and frequency over ten bins with equally many discs each."""
    gaps = np.zeros(len(draws))
    for inside in calibration_bins(probability, draws):
        gaps += np.abs((draws * inside) @ (truth - probability))
    return _over(gaps, draws.sum(axis=1))


def calibration_bins(probability: Probabilities, draws: Draws) -> list[NDArray[np.bool_]]:
    """For each of ten bins, by rising probability, which discs of each draw lie in it."""
    order = np.argsort(probability, kind="stable")
    weights = draws[:, order]
    middle = np.cumsum(weights, axis=1) - weights / 2
    share = middle / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    of_disc = np.empty(draws.shape, np.int64)
    of_disc[:, order] = np.minimum(share * CALIBRATION_BINS, CALIBRATION_BINS - 1)
    return [of_disc == index for index in range(CALIBRATION_BINS)]


STATISTICS: Final[dict[str, Statistic]] = {
    "auroc": auroc,
    "average_precision": average_precision,
    "sensitivity": sensitivity_at_specificity,
    "brier_score": brier_score,
    "calibration_error": calibration_error,
}


def _columns(cases: Sequence[DiscCase]) -> tuple[Truth, Probabilities]:
    truth = np.array([case.truth for case in cases], bool)
    return truth, np.array([case.probability for case in cases], np.float64)


def _by_probability(
    truth: Truth, probability: Probabilities, draws: Draws
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts of herniated and other discs at each probability, rising: `(draw, probability)`."""
    order = np.argsort(probability, kind="stable")
    starts = np.flatnonzero(np.diff(probability[order], prepend=-np.inf))
    weights = draws[:, order]
    return (
        np.add.reduceat(weights * truth[order], starts, axis=1),
        np.add.reduceat(weights * ~truth[order], starts, axis=1),
    )


def _over(numerator: NDArray[np.float64], divisor: NDArray[np.float64]) -> NDArray[np.float64]:
    quotient = np.full(len(divisor), np.nan)
    np.divide(numerator, divisor, out=quotient, where=divisor > 0)
    return quotient


def _draws(patients: Sequence[int]) -> Draws:
    """Count of each case in each draw of patients with replacement."""
    unique, owner = np.unique(np.asarray(patients), return_inverse=True)
    picked = np.random.default_rng(SEED).integers(len(unique), size=(DRAWS, len(unique)))
    often = np.stack([np.bincount(draw, minlength=len(unique)) for draw in picked])
    return often[:, owner].astype(np.float64)
