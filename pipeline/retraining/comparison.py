"""Step six of retraining: challenger and production on patients that never train.

The rule, in full: the challenger is promoted if its AUROC over all discs of the frozen set is
higher by at least `LEAST_GAIN`, and no guard fails. A guard fails if the challenger is worse than
production by more than its margin in the Brier score, the calibration error or the sensitivity at
the fixed specificity, in the AUROC of any level, scanner, hospital or sequence that has enough
herniated discs to tell, in any grading (`grading_guards`), in the share of discs that it finds and
names, in the Dice of its outlines if its segmentation is another, or in agreement with the newest
corrections, which were kept from its training.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from discai.anatomy import LEVELS
from discai.reading import Gradings
from discai.records.gradings import UNGRADED, LabelledGradings
from discai.records.models import Comparison, Evaluation, Guard, Measured, ReliabilityBin, RocPoint
from pipeline.metrics.estimates import (
    CALIBRATION_BINS,
    STATISTICS,
    DiscCase,
    Estimate,
    auroc,
    estimate_on_discs,
    paired_difference,
)
from pipeline.retraining.grading_guards import GradedPair, grading_guards

DECIDING: Final = "auroc"
#: A smaller gain is no reason to change the model that people know.
LEAST_GAIN: Final = 0.002
#: How much worse the challenger may be, by measure; in a group, chance alone moves more.
MARGINS: Final = {"brier": 0.005, "calibrationError": 0.02, "sensitivity": 0.05}
GROUP_MARGIN: Final = 0.05
AGREEMENT_MARGIN: Final = 0.05
#: Of the share of discs that are found and named, and of the Dice of each outlined structure.
OUTLINE_MARGIN: Final = 0.005
#: A group with fewer herniated discs can't tell better from worse.
LEAST_HERNIATED: Final = 3
#: Higher is worse.
_ERRORS: Final = ("brier", "calibrationError")

#: The names that records use, by those of `STATISTICS`.
_RECORD_NAMES: Final = {
    "auroc": "auroc",
    "average_precision": "averagePrecision",
    "sensitivity": "sensitivity",
    "brier_score": "brier",
    "calibration_error": "calibrationError",
}


@dataclass(frozen=True)
class FrozenDisc:
    """One disc of one series of the frozen set, as two models read it.

    Attributes:
        groups: that it is counted in besides its level, such as `Siemens` and `T2`.
        production: and `challenger`: probability of herniation, as of the model's threshold or
            not; a disc that a model did not find has 0, because no person would be warned of it.
        graded: as the radiologist did.
        gradings: by production and challenger; None unless both give them.
    """

    patient: int
    series: str
    level: str
    groups: tuple[str, ...]
    truth: bool
    production: float
    challenger: float
    found_by_production: bool = True
    found_by_challenger: bool = True
    graded: LabelledGradings = UNGRADED
    gradings: tuple[Gradings, Gradings] | None = None

    @property
    def graded_pair(self) -> GradedPair | None:
        """The radiologist's gradings, and both models'; None without these."""
        return None if self.gradings is None else (self.graded, *self.gradings)


@dataclass(frozen=True)
class OutlineDice:
    """Dice of two models on the frozen set's outlines, by channel of the network."""

    production: Mapping[str, float]
    challenger: Mapping[str, float]


@dataclass(frozen=True)
class Agreement:
    """Count of the held-out corrections' discs that each model calls as the reviewers did."""

    discs: int
    production: float
    challenger: float


@dataclass(frozen=True)
class Decision:
    """Decision to promote or not, and why, in one sentence.

    Attributes:
        evaluation: of the challenger; `production` is that of the model it was compared with.
    """

    promote: bool
    reason: str
    comparison: Comparison
    evaluation: Evaluation
    production: Evaluation

    @property
    def numbers(self) -> dict[str, float]:
        """The challenger's measures, for the pipeline's metrics."""
        return {name: measured.value for name, measured in self.evaluation.metrics.items()}


def decide(
    discs: Sequence[FrozenDisc],
    agreement: Agreement | None,
    *,
    production_version: str,
    dataset_digest: str,
    thresholds: tuple[float, float],
    outlines: OutlineDice | None = None,
) -> Decision:
    """Compare both models on the frozen set.

    Args:
        thresholds: of production and challenger.
        outlines: of both, if they differ in their segmentation.
    """
    evaluation = evaluation_of(discs, lambda disc: disc.challenger, dataset_digest)
    production = evaluation_of(discs, lambda disc: disc.production, dataset_digest)
    difference, p_value = paired_difference(
        _cases(discs, lambda disc: disc.production),
        _cases(discs, lambda disc: disc.challenger),
        auroc,
    )
    guards = [
        *_guards(production, evaluation, agreement),
        *_outline_guards(discs, outlines),
        *grading_guards([pair for disc in discs if (pair := disc.graded_pair)]),
    ]
    comparison = Comparison(
        metric=DECIDING,
        production_version=production_version,
        difference=measured(difference),
        p_value=p_value,
        guards=guards,
        changed_scans=_changed(discs, thresholds),
    )
    failed = [guard for guard in guards if not guard.passed]
    gain = difference.value
    return Decision(
        promote=gain >= LEAST_GAIN and not failed,
        reason=_reason(gain, difference, failed),
        comparison=comparison,
        evaluation=evaluation,
        production=production,
    )


