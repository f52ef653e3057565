"""Losses when a scan is worse than those that the model was trained on."""

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

from discai.reading import Reading
from pipeline.evaluation.cases import Case
from pipeline.evaluation.figures.herniation import disc_cases
from pipeline.evaluation.figures.levels import disc_scores
from pipeline.evaluation.figures.segmentation import outline_scores
from pipeline.evaluation.readings import Outcome
from pipeline.metrics.estimates import (
    DiscCase,
    Estimate,
    auroc,
    estimate_loss,
    estimate_mean,
    estimate_on_discs,
)

CLEAN: Final = "as stored"
WITHOUT_SPACING: Final = "spacing removed"
#: The set of all scans of held-out SPIDER patients.
HELD_OUT: Final = "held-out scans"


class RobustnessResult(BaseModel):
    """One perturbation against the same scans as stored.

    Attributes:
        data: which scans.
        change: what was done to the scans, in words.
        refused: how many of the scans were refused.
        found, named: shares of lumbar discs.
        named_lost: share of lumbar discs that lost their right name.
        dice: of the discs of the volumes, if there are any.
        auroc, auroc_lost: over the T2 discs that were read both ways, patients redrawn in pairs;
            None where they are all of one kind.
        probability_moved: mean distance of the probabilities of the same discs; None without any.
    """

    model_config = ConfigDict(frozen=True)

    data: str = HELD_OUT
    change: str
    scans: int
    refused: int
    found: Estimate
    named: Estimate
    named_lost: Estimate
    dice: Estimate | None
    auroc: Estimate | None
    auroc_lost: Estimate | None
    probability_moved: Estimate | None


def robustness_result(
    data: str,
    change: str,
    cases: Sequence[Case],
    clean: Sequence[Outcome],
    changed_cases: Sequence[Case],
    changed: Sequence[Outcome],
) -> RobustnessResult:
    """Compare the outcomes of changed scans with those of the same scans as stored."""
    before, after = disc_scores(cases, clean), disc_scores(changed_cases, changed)
    patients = [score.case.patient for score in after]
    dices = [s for s in outline_scores(changed_cases, changed) if s.structure == "disc"]
    pairs = discs_in_both(cases, clean, changed)
    old_t2 = [old for sequence, old, _ in pairs if sequence == "t2"]
    new_t2 = [new for sequence, _, new in pairs if sequence == "t2"]
    both_kinds = len({disc.truth for disc in old_t2}) == 2
    return RobustnessResult(
        data=data,
        change=change,
        scans=len(cases),
        refused=sum(not isinstance(outcome, Reading) for outcome in changed),
        found=estimate_mean(patients, [score.found for score in after]),
        named=estimate_mean(patients, [score.named for score in after]),
        named_lost=estimate_mean(
            patients, [b.named - a.named for b, a in zip(before, after, strict=True)]
        ),
        dice=estimate_mean([s.case.patient for s in dices], [s.dice for s in dices])
        if dices
        else None,
        auroc=estimate_on_discs(new_t2, auroc) if both_kinds else None,
        auroc_lost=estimate_loss(old_t2, new_t2, auroc) if both_kinds else None,
        probability_moved=estimate_mean(
            [old.patient for _, old, _ in pairs],
            [abs(old.probability - new.probability) for _, old, new in pairs],
        )
        if pairs
        else None,
    )


def discs_in_both(
    cases: Sequence[Case], before: Sequence[Outcome], after: Sequence[Outcome]
) -> list[tuple[str, DiscCase, DiscCase]]:
    """The sequence of each disc that was read both ways, and both its readings."""
    pairs = []
    for case, old, new in zip(cases, before, after, strict=True):
        old_by_level, new_by_level = (
            {disc.level: disc for disc in disc_cases([case], [outcome])} for outcome in (old, new)
        )
        pairs += [
            (case.sequence, old_by_level[level], new_by_level[level])
            for level in old_by_level
            if level in new_by_level
        ]
    return pairs
