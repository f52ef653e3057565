"""Which labels a browser may save: reviewers' own, valid ones, and never a second time."""

import math
from typing import Any, get_args

import pytest

from discai.anatomy import LEVELS
from discai.records.scans import LABEL_MAX_BOXES, LABEL_MAX_BOXES_GRADED, LABEL_MAX_SLICES, Judged
from tests.support.browser_firestore import SERVER_TIME, value
from tests.support.infrastructure.people import OWN_EMAIL, PEOPLE

BOX: dict[str, Any] = {
    "x": 10.5,
    "y": 0,
    "width": 30,
    "height": 0.25,
    "level": "L4-L5",
    "herniation": True,
    "judged": "changed",
}
#: As pages of before save it.
BARE_BOX = {key: value for key, value in BOX.items() if key != "judged"}
LABEL: dict[str, Any] = {
    "kind": "correction",
    "slices": {"8": [BOX, BOX | {"level": "L5-S1", "herniation": False}], "11": []},
    "author": "uid",
    "authorEmail": OWN_EMAIL,
    "modelVersion": "m1",
}


@pytest.mark.parametrize("person", PEOPLE)
def test_reviewers_and_admins_save_labels_and_nobody_else(browser_of, person):
    assert browser_of(person).may_save(LABEL) == (person in ("reviewer", "admin"))


def boxes(count: int, per_slice: int, box: dict[str, Any] = BOX) -> dict:
    """A label's slices with that many boxes in all."""
    numbers = range(math.ceil(count / per_slice))
    return {str(number): [box] * min(per_slice, count - number * per_slice) for number in numbers}


GRADINGS: dict[str, Any] = {
    "pfirrmann": 4,
    "narrowing": True,
    "bulging": False,
    "spondylolisthesis": False,
    "modic": True,
}


