"""Figures of one answer a disc: what joining T1 and T2 of a study is worth, by several rules.

Over discs of training patients that were read in both sequences, each by networks that had not seen
the patient. A rule that learns is fitted on other patients than those it is measured on, and what
choosing among the rules would be worth is measured in the same way. The product's rule is
`discai.records.combination.combined`, for the reasons in docs/decisions/0017-one-answer-a-disc.md.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from discai.records.combination import combined
from pipeline.metrics.estimates import (
    DiscCase,
    Estimate,
    auroc,
    average_precision,
    calibration_error,
    estimate_mean,
    estimate_on_discs,
    log_loss,
    paired_difference,
)

FOLDS: Final = 5
#: Divisions of the patients whose probabilities are averaged: one alone would decide by its luck.
REPEATS: Final = 10
_WEIGHTS: Final = np.linspace(0, 1, 21)

CHOSEN_ANEW: Final = "the best of these, chosen on other patients"
IN_USE: Final = "mean of the logits (in use)"

Logits = NDArray[np.float64]
"""`(disc, 2)`: of T1 and T2."""
Truth = NDArray[np.bool_]


class _Discs(NamedTuple):
    """Discs of known truth, in arrays of one length."""

    logits: Logits
    truth: Truth
    patients: NDArray[np.int64]

    def rows(self, indices: NDArray[np.int64]) -> "_Discs":
        """Some of the discs."""
        return _Discs(self.logits[indices], self.truth[indices], self.patients[indices])


Rule = Callable[[_Discs, Logits], Logits]
"""Logits of other patients' discs, by what these discs teach."""


class StudyRuleResult(BaseModel):
    """Figures of one rule that joins T1 and T2.

    Attributes:
        change: from the rule in use, patients redrawn for both together, by statistic: `auroc`,
            `average_precision` and `log_loss`, of which less is better.
    """

    model_config = ConfigDict(frozen=True)

    rule: str
    herniated: int
    discs: int
    patients: int
    log_loss: Estimate
    auroc: Estimate
    average_precision: Estimate
    calibration_error: Estimate
    change: dict[str, Estimate]


class DisagreementResult(BaseModel):
    """Share of wrong answers of the rule in use, where the series' own answers agree or differ.

    Attributes:
        agree, differ: None where there is no such disc.
    """

    model_config = ConfigDict(frozen=True)

    agree: Estimate | None
    differ: Estimate | None


def study_results(
    t1: Sequence[DiscCase], t2: Sequence[DiscCase], repeats: int = REPEATS
) -> list[StudyRuleResult]:
    """Each rule over the discs of both; none where too few patients have a herniated one."""
    first, second = _of_both(t1, t2)
    if len({disc.patient for disc in second if disc.truth}) < FOLDS:
        return []
    said = np.array([[disc.probability for disc in discs] for discs in (first, second)]).T
    discs = _Discs(
        _logit(said),
        np.array([disc.truth for disc in second]),
        np.array([disc.patient for disc in second]),
    )
    probabilities: dict[str, Sequence[float]] = {
        name: _sigmoid(_unseen(rule, discs, repeats)).tolist()
        for name, rule in {**_RULES, CHOSEN_ANEW: _chosen}.items()
    }
    probabilities[IN_USE] = [combined([("T1", one), ("T2", other)]) for one, other in said.tolist()]
    cases = {
        name: [_with(disc, each) for disc, each in zip(second, of_rule, strict=True)]
        for name, of_rule in probabilities.items()
    }
    return [_result(name, cases[name], cases[IN_USE]) for name in cases]


def disagreement_result(
    t1: Sequence[DiscCase], t2: Sequence[DiscCase], threshold: float
) -> DisagreementResult:
    """Share of wrong joined answers, apart by whether T1 and T2 answer alike."""
    wrong: dict[bool, list[tuple[int, float]]] = {True: [], False: []}
    for one, other in zip(*_of_both(t1, t2), strict=True):
        joined = combined([("T1", one.probability), ("T2", other.probability)])
        alike = (one.probability >= threshold) == (other.probability >= threshold)
        wrong[alike].append((other.patient, float((joined >= threshold) != other.truth)))
    shares = {
        alike: estimate_mean(*map(list, zip(*discs, strict=True))) if discs else None
        for alike, discs in wrong.items()
    }
    return DisagreementResult(agree=shares[True], differ=shares[False])


