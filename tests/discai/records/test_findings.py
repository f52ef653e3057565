"""Answer and doubt of a model, by the cases that `webapp/src/ui/herniation.test.ts` reads, too."""

import json
from pathlib import Path

import pytest

from discai.records.findings import doubt, is_doubtful, is_herniated
from tests.support.checkout import ROOT

VECTORS = Path(ROOT, "tests", "support", "vectors", "findings.json")
CASES = {case["case"]: case for case in json.loads(VECTORS.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", CASES)
def test_the_answer_and_the_doubt_beside_it_are_those_of_the_case(name):
    case = CASES[name]
    herniation, threshold = case["herniation"], case["threshold"]
    assert is_herniated(herniation, threshold) == case["herniated"]
    assert doubt(herniation, threshold) == pytest.approx(case["doubt"], abs=1e-6)
    assert is_doubtful(herniation, threshold) == case["doubtful"]
