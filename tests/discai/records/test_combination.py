"""One answer a disc of a study: made-up readings, matched by place or name, joined by the rule."""

import itertools
import math
from dataclasses import dataclass, replace

import pytest

from discai.anatomy import LEVELS
from discai.records.combination import combine, combined
from discai.records.places import ReadSeries
from discai.records.study import Point, Sequence, StudyDisc
from tests.support.records import prediction_of

THRESHOLD = 0.2336
PITCH_MM = 35.0
FRAME = "one frame of reference"


@dataclass(frozen=True)
class Seen:
    level: str
    herniation: float
    confidence: float = 0.9
    centre_mm: Point | None = None


@dataclass(frozen=True, eq=False)
class MadeUp(ReadSeries):
    discs: tuple[Seen, ...]


def series(
    number: int,
    sequence: Sequence | None,
    said: dict[str, float],
    *,
    frame: str | None = None,
    lowest: int = 0,
    moved_mm: float = 0.0,
    confidence: float = 0.9,
) -> MadeUp:
    """A series that saw some levels; `lowest` counts places upward from the patient's L5-S1."""
    discs = []
    for place, (level, herniation) in enumerate(reversed(said.items()), start=lowest):
        centre = [4.0 * number, 12.0 - place, -400.0 + PITCH_MM * place + moved_mm]
        discs.append(Seen(level, herniation, confidence, centre if frame else None))
    return MadeUp(f"{number}-x", number, tuple(discs), THRESHOLD, sequence, frame)


def levels(*herniations: float, of: tuple[str, ...] = LEVELS) -> dict[str, float]:
    return dict(zip(of, herniations, strict=True))


def by_level(discs: list[StudyDisc]) -> dict[str, StudyDisc]:
    return {disc.level: disc for disc in discs}


T1 = levels(0.01, 0.02, 0.04, 0.1, 0.5)
T2 = levels(0.02, 0.02, 0.03, 0.1, 0.8)


def mean_of(*probabilities: float) -> float:
    logits = [math.log(p / (1 - p)) for p in probabilities]
    return 1 / (1 + math.exp(-sum(logits) / len(logits)))


def test_two_series_that_agree_give_the_mean_logit_of_each_disc_and_no_warning():
    answer = combine([series(1, "T1", T1), series(2, "T2", T2)])
    assert [disc.level for disc in answer.discs] == list(LEVELS)
    for disc in answer.discs:
        assert disc.herniation == pytest.approx(mean_of(T1[disc.level], T2[disc.level]), abs=1e-4)
        assert disc.per_series == {"1-x": T1[disc.level], "2-x": T2[disc.level]}
        assert disc.disagreement is None
    assert answer.warnings == []


@pytest.mark.parametrize("sequence", ["T1", "T2", "STIR", "PD", "other", None])
def test_one_series_alone_has_its_own_probabilities_bit_for_bit(sequence):
    said = levels(0.0, 0.123456789, 0.5, 1.0, 0.9999)
    answer = combine([series(1, sequence, said, frame=FRAME)])
    assert {disc.level: disc.herniation for disc in answer.discs} == said
    assert answer.warnings == []


def test_a_study_of_which_nothing_was_read_says_nothing():
    answer = combine([])
    assert (answer.discs, answer.warnings) == ([], [])


def test_a_level_that_one_series_shows_has_that_series_answer():
    lower = levels(*list(T1.values())[1:], of=LEVELS[1:])
    first, *others = combine([series(1, "T1", lower), series(2, "T2", T2)]).discs
    assert (first.level, first.herniation, first.per_series) == ("L1-L2", 0.02, {"2-x": 0.02})
    assert all(len(disc.per_series) == 2 for disc in others)


def test_certain_probabilities_are_joined_too():
    assert combined([("T1", 0.0), ("T2", 1.0)]) == pytest.approx(0.5)
    assert combined([("T1", 0.0), ("T2", 0.0)]) < 1e-3