VALID: dict[str, dict[str, Any]] = {
    "an acceptance": {"kind": "acceptance"},
    "a disc removed": {"slices": {"8": []}},
    "the first slice": {"slices": {"0": [BOX]}},
    "at the border": {"slices": {"8": [BOX | {"x": 0, "y": 0.0}]}},
    "whole pixels": {"slices": {"8": [BOX | {"x": 1, "y": 2, "width": 3, "height": 4}]}},
    "many digits": {"slices": {"8": [BOX | {"x": 100 / 3, "width": 1 / 3}]}},
    "as many boxes as fit on few slices": {"slices": boxes(LABEL_MAX_BOXES, 6)},
    "as many boxes as fit on many slices": {
        "slices": boxes(LABEL_MAX_BOXES, LABEL_MAX_BOXES // LABEL_MAX_SLICES)
    },
    "every way to judge": {
        "slices": {"8": [BOX | {"judged": how} for how in get_args(Judged)], "9": [BOX]}
    },
    "boxes of a page of before": {"slices": {"8": [BARE_BOX, BARE_BOX], "9": []}},
    "as many of them as fit": {
        "slices": boxes(LABEL_MAX_BOXES, LABEL_MAX_BOXES // LABEL_MAX_SLICES, BARE_BOX)
    },
    "as many slices as fit": {"slices": {str(n): [] for n in range(LABEL_MAX_SLICES)}},
    "one grading": {"gradings": {"L4-L5": {"bulging": False}}},
    "the lowest grade and the highest": {
        "gradings": {"L4-L5": {"pfirrmann": 1}, "L5-S1": {"pfirrmann": 5, "modic": False}}
    },
    "all gradings of one disc": {"gradings": {"L1-L2": GRADINGS}},
    "all gradings of all discs, on as many boxes as fit beside them": {
        "slices": boxes(LABEL_MAX_BOXES_GRADED, 3) | {"98": [], "99": []},
        "gradings": dict.fromkeys(LEVELS, GRADINGS),
    },
}


@pytest.mark.parametrize("case", VALID)
def test_a_valid_label_is_saved(browser_of, case):
    assert browser_of().may_save(LABEL | VALID[case])


INVALID: dict[str, dict[str, Any]] = {
    "another's uid": {"author": "somebody"},
    "another's address": {"authorEmail": "other@clinic.org"},
    "another kind": {"kind": "guess"},
    "one field more": {"used": True},
    "a model that read nothing here": {"modelVersion": "m2"},
    "a path for a model": {"modelVersion": "m1/labels/l1"},
    "no text for a model": {"modelVersion": 1},
    "no slices": {"slices": {}},
    "slices that are a list": {"slices": [7]},
    "slices that are a text": {"slices": "8"},
    "a slice that is no list": {"slices": {"8": BOX}},
    "a slice that is a text": {"slices": {"8": "abcdef"}},
    "a slice that is nothing": {"slices": {"8": None}},
    "a slice of no number": {"slices": {"key": [BOX]}},
    "a slice of a padded number": {"slices": {"08": [BOX]}},
    "a slice below zero": {"slices": {"-1": [BOX]}},
    "a slice of two numbers": {"slices": {"8 9": [BOX]}},
    "a slice of a blank": {"slices": {" ": [BOX]}},
    "one slice too many": {"slices": {str(n): [] for n in range(LABEL_MAX_SLICES + 1)}},
    "one box too many": {"slices": boxes(LABEL_MAX_BOXES + 1, 7)},
    "a thousand boxes": {"slices": {"8": [BOX] * 1000}},
    "a megabyte": {"slices": {"8": [BOX | {"level": "L" * 1_000_000}]}},
    "gradings that are nothing": {"gradings": None},
    "gradings that are a list": {"gradings": [GRADINGS]},
    "gradings of no disc": {"gradings": {}},
    "gradings of another level": {"gradings": {"T12-L1": GRADINGS}},
    "gradings of a disc that are none": {"gradings": {"L4-L5": {}}},
    "gradings of a disc that are nothing": {"gradings": {"L4-L5": None}},
    "gradings of a disc that are a truth": {"gradings": {"L4-L5": True}},
}
BAD_GRADINGS: dict[str, dict[str, Any]] = {
    "a grade below the lowest": {"pfirrmann": 0},
    "a grade above the highest": {"pfirrmann": 6},
    "half a grade": {"pfirrmann": 2.5},
    "a grade as a text": {"pfirrmann": "4"},
    "a truth for a grade": {"pfirrmann": True},
    "nothing for a grade": {"pfirrmann": None},
    "no number": {"pfirrmann": math.nan},
    "a finding as a number": {"narrowing": 1},
    "a finding as the number of the grade": {"pfirrmann": 1, "narrowing": 1},
    "a finding as a text": {"bulging": "true"},
    "a finding unsaid": {"spondylolisthesis": None},
    "a type for a truth": {"modic": 2},
    "one grading more": {"note": "x"},
}
BAD_BOXES: dict[str, dict[str, Any]] = {
    "another level": {"level": "T12-L1"},
    "a level with more behind it": {"level": "L4-L5 "},
    "two levels": {"level": "L4-L5 -1 -1 -1 -1 L4-L5"},
    "a class instead of a level": {"level": 7},
    "LDH as a text": {"herniation": "true"},
    "LDH as a number": {"herniation": 1},
    "LDH unsaid": {"herniation": None},
    "left of the slice": {"x": -1},
    "a little above the slice": {"y": -0.01},
    "far outside": {"x": 10_000},
    "a text for a number": {"x": "10"},
    "nothing for a number": {"x": None},
    "a truth for a number": {"x": True},
    "a list for a number": {"x": [1]},
    "no number": {"x": math.nan},
    "endless": {"width": math.inf},
    "flat": {"height": 0},
    "flat in decimals": {"height": 0.0},
    "turned over": {"width": -30},
    "one field more": {"note": "x"},
    "judged in another way": {"judged": "guessed"},
    "judged by nothing": {"judged": None},
    "judged by a truth": {"judged": True},
    "judged with a level behind it": {"judged": "unseen L4-L5"},
}


@pytest.mark.parametrize("case", INVALID)
def test_an_invalid_label_is_refused(browser_of, case):
    assert not browser_of().may_save(LABEL | INVALID[case])


@pytest.mark.parametrize("place", [0, 5, 6, LABEL_MAX_BOXES - 1])
def test_an_invalid_box_is_refused_wherever_it_is(browser_of, place):
    browser = browser_of()
    wrong: dict[str, Any] = {name: BOX | change for name, change in BAD_BOXES.items()}
    wrong |= {f"without {key}": {k: v for k, v in BOX.items() if k != key} for key in BOX}
    wrong["no box"] = 7
    for name, box in wrong.items():
        # Alone, a box that doesn't say how it was judged is one of before.
        found = [BOX] * place + [box] + [BOX] * (name == "without judged" and place == 0)
        label = LABEL | {"slices": {str(n): found[n::4] for n in range(4)}}
        assert not browser.may_save(label), name


@pytest.mark.parametrize("level", LEVELS)
def test_an_invalid_grading_is_refused_of_whichever_disc(browser_of, level):
    browser = browser_of()
    for name, wrong in BAD_GRADINGS.items():
        graded = dict.fromkeys(LEVELS, GRADINGS) | {level: GRADINGS | wrong}
        assert not browser.may_save(LABEL | {"gradings": graded}), name
        assert not browser.may_save(LABEL | {"gradings": {level: wrong}}), name


@pytest.mark.parametrize("field", [*LABEL, "createdAt"])
def test_a_label_without_one_of_its_fields_is_refused(browser_of, field):
    fields = {key: item for key, item in LABEL.items() if key != field}
    created = None if field == "createdAt" else SERVER_TIME
    assert not browser_of().may_save(fields, created=created)


@pytest.mark.parametrize(
    "created", ["2026-01-01T00:00:00Z", "2999-01-01T00:00:00Z"], ids=["past", "future"]
)
def test_the_time_of_a_label_is_the_servers(browser_of, created):
    assert not browser_of().may_save(LABEL, created={"timestampValue": created})


@pytest.mark.parametrize("label", ["a.b", "x" * 65, "ü"])
def test_the_id_of_a_label_is_short_and_plain(browser_of, label):
    assert not browser_of().may_save(LABEL, label=label)


@pytest.mark.parametrize("scan", ["s2", "nowhere"])
def test_a_scan_that_nobody_read_can_not_be_labelled(browser_of, scan):
    assert not browser_of().may_save(LABEL, scan=scan)


@pytest.mark.parametrize("person", ["reviewer", "admin"])
def test_a_saved_label_is_there_for_good(browser_of, person):
    browser = browser_of(person)
    assert browser.may_save(LABEL, label="mine")
    name = f"{browser.database}/documents/scans/s1/labels/mine"
    again = browser.label(LABEL | {"kind": "acceptance"}, label="mine")
    del again["currentDocument"]
    assert not browser.may_write(again)
    changed = {"name": name, "fields": {"kind": value("acceptance")}}
    assert not browser.may_write({"update": changed, "updateMask": {"fieldPaths": ["kind"]}})
    assert not browser.may_write({"delete": name})


def test_a_label_carries_nothing_else_along(browser_of):
    browser = browser_of()
    scan = {"name": f"{browser.database}/documents/scans/s1", "fields": {"labelCount": value(99)}}
    stamp = {"update": scan, "updateMask": {"fieldPaths": ["labelCount"]}}
    assert not browser.may_write(browser.label(LABEL), stamp)


def test_a_large_save_goes_through_in_parts_at_once(browser_of):
    browser = browser_of()
    full = LABEL | {"slices": boxes(LABEL_MAX_BOXES, 6)}
    assert browser.may_write(*[browser.label(full) for _ in range(5)])


def test_a_save_for_several_series_of_a_study_goes_through_at_once_or_not_at_all(cloud, browser_of):
    browser = browser_of()
    series = [f"series-{number}" for number in range(4)]
    for scan in series:
        for path in (f"scans/{scan}", f"scans/{scan}/predictions/m1"):
            cloud.firestore.document(path).set({"status": "done"})
    full = LABEL | {"slices": boxes(LABEL_MAX_BOXES, 6)}
    assert not browser.may_write(
        *[browser.label(full, scan=scan, label="one") for scan in [*series, "s2"]]
    )
    assert browser.may_write(*[browser.label(full, scan=scan, label="one") for scan in series])
