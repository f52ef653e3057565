"""What the worklist sorts and finds scans by."""

import json

import pytest

from discai.records.worklist import LONGEST_TERM, folded, search_terms, uncertainty
from tests.support.checkout import ROOT

NAMES = json.loads((ROOT / "tests/support/vectors/names.json").read_text("utf-8"))


def test_a_scan_is_found_by_the_beginning_of_any_word():
    terms = search_terms("abcdefghijklmnopqrstuvwxyz", "Case-0142.mha", "rad@hospital.org")
    for typed in ("ca", "case", "0142", "142", "mha", "rad", "hosp", "abcdefghijklmno"):
        assert typed in terms
    assert "ase" not in terms
    assert max(map(len, terms)) == LONGEST_TERM


@pytest.mark.parametrize("case", NAMES, ids=lambda case: case["name"])
def test_names_of_every_script_are_found_by_the_beginning_of_their_words(case):
    terms = search_terms(case["name"])  # webapp/src/features/worklist/view.test.ts types the same
    assert set(case["found"].values()) <= set(terms)
    assert not {folded(typed) for typed in case["missed"]} & set(terms)


def test_the_least_sure_disc_makes_a_scan_uncertain():
    assert uncertainty([0.25], 0.25) == 1
    assert uncertainty([0.0, 1.0], 0.25) == 0
    assert uncertainty([0.05, 0.15], 0.25) == pytest.approx(0.6)
    assert uncertainty([0.7], 0.25) == pytest.approx(0.4)


def test_a_scan_without_discs_is_uncertain():
    assert uncertainty([], 0.25) == 1


def test_a_threshold_at_the_end_leaves_no_other_side():
    assert uncertainty([1.0], 1.0) == 1
    assert uncertainty([0.2], 0.0) == pytest.approx(0.8)