def _of_both(
    t1: Sequence[DiscCase], t2: Sequence[DiscCase]
) -> tuple[list[DiscCase], list[DiscCase]]:
    """The discs that were read in both, in one order."""
    first, second = ({(d.patient, d.level): d for d in discs} for discs in (t1, t2))
    both = sorted(first.keys() & second.keys())
    return [first[disc] for disc in both], [second[disc] for disc in both]


def _result(name: str, cases: Sequence[DiscCase], in_use: Sequence[DiscCase]) -> StudyRuleResult:
    compared = {"auroc": auroc, "average_precision": average_precision, "log_loss": log_loss}
    return StudyRuleResult(
        rule=name,
        herniated=sum(disc.truth for disc in cases),
        discs=len(cases),
        patients=len({disc.patient for disc in cases}),
        calibration_error=estimate_on_discs(cases, calibration_error),
        change={
            statistic: paired_difference(in_use, cases, of)[0] for statistic, of in compared.items()
        },
        **{statistic: estimate_on_discs(cases, of) for statistic, of in compared.items()},
    )


def _unseen(rule: Rule, discs: _Discs, repeats: int) -> Logits:
    """Logits by the rule, of each patient by what it learned from others."""
    found = np.zeros((repeats, len(discs.truth)))
    for seed, row in enumerate(found):
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        for learned, held_out in folds.split(discs.truth, discs.truth, discs.patients):
            row[held_out] = rule(discs.rows(learned), discs.logits[held_out])
    return np.asarray(found.mean(axis=0))


def _chosen(learned: _Discs, asked: Logits) -> Logits:
    """The rule that is best on the learned discs, which are divided once more to find it."""
    rules = [*_RULES.values(), _mean]
    best = min(rules, key=lambda rule: _loss(_unseen(rule, learned, repeats=1), learned.truth))
    return best(learned, asked)


def _mean(_learned: _Discs, asked: Logits) -> Logits:
    return np.asarray(asked.mean(axis=1))


def _weighted(learned: _Discs, asked: Logits) -> Logits:
    """The weighted mean; the weight of T2 is the one with the lowest log loss."""
    best = min(
        _WEIGHTS.tolist(),
        key=lambda weight: _loss(learned.logits @ (1 - weight, weight), learned.truth),
    )
    return np.asarray(asked @ (1 - best, best))


def _calibrated(learned: _Discs, asked: Logits) -> Logits:
    means = learned.logits.mean(axis=1, keepdims=True)
    return _regression(learned._replace(logits=means), asked.mean(axis=1, keepdims=True))


def _regression(learned: _Discs, asked: Logits) -> Logits:
    fitted = LogisticRegression(C=np.inf).fit(learned.logits, learned.truth)
    return np.asarray(fitted.decision_function(asked))


_RULES: Final[Mapping[str, Rule]] = {
    "T1 alone": lambda _learned, asked: asked[:, 0],
    "T2 alone": lambda _learned, asked: asked[:, 1],
    "the larger of both": lambda _learned, asked: asked.max(axis=1),
    "weighted mean, learned": _weighted,
    "mean, calibrated again": _calibrated,
    "logistic regression on both": _regression,
}


def _loss(logits: Logits, truth: Truth) -> float:
    return float(np.logaddexp(0, np.where(truth, -logits, logits)).mean())


def _with(disc: DiscCase, probability: float) -> DiscCase:
    return DiscCase(disc.patient, disc.level, disc.truth, probability)


def _logit(probability: NDArray[np.float64]) -> Logits:
    kept = probability.clip(1e-5, 1 - 1e-5)  # the digits of the file of predictions
    return np.asarray(np.log(kept / (1 - kept)))


def _sigmoid(logits: Logits) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logits)))