def evaluation_of(
    discs: Sequence[FrozenDisc], probability: Callable[[FrozenDisc], float], dataset_digest: str
) -> Evaluation:
    """Figures of one model on the frozen set."""
    cases = _cases(discs, probability)
    truth = np.array([case.truth for case in cases])
    values = np.array([case.probability for case in cases])
    return Evaluation(
        dataset_digest=dataset_digest,
        patients=len({disc.patient for disc in discs}),
        discs=len(discs),
        herniated=int(truth.sum()),
        metrics={
            name: measured(estimate_on_discs(cases, STATISTICS[statistic]))
            for statistic, name in _RECORD_NAMES.items()
        },
        auroc_by_level={
            level: value
            for level in LEVELS
            if (value := _auroc_of([d for d in discs if d.level == level], probability))
        },
        auroc_by_group={
            group: value
            for group in sorted({group for disc in discs for group in disc.groups})
            if (value := _auroc_of([d for d in discs if group in d.groups], probability))
        },
        roc=_roc(truth, values),
        reliability=_reliability(truth, values),
    )


def measured(estimate: Estimate) -> Measured:
    """The estimate as records hold it."""
    return Measured(
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        count=estimate.count,
        patients=estimate.patients,
    )


def _guards(
    production: Evaluation, challenger: Evaluation, agreement: Agreement | None
) -> Iterable[Guard]:
    for name, margin in MARGINS.items():
        old, new = production.metrics[name].value, challenger.metrics[name].value
        loss = new - old if name in _ERRORS else old - new
        yield _guard(name, old, new, margin, loss)
    groups = [
        *((level, production.auroc_by_level.get(level), challenger.auroc_by_level.get(level))
          for level in LEVELS),
        *((group, production.auroc_by_group.get(group), value)
          for group, value in challenger.auroc_by_group.items()),
    ]  # fmt: skip
    for name, before, after in groups:
        if before and after:
            yield _guard(
                f"auroc {name}", before.value, after.value, GROUP_MARGIN, before.value - after.value
            )
    if agreement:
        old, new = agreement.production, agreement.challenger
        yield _guard("agreement with new corrections", old, new, AGREEMENT_MARGIN, old - new)


def _outline_guards(discs: Sequence[FrozenDisc], outlines: OutlineDice | None) -> Iterable[Guard]:
    old = sum(disc.found_by_production for disc in discs) / len(discs)
    new = sum(disc.found_by_challenger for disc in discs) / len(discs)
    yield _guard("discs found and named", old, new, OUTLINE_MARGIN, old - new)
    if outlines:
        for channel, old in outlines.production.items():
            new = outlines.challenger[channel]
            yield _guard(f"Dice {channel}", old, new, OUTLINE_MARGIN, old - new)


def _guard(name: str, old: float, new: float, margin: float, loss: float) -> Guard:
    return Guard(name=name, production=old, challenger=new, margin=margin, passed=loss <= margin)


def _reason(gain: float, difference: Estimate, failed: Sequence[Guard]) -> str:
    change = f"AUROC {gain:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
    if failed:
        worst = ", ".join(
            f"{guard.name} {guard.production:.3f} to {guard.challenger:.3f}" for guard in failed
        )
        return f"Kept production: the challenger got worse in {worst} ({change})."
    if gain < LEAST_GAIN:
        return f"Kept production: the challenger is not better by {LEAST_GAIN} ({change})."
    return f"Better, and worse nowhere beyond its margin ({change})."


def _changed(discs: Sequence[FrozenDisc], thresholds: tuple[float, float]) -> int:
    """Series in which the two models call a disc differently, each at its own threshold."""
    old, new = thresholds
    return len(
        {disc.series for disc in discs if (disc.production >= old) != (disc.challenger >= new)}
    )


def _cases(
    discs: Sequence[FrozenDisc], probability: Callable[[FrozenDisc], float]
) -> list[DiscCase]:
    return [DiscCase(d.patient, d.level, d.truth, probability(d)) for d in discs]


def _auroc_of(
    discs: Sequence[FrozenDisc], probability: Callable[[FrozenDisc], float]
) -> Measured | None:
    herniated = sum(disc.truth for disc in discs)
    if herniated < LEAST_HERNIATED or herniated == len(discs):
        return None
    return measured(estimate_on_discs(_cases(discs, probability), auroc))


def _roc(truth: NDArray[np.bool_], probability: NDArray[np.float64]) -> list[RocPoint]:
    false_positive, sensitivity, _ = roc_curve(truth, probability)
    return [
        RocPoint(false_positive_rate=float(x), sensitivity=float(y))
        for x, y in zip(false_positive, sensitivity, strict=True)
    ]


def _reliability(
    truth: NDArray[np.bool_], probability: NDArray[np.float64]
) -> list[ReliabilityBin]:
    order = np.argsort(probability, kind="stable")
    return [
        ReliabilityBin(
            predicted=float(probability[part].mean()),
            observed=float(truth[part].mean()),
            count=len(part),
        )
        for part in np.array_split(order, CALIBRATION_BINS)
        if len(part)
    ]
