"""Which distances a browser may save and remove: reviewers' own, and valid ones."""

import math
from typing import Any

import pytest

from tests.support.browser_firestore import SERVER_TIME, Browser
from tests.support.infrastructure.people import OWN_EMAIL, PEOPLE

POINT: dict[str, Any] = {"x": 10.5, "y": 0}
DISTANCE: dict[str, Any] = {
    "kind": "distance",
    "slice": 8,
    "start": POINT,
    "end": {"x": 40, "y": 9999.5},
    "author": "uid",
    "authorEmail": OWN_EMAIL,
    "modelVersion": "m1",
}


def may_save(browser: Browser, fields: dict[str, Any], **where: Any) -> bool:
    return browser.may_write(browser.annotation(fields, **where))


@pytest.mark.parametrize("person", PEOPLE)
def test_reviewers_and_admins_save_distances_and_nobody_else(browser_of, person):
    assert may_save(browser_of(person), DISTANCE) == (person in ("reviewer", "admin"))


WRONG: dict[str, dict[str, Any]] = {
    "another's uid": {"author": "somebody"},
    "another's address": {"authorEmail": "other@clinic.org"},
    "another kind": {"kind": "angle"},
    "one field more": {"note": "x"},
    "a model that read nothing here": {"modelVersion": "m2"},
    "a path for a model": {"modelVersion": "m1/labels/l1"},
    "a slice below zero": {"slice": -1},
    "half a slice": {"slice": 7.5},
    "a slice beyond all": {"slice": 10_000},
    "a text for a slice": {"slice": "8"},
    "no point": {"start": None},
    "a point that is a list": {"end": [1, 2]},
    "a point of one number": {"end": {"x": 1}},
    "a point of three": {"end": POINT | {"z": 1}},
    "a point outside": {"end": POINT | {"x": -0.1}},
    "a point far outside": {"end": POINT | {"y": 10_000}},
    "a text for a number": {"start": POINT | {"x": "1"}},
    "no number": {"start": POINT | {"x": math.nan}},
    "endless": {"start": POINT | {"y": math.inf}},
}


@pytest.mark.parametrize("case", WRONG)
def test_an_invalid_distance_is_refused(browser_of, case):
    assert not may_save(browser_of(), DISTANCE | WRONG[case])


@pytest.mark.parametrize("field", [*DISTANCE, "createdAt"])
def test_a_distance_without_one_of_its_fields_is_refused(browser_of, field):
    fields = {key: item for key, item in DISTANCE.items() if key != field}
    created = None if field == "createdAt" else SERVER_TIME
    assert not may_save(browser_of(), fields, created=created)


def test_a_distance_needs_a_reading_the_servers_time_and_a_plain_id(browser_of):
    browser = browser_of()
    assert not may_save(browser, DISTANCE, scan="s2")
    assert not may_save(browser, DISTANCE, created={"timestampValue": "2026-01-01T00:00:00Z"})
    assert not may_save(browser, DISTANCE, document="a.b")


def test_a_distance_is_removed_by_who_measured_it_and_never_changed(browser_of, cloud):
    browser = browser_of()
    assert may_save(browser, DISTANCE, document="mine")
    again = browser.annotation(DISTANCE | {"slice": 9}, document="mine")
    del again["currentDocument"]
    assert not browser.may_write(again)
    others = cloud.firestore.document("scans/s1/annotations/others")
    others.set(DISTANCE | {"author": "somebody"})
    folder = f"{browser.database}/documents/scans/s1/annotations"
    assert not browser.may_write({"delete": f"{folder}/others"})
    assert browser.may_write({"delete": f"{folder}/mine"})
    assert not browser_of("unverified").may_write({"delete": f"{folder}/others"})
