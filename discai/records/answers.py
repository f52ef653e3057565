"""Answers of a later model on a scan that an earlier one did not give."""

from itertools import product

from discai.records.findings import is_herniated
from discai.records.models import ChangedAnswer
from discai.records.scans import SAME_DISC, Disc, Prediction


def changed_answers(before: Prediction, after: Prediction) -> list[ChangedAnswer]:
    """Every disc that is found by one of them only, named otherwise, or judged otherwise.

    From the head down as the later model has them, then those that it does not find.
    """
    pairs = _pairs(before, after)
    found = [_answer(pairs.get(disc.level), disc, before, after) for disc in after.discs]
    known = {disc.level for disc in pairs.values()}
    lost = [_answer(disc, None, before, after) for disc in before.discs if disc.level not in known]
    return [answer for answer in [*found, *lost] if _is_another(answer)]


def largest_shift(before: Prediction, after: Prediction) -> float:
    """The most that a probability moved without an answer's change; 0 where none did."""
    changed = {answer.level_after for answer in changed_answers(before, after)}
    discs = {disc.level: disc for disc in after.discs if disc.level not in changed}
    shifts = (
        abs(discs[level].herniation - disc.herniation)
        for level, disc in _pairs(before, after).items()
        if level in discs
    )
    return max(shifts, default=0.0)


def _pairs(before: Prediction, after: Prediction) -> dict[str, Disc]:
    """By the later model's level, the earlier model's disc in the same place; the nearest first."""
    overlaps = sorted(
        (
            (_overlap(one, other), one.level, other.level)
            for one, other in product(before.discs, after.discs)
        ),
        reverse=True,
    )
    earlier = {disc.level: disc for disc in before.discs}
    pairs: dict[str, Disc] = {}
    for overlap, old, new in overlaps:
        if overlap >= SAME_DISC and new not in pairs and old in earlier:
            pairs[new] = earlier.pop(old)
    return pairs


def _answer(
    old: Disc | None, new: Disc | None, before: Prediction, after: Prediction
) -> ChangedAnswer:
    return ChangedAnswer(
        level_before=old and old.level,
        level_after=new and new.level,
        before=old and old.herniation,
        after=new and new.herniation,
        herniated_before=old and is_herniated(old.herniation, before.herniation_threshold),
        herniated_after=new and is_herniated(new.herniation, after.herniation_threshold),
    )


def _is_another(answer: ChangedAnswer) -> bool:
    return (
        answer.level_before != answer.level_after
        or answer.herniated_before != answer.herniated_after
    )


def _overlap(one: Disc, other: Disc) -> float:
    """The best on a slice that shows both."""
    shared = one.boxes.keys() & other.boxes.keys()
    return max((one.boxes[n].overlap(other.boxes[n]) for n in shared), default=0)
