"""What counts as another answer of a later model."""

from datetime import UTC, datetime

from discai.cloud.paths import artifact_names
from discai.records.answers import changed_answers, largest_shift
from discai.records.models import ChangedAnswer
from discai.records.scans import Box, Disc, Prediction

ROW = {"L3-L4": 10.0, "L4-L5": 50.0, "L5-S1": 90.0}


def disc(level: str, herniation: float, row: float | None = None) -> Disc:
    box = Box(x=5, y=ROW[level] if row is None else row, width=30, height=10)
    return Disc(
        level=level, herniation=herniation, slice=4, box=box, boxes={"4": box}, confidence=1
    )


def reading(*discs: Disc, threshold: float = 0.5) -> Prediction:
    return Prediction(
        model_version="m",
        model_digest="sha256:0",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        device="cpu",
        seconds={},
        warnings=[],
        discs=list(discs),
        artifacts=artifact_names("s", "m"),
        slice_count=9,
        key_slice=4,
        slice_width=100,
        slice_height=100,
        herniation_threshold=threshold,
    )


def test_the_same_answers_are_no_change_and_the_largest_shift_says_how_near():
    before = reading(disc("L4-L5", 0.8), disc("L5-S1", 0.3))
    after = reading(disc("L4-L5", 0.7), disc("L5-S1", 0.45))
    assert changed_answers(before, after) == []
    assert largest_shift(before, after) == 0.45 - 0.3


def test_each_model_answers_by_its_own_threshold():
    before = reading(disc("L4-L5", 0.4), disc("L5-S1", 0.1))
    after = reading(disc("L4-L5", 0.3), disc("L5-S1", 0.15), threshold=0.25)
    assert changed_answers(before, after) == [
        ChangedAnswer(
            level_before="L4-L5",
            level_after="L4-L5",
            before=0.4,
            after=0.3,
            herniated_before=False,
            herniated_after=True,
        )
    ]
    assert largest_shift(before, after) == 0.15 - 0.1


def test_a_disc_that_is_found_and_one_that_is_not_found_any_more():
    before = reading(disc("L4-L5", 0.8), disc("L5-S1", 0.3))
    after = reading(disc("L3-L4", 0.1), disc("L4-L5", 0.8))
    found, lost = changed_answers(before, after)
    assert (found.level_before, found.level_after, found.after) == (None, "L3-L4", 0.1)
    assert (lost.level_before, lost.level_after, lost.before) == ("L5-S1", None, 0.3)
    assert lost.herniated_after is None


def test_a_disc_in_the_same_place_under_another_name_is_renamed_and_not_lost():
    before = reading(disc("L3-L4", 0.2, row=50), disc("L4-L5", 0.6, row=91))
    after = reading(disc("L4-L5", 0.25, row=52), disc("L5-S1", 0.4, row=88))
    answers = [
        (each.level_before, each.level_after, each.herniated_before, each.herniated_after)
        for each in changed_answers(before, after)
    ]
    assert answers == [("L3-L4", "L4-L5", False, False), ("L4-L5", "L5-S1", True, False)]


def test_discs_that_no_slice_shows_together_are_not_the_same():
    lateral = disc("L4-L5", 0.8).model_copy(update={"boxes": {"7": disc("L4-L5", 0.8).box}})
    found, lost = changed_answers(reading(disc("L4-L5", 0.8)), reading(lateral))
    assert (found.level_before, lost.level_after) == (None, None)
