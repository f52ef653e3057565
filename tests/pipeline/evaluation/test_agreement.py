"""The product's quantities are compared with those of reference outlines, disc by disc."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from discai.errors import PermanentError
from discai.predictor import Predictor
from discai.reading import Reading
from discai.segmentation.signature import CHANNELS
from pipeline.data.conventions import GAP, TOUCHING
from pipeline.data.examples import Volume
from pipeline.data.scans import volume_scan
from pipeline.evaluation.cases import Case
from pipeline.evaluation.figures.agreement import (
    HEIGHTS,
    Agreement,
    Pair,
    agreement_results,
    height_error,
)
from pipeline.evaluation.report.plots import quantity_plot
from pipeline.evaluation.report.quantity_table import quantity_table
from pipeline.evaluation.report.tables import target_table
from tests.support.drawn_spines import DrawnSpine, maps_of
from tests.support.pipeline.evaluations import evaluation
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


def test_references_that_touch_the_bone_are_a_group_of_their_own():
    touching, read = case_of(1), reading_of(1)
    # The same spine by a reader who leaves the endplates out.
    thinner = np.stack(
        [cv2.erode(page.astype(np.uint8), np.ones((5, 1))) for page in touching.masks["disc"]]
    )
    gap = replace(
        touching, name="volume 2", patient=2, masks={**touching.masks, "disc": thinner > 0}
    )
    results = agreement_results([touching, gap], [read, read])
    height = {r.group: r for r in results if r.quantity == "middle_height_mm"}
    assert set(height) == {"all", TOUCHING, GAP}
    assert height[TOUCHING].bias.value == pytest.approx(0, abs=0.1)
    assert height[GAP].bias.value == pytest.approx(4 * 0.65, abs=0.3)
    assert {(pair.patient, pair.group) for pair in height["all"].pairs} == {(1, TOUCHING), (2, GAP)}
    assert height[GAP].pairs == []
    assert [r.group for r in results if r.quantity == "lordosis_deg"] == ["all"]


def test_the_error_of_heights_is_that_of_all_three():
    pairs = [
        Pair(patient=1, level="L4-L5", group="", reference=8, read=8 + off)
        for off in (0.1, -0.4, 0.6)
    ]
    assert height_error(pairs).value == pytest.approx(0.4)
    middle = by_name(agreement_results([case_of(1)], [reading_of(1)]))["middle_height_mm"]
    record = evaluation(
        agreement=[
            middle.model_copy(update={"quantity": name, "pairs": [pair]})
            for name, pair in zip(HEIGHTS, pairs, strict=True)
        ]
    )
    assert record.height_error().value == pytest.approx(0.4)
    assert record.height_error(GAP) is None
    rows = {row[0]: row for row in target_table(record).rows}
    words = "median error of disc heights in mm, T2-SPACE volumes"
    assert rows[words][1:3] == ("≤ 0.5", "-")
    assert rows[words][-1] == "✓ reached"


def test_the_table_has_a_row_for_each_quantity():
    results = agreement_results([case_of(1)], [reading_of(1)])
    rows = quantity_table(evaluation(agreement=results)).rows
    assert len(rows) == len(results)
    assert rows[0][:2] == ("anterior height, mm", "all")
    assert {row[0] for row in rows} >= {"slip, %", "length ratio"}


def test_the_plot_has_a_dot_for_each_disc():
    results = agreement_results([case_of(1)], [reading_of(1)])
    svg = quantity_plot(evaluation(agreement=results))
    assert "middle height, mm (n = 5)" in svg
    assert "slip, mm (n = 4)" in svg
