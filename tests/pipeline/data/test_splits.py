"""Patients told apart: whatever is of one of them is on one side of a split."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.data.splits import Part, divide

START = datetime(2026, 1, 1, tzinfo=UTC)
#: Ten patients of two studies each, the later ones corrected later.
STUDIES = {
    f"{patient}{study}": {f"patient {patient}", f"study {patient}{study}"}
    for patient in "abcdefghij"
    for study in (1, 2)
}


def divided(
    keys: dict[str, set[str]],
    *,
    only_accepted: frozenset[str] = frozenset(),
    pixels: dict[str, str] | None = None,
    frozen: frozenset[str] = frozenset(),
) -> dict[str, Part]:
    """Scans that were labelled in the order of their names, each with pixels of its own."""
    labelled = {scan: START + timedelta(minutes=i) for i, scan in enumerate(sorted(keys))}
    corrected = {scan: at for scan, at in labelled.items() if scan not in only_accepted}
    own = {scan: f"{number:012x}" for number, scan in enumerate(keys)}
    return divide(keys, corrected, {**own, **(pixels or {})}, frozen)


def test_two_studies_of_one_patient_are_one_patient_on_one_side():
    parts = divided(STUDIES)
    assert len({part.patient for part in parts.values()}) == 10
    for patient in "abcdefghij":
        assert len({parts[f"{patient}{study}"] for study in (1, 2)}) == 1
    assert {scan for scan, part in parts.items() if part.use == "held-out"} == {
        *("i1", "i2"),
        *("j1", "j2"),
    }


def test_what_else_is_of_a_patient_who_is_held_out_does_not_train():
    parts = divided(STUDIES, only_accepted=frozenset({"j1"}))
    assert (parts["j1"].use, parts["j2"].use) == ("patient-kept-back", "held-out")
    assert parts["j1"].patient == parts["j2"].patient


def test_series_of_one_study_are_one_patient_where_nobody_is_named():
    keys = {"t1": {"study"}, "t2": {"study"}, "other": set(), "alone": set()}
    parts = divided(keys)
    assert parts["t1"].patient == parts["t2"].patient
    assert len({part.patient for part in parts.values()}) == 3


def test_a_copy_under_another_name_joins_two_patients():
    keys = {**STUDIES, "x": {"patient x"}, "y": {"patient x", "study y"}}
    parts = divided(keys, pixels={"x": f"{0:012x}"})  # the pixels of a1
    assert len({parts[scan].patient for scan in ("x", "y", "a1", "a2")}) == 1
    parts = divided(keys, pixels={"x": f"{0:012x}"}, frozen=frozenset({f"{0:012x}"}))
    assert {parts[scan].use for scan in ("x", "y", "a1", "a2")} == {"evaluation-set"}


@pytest.mark.parametrize("seed", range(20))
def test_no_patient_is_on_both_sides_however_keys_and_copies_lie(seed):
    chance = random.Random(seed)
    marks = [f"mark {number}" for number in range(25)]
    keys = {f"{n:02d}": set(chance.sample(marks, chance.randint(0, 2))) for n in range(40)}
    pixels = {scan: f"{chance.randrange(30):012x}" for scan in keys}
    accepted = frozenset(chance.sample(sorted(keys), 15))
    parts = divided(keys, only_accepted=accepted, pixels=pixels, frozen=frozenset({pixels["00"]}))
    sides: dict[str, set[str]] = {}
    for scan, part in parts.items():
        if part.use in ("train", "held-out"):
            for mark in {*keys[scan], pixels[scan]}:
                sides.setdefault(mark, set()).add(part.use)
    assert all(len(uses) == 1 for uses in sides.values())
    assert {part.use for part in parts.values()} >= {"train", "evaluation-set"}
