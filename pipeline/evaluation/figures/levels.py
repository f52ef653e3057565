"""Figures of levels: lumbar discs that were found, and those that got their right name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from discai.anatomy import FIRST_DISC, LEVELS, disc_value
from discai.reading import CornerBox, DiscReading, Reading
from discai.spine.islands import label_components
from pipeline.evaluation.cases import Case
from pipeline.evaluation.readings import Outcome
from pipeline.metrics.estimates import Estimate, estimate_mean
from pipeline.metrics.segmentation import dice

#: A disc of a volume is found where this share of its true voxels was called disc.
LEAST_COVERED: Final = 0.3
#: Truth components below this share of the largest are fragments of the outline.
CRUMB_SHARE: Final = 0.05
UPWARD: Final = LEVELS[::-1]


@dataclass(frozen=True)
class DiscScore:
    """One true lumbar disc.

    Attributes:
        found: something was called a disc there.
        named: it was given the right level.
        dice: of the disc with the object that covers most of it; None without an outline.
    """

    case: Case
    level: str
    found: bool
    named: bool
    dice: float | None


class LevelResult(BaseModel):
    """Counts of lumbar discs of a set that were found and named rightly, and their outlines.

    Attributes:
        group: `all`, or the level or manufacturer that the discs are limited to.
    """

    model_config = ConfigDict(frozen=True)

    data: str
    group: str
    found: Estimate
    named: Estimate
    dice: Estimate | None


class CompleteResult(BaseModel):
    """The share of scans in which all five lumbar discs were found, of whatever truth."""

    model_config = ConfigDict(frozen=True)

    data: str
    complete: Estimate


def disc_scores(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> list[DiscScore]:
    """Every lumbar disc whose place is known, by outline or by box."""
    scores = []
    for case, outcome in zip(cases, outcomes, strict=True):
        if "disc" in case.masks:
            scores += _scores_of_volume(case, outcome)
        else:
            scores += _scores_of_boxes(case, outcome)
    return scores


def disc_results(data: str, scores: Sequence[DiscScore]) -> list[LevelResult]:
    """The whole set first, then by level and by manufacturer where there are several."""
    results = [_disc_result(data, "all", scores)] if scores else []
    by_group: tuple[Callable[[DiscScore], str], ...] = (
        lambda score: score.level,
        lambda score: score.case.manufacturer,
    )
    for group_of in by_group:
        groups = sorted({group_of(score) for score in scores})
        if len(groups) > 1:
            results += [
                _disc_result(data, group, [s for s in scores if group_of(s) == group])
                for group in groups
            ]
    return results


def complete_result(
    data: str, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> CompleteResult:
    """Share of scans in which all five were found; every graded patient has five."""
    complete = [is_complete(outcome) for outcome in outcomes]
    return CompleteResult(
        data=data, complete=estimate_mean([case.patient for case in cases], complete)
    )


def is_complete(outcome: Outcome) -> bool:
    """Tell if all five lumbar discs are in a reading."""
    return isinstance(outcome, Reading) and {disc.level for disc in outcome.discs} == set(LEVELS)


def _disc_result(data: str, group: str, scores: Sequence[DiscScore]) -> LevelResult:
    patients = [score.case.patient for score in scores]
    outlined = [score for score in scores if score.dice is not None]
    return LevelResult(
        data=data,
        group=group,
        found=estimate_mean(patients, [score.found for score in scores]),
        named=estimate_mean(patients, [score.named for score in scores]),
        dice=estimate_mean([s.case.patient for s in outlined], [s.dice or 0.0 for s in outlined])
        if outlined
        else None,
    )


def _scores_of_volume(case: Case, outcome: Outcome) -> list[DiscScore]:
    """SPIDER and the other volumes outline every disc from L5-S1 up: truth is the order."""
    scores = []
    for level, truth in zip(UPWARD, _components_upward(case), strict=False):
        if not isinstance(outcome, Reading):
            scores.append(DiscScore(case, level, False, False, 0.0))
            continue
        values = outcome.segmentation[truth]
        counts = np.bincount(values[values >= FIRST_DISC], minlength=FIRST_DISC + 1)
        scores.append(
            DiscScore(
                case,
                level,
                found=float((values >= FIRST_DISC).mean()) >= LEAST_COVERED,
                named=float((values == disc_value(level)).mean()) >= LEAST_COVERED,
                dice=dice(truth, outcome.segmentation == counts.argmax()) if counts.any() else 0.0,
            )
        )
    return scores


def _scores_of_boxes(case: Case, outcome: Outcome) -> list[DiscScore]:
    """The true boxes have a wide margin: a disc is there if its middle lies in the box."""
    discs: Sequence[DiscReading] = outcome.discs if isinstance(outcome, Reading) else ()
    scores = []
    for level, box in case.boxes.items():
        if level in LEVELS:
            inside = [disc.level for disc in discs if middle_is_in(disc.box, box)]
            scores.append(DiscScore(case, level, bool(inside), level in inside, None))
    return scores


def _components_upward(case: Case) -> list[NDArray[np.bool_]]:
    spacing_mm = case.scan.spacing_mm or (1.0, 1.0, 1.0)
    labels = label_components(case.masks["disc"].astype(np.float32), 0.5, spacing_mm)
    discs = [labels == label for label in range(1, int(labels.max()) + 1)]
    largest = max(np.count_nonzero(disc) for disc in discs)
    whole = [disc for disc in discs if np.count_nonzero(disc) > CRUMB_SHARE * largest]
    return sorted(whole, key=lambda disc: -np.nonzero(disc)[1].mean())


def middle_is_in(box: CornerBox, other: CornerBox) -> bool:
    """Tell if the middle of a box lies in another one."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return other[0] <= x <= other[2] and other[1] <= y <= other[3]