def test_what_the_model_was_not_measured_on_stands_beside_the_answer_and_does_not_count():
    three = [series(1, "T1", T1), series(2, "T2", T2), series(3, "STIR", levels(*[0.2] * 5))]
    with_stir, without = combine(three), combine(three[:2])
    assert [disc.herniation for disc in with_stir.discs] == [
        disc.herniation for disc in without.discs
    ]
    assert all(disc.per_series["3-x"] == 0.2 for disc in with_stir.discs)
    both = [series(1, "STIR", T1), series(2, "PD", T2)]
    assert by_level(combine(both).discs)["L5-S1"].herniation == pytest.approx(
        mean_of(0.5, 0.8), abs=1e-4
    )


def test_series_disagree_where_their_answers_differ_and_a_sure_one_is_a_warning():
    doubtful = levels(0.01, 0.01, 0.01, 0.3, 0.01)
    sure = levels(0.01, 0.01, 0.01, 0.2, 0.7)
    answer = combine([series(1, "T1", doubtful), series(2, "T2", sure)])
    found = by_level(answer.discs)
    assert found["L4-L5"].disagreement == (
        "The series disagree about herniation: 30% by series 1 (T1) and 20% by series 2 (T2)."
    )
    assert found["L5-S1"].disagreement
    assert found["L1-L2"].disagreement is None
    assert answer.warnings == ["The series disagree about herniation at L5-S1."]


def test_the_answer_of_a_series_is_by_the_threshold_of_its_own_model():
    other = replace(series(2, "T2", T1), threshold=0.6)
    answer = combine([series(1, "T1", T1), other])
    assert by_level(answer.discs)["L5-S1"].disagreement
    assert by_level(answer.discs)["L4-L5"].disagreement is None


def test_a_series_without_a_number_is_called_by_its_sequence_alone():
    assert [series(number, "T2", T2).label for number in (0, 3)] == [
        "a series (T2)",
        "series 3 (T2)",
    ]


def test_discs_of_one_place_are_one_disc_whatever_the_series_call_it():
    """T1 is cut off above the sacrum: it calls L5-S1 what T2, which sees one more, calls L4-L5."""
    t1 = series(1, "T1", T1, frame=FRAME, lowest=1)
    t2 = series(2, "T2", T2, frame=FRAME, moved_mm=4)
    answer = combine([t1, t2])
    found = by_level(answer.discs)
    assert found["L4-L5"].per_series == {"1-x": T1["L5-S1"], "2-x": T2["L4-L5"]}
    assert found["L4-L5"].herniation == pytest.approx(mean_of(0.5, 0.1), abs=1e-4)
    assert found["L5-S1"].per_series == {"2-x": T2["L5-S1"]}
    assert found["L1-L2"].disagreement == "It is L2-L3 by series 1 (T1)."
    names, about_herniation = answer.warnings
    assert names == (
        "By their place in the patient, series 1 (T1) names discs otherwise than series 2 (T2): "
        "its L5-S1 is L4-L5 there, its L4-L5 is L3-L4 there, its L3-L4 is L2-L3 there and its "
        "L2-L3 is L1-L2 there. The names of series 2 (T2) are taken; check the levels. What "
        "series 1 (T1) calls L1-L2 is left out."
    )
    assert about_herniation == "The series disagree about herniation at L4-L5."


def test_discs_of_one_place_and_one_name_give_no_warning_though_the_patient_moved_a_little():
    answer = combine(
        [series(1, "T1", T1, frame=FRAME), series(2, "T2", T2, frame=FRAME, moved_mm=9)]
    )
    assert answer.warnings == []


def test_most_series_decide_the_names():
    odd_one = series(1, "T2", T2, frame=FRAME)
    others = [
        series(2, "T1", T1, frame=FRAME, lowest=1),
        series(3, "STIR", T1, frame=FRAME, lowest=1),
    ]
    answer = combine([odd_one, *others])
    found = by_level(answer.discs)
    assert found["L5-S1"].per_series == {"1-x": T2["L4-L5"], "2-x": 0.5, "3-x": 0.5}
    assert found["L1-L2"].per_series == {"2-x": 0.01, "3-x": 0.01}
    assert "series 1 (T2) names discs otherwise than series 2 (T1)" in answer.warnings[0]
    assert "What series 1 (T2) calls L5-S1 is left out." in answer.warnings[0]


