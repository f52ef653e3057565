"""The product's quantities are compared with those of reference outlines, disc by disc."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from discai.errors import PermanentError
from discai.predictor import Predictor
from discai.reading import Reading
from discai.segmentation.signature import CHANNELS
from pipeline.data.examples import Volume
from pipeline.data.scans import volume_scan
from pipeline.evaluation.agreement import Agreement, agreement_results, table_of
from pipeline.evaluation.cases import Case
from tests.support.drawn_spines import DrawnSpine, maps_of
from tests.support.predictors import classify_by_level, manifest
from tests.support.spines import GREY, see

SPACING_MM = (6.0, 0.65, 0.65)
DRAWN = DrawnSpine(discs=6, wedge_deg=5, tilt_deg=15)


@cache
def case_of(patient: int, drawn: DrawnSpine = DRAWN) -> Case:
    """A volume with its outlines."""
    maps = maps_of(drawn, SPACING_MM)
    grey = np.zeros(maps.shape[:3], np.float32)
    for name in ("canal", "vertebra", "disc", "l5s1_disc"):
        grey[maps[..., CHANNELS.index(name)] > 0] = GREY[name]
    masks = {name: maps[..., CHANNELS.index(name)] > 0 for name in ("disc", "vertebra", "canal")}
    name = f"volume {patient}"
    scan = volume_scan(Volume(name, patient, grey, masks, SPACING_MM))
    return Case(name, patient, "volume", "t2_SPACE", "", scan, masks)


@cache
def reading_of(patient: int, drawn: DrawnSpine = DRAWN) -> Reading:
    predictor = Predictor(manifest(), "sha256:0", see, classify_by_level, "cpu")
    return predictor.read(case_of(patient, drawn).scan)


def by_name(results: list[Agreement]) -> dict[str, Agreement]:
    return {result.quantity: result for result in results}


def test_a_reading_of_the_very_outlines_agrees():
    results = by_name(agreement_results([case_of(1)], [reading_of(1)]))
    heights = results["middle_height_mm"]
    assert [pair.level for pair in heights.pairs] == [disc.level for disc in reading_of(1).discs]
    for name in ("middle_height_mm", "canal_depth_mm", "bulge_mm", "slip_mm"):
        assert results[name].bias.value == pytest.approx(0, abs=0.1), name
        assert results[name].error.value == pytest.approx(0, abs=0.1), name
    assert (heights.only_read, heights.only_reference) == (0, 0)
    assert len(results["slip_mm"].pairs) == 4  # none on the sacrum


def test_discs_that_are_read_too_high_are_a_bias():
    taller = reading_of(2, replace(DRAWN, height_mm=12))
    cases = [case_of(1), case_of(2)]
    results = by_name(agreement_results(cases, [reading_of(1), taller]))
    height = results["middle_height_mm"]
    differences = {pair.patient: pair.read - pair.reference for pair in height.pairs}
    assert differences[1] == pytest.approx(0, abs=0.02)
    assert differences[2] == pytest.approx(2, abs=0.4)
    assert height.bias.value == pytest.approx(1, abs=0.2)
    assert height.bias.patients == 2
    assert height.high.value > height.bias.value > height.low.value
    assert len(results["lordosis_deg"].pairs) == 2


def test_what_only_one_of_the_two_measured_is_counted():
    case = case_of(1)
    blind = replace(case, masks={**case.masks, "canal": np.zeros_like(case.masks["canal"])})
    results = agreement_results([case, blind], [reading_of(1), reading_of(1)])
    assert by_name(results)["canal_depth_mm"].only_read == 5
    assert by_name(results)["canal_depth_mm"].only_reference == 0


def test_refused_scans_and_those_without_all_outlines_have_none():
    part = replace(case_of(1), masks={"disc": case_of(1).masks["disc"]})
    refused = PermanentError("no-discs", "No disc was found.")
    assert agreement_results([part, case_of(1)], [reading_of(1), refused]) == []


def test_the_table_has_a_row_for_each_quantity():
    results = agreement_results([case_of(1)], [reading_of(1)])
    lines = table_of(results).markdown().splitlines()
    assert len(lines) == 2 + len(results)
    assert lines[2].startswith(f"| {results[0].quantity} | ")
