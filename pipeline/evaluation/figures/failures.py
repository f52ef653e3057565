"""Failures in single scans, in words for the people who will look at them."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from discai.errors import PermanentError
from discai.reading import Reading
from pipeline.evaluation.cases import Case
from pipeline.evaluation.figures.levels import DiscScore, disc_scores
from pipeline.evaluation.readings import Outcome

#: A disc outlined worse than this is worth a look.
POOR_DICE = 0.75


class Mistake(BaseModel):
    """One thing that went wrong.

    Attributes:
        weight: how bad; the worst come first.
    """

    model_config = ConfigDict(frozen=True)

    case: str
    words: str
    weight: float


def failures_of(
    cases: Sequence[Case], outcomes: Sequence[Outcome], threshold: float
) -> list[Mistake]:
    """Everything that went wrong, the worst first: refused, misnamed, missed, badly outlined."""
    failures = []
    for case, outcome in zip(cases, outcomes, strict=True):
        if isinstance(outcome, PermanentError):
            failures.append(_failure(case, 4, f"refused: {outcome.message}"))
            continue
        failures += [_of_disc(score) for score in disc_scores([case], [outcome]) if _is_bad(score)]
        failures += _of_probabilities(case, outcome, threshold)
    return sorted(failures, key=lambda failure: (-failure.weight, failure.case))


def _is_bad(score: DiscScore) -> bool:
    return not score.named or (score.dice is not None and score.dice < POOR_DICE)


def _of_disc(score: DiscScore) -> Mistake:
    if not score.found:
        return _failure(score.case, 3, f"{score.level} was not found.")
    if not score.named:
        return _failure(score.case, 3.5, f"{score.level} was found under another name.")
    dice = score.dice or 0.0
    return _failure(score.case, 1 - dice, f"{score.level} is outlined poorly (Dice {dice:.2f}).")


def _of_probabilities(case: Case, reading: Reading, threshold: float) -> list[Mistake]:
    failures = []
    for disc in reading.discs:
        herniated = case.herniations.get(disc.level)
        said = disc.herniation
        if herniated is True and said < threshold:
            words = f"{disc.level} is herniated; the model said {said:.2f}."
            failures.append(_failure(case, 2 + threshold - said, words))
        elif herniated is False and said >= threshold:
            words = f"{disc.level} is not herniated; the model said {said:.2f}."
            failures.append(_failure(case, 1 + said - threshold, words))
    return failures


def _failure(case: Case, weight: float, words: str) -> Mistake:
    return Mistake(case=case.name, words=words, weight=round(weight, 3))