def test_a_series_without_one_disc_in_between_is_renamed_above_it_only():
    """It missed the disc at L4-L5 and counted on: above, its names are one too low."""
    missed = levels(0.01, 0.02, 0.03, 0.4, of=LEVELS[1:])
    other = series(1, "T1", missed, frame=FRAME)
    lowest, *above = other.discs
    higher = series(1, "T1", levels(0.01, 0.02, 0.03, of=LEVELS[1:4]), frame=FRAME, lowest=2)
    assert [disc.level for disc in above] == [disc.level for disc in higher.discs]
    answer = combine(
        [replace(other, discs=(lowest, *higher.discs)), series(2, "T2", T2, frame=FRAME)]
    )
    found = by_level(answer.discs)
    assert found["L5-S1"].per_series == {"1-x": 0.4, "2-x": 0.8}
    assert found["L4-L5"].per_series == {"2-x": 0.1}
    assert found["L3-L4"].per_series == {"1-x": 0.03, "2-x": 0.03}
    assert "left out" not in answer.warnings[0]


def test_a_disc_that_only_the_renamed_series_shows_is_counted_on_from_the_next_one():
    above = series(1, "T1", T1, frame=FRAME, lowest=1)
    below = series(2, "T2", levels(0.02, 0.1, 0.8, of=LEVELS[2:]), frame=FRAME)
    found = by_level(combine([above, below]).discs)
    assert found["L1-L2"].per_series == {"1-x": T1["L2-L3"]}


def test_the_surer_series_names_the_discs_where_nothing_else_decides():
    """Each shows the same places; one calls them all a level higher."""
    high = series(1, "T1", levels(*[0.1] * 4, of=LEVELS[:4]), frame=FRAME, confidence=0.8)
    low = series(2, "T2", levels(*[0.1] * 4, of=LEVELS[1:]), frame=FRAME, confidence=0.9)
    assert [disc.level for disc in combine([high, low]).discs] == list(LEVELS[1:])
    surer = replace(high, discs=tuple(replace(disc, confidence=0.95) for disc in high.discs))
    assert [disc.level for disc in combine([surer, low]).discs] == list(LEVELS[:4])


@pytest.mark.parametrize("frames", [(FRAME, "another"), (FRAME, None), (None, None)])
def test_discs_are_matched_by_name_where_coordinates_can_not_be_compared(frames):
    first = replace(series(1, "T1", T1, frame=FRAME, lowest=1), frame=frames[0])
    second = replace(series(2, "T2", T2, frame=FRAME), frame=frames[1])
    answer = combine([first, second])
    assert all(len(disc.per_series) == 2 for disc in answer.discs)
    assert answer.warnings == []


def test_discs_without_a_centre_are_matched_by_name():
    placed = series(1, "T1", T1, frame=FRAME, lowest=1)
    unplaced = replace(series(2, "T2", T2), frame=FRAME)
    assert combine([placed, unplaced]).warnings == []


def test_a_patient_who_moved_far_between_series_is_matched_by_name_with_a_warning():
    answer = combine(
        [series(1, "T1", T1, frame=FRAME), series(2, "T2", T2, frame=FRAME, moved_mm=17)]
    )
    assert all(len(disc.per_series) == 2 for disc in answer.discs)
    [warning] = answer.warnings
    assert warning.startswith("Discs of one name lie 17 mm apart in series 1 (T1) and series 2")


def test_the_order_of_series_and_of_their_discs_changes_nothing():
    study = [
        series(1, "T2", T2, frame=FRAME),
        series(2, "T1", T1, frame=FRAME, lowest=1),
        series(3, "STIR", T1, frame=FRAME, moved_mm=-3),
        series(4, None, T2),
    ]
    expected = combine(study)
    for order in itertools.permutations(study):
        turned = [replace(each, discs=tuple(reversed(each.discs))) for each in order]
        assert combine(order) == expected
        assert combine(turned) == expected


def test_the_discs_of_stored_predictions_can_be_combined():
    stored = prediction_of("2026-01-01a")
    [disc] = combine([ReadSeries("a", 1, stored.discs, stored.herniation_threshold)]).discs
    assert (disc.level, disc.herniation) == ("L5-S1", 0.8)
    document = disc.to_document()
    assert document["perSeries"] == {"a": 0.8}
    assert "verdict" not in document
