"""A reading gives the reason for each probability, and draws it where it lies."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from discai.anatomy import disc_value
from discai.herniation.back_walls import DiscOnSlices
from discai.herniation.crops import Crop, crop_discs
from discai.herniation.shape import measure_shape
from discai.pictures.output import prediction_json
from discai.pictures.quantities import discs_csv
from discai.predictor import Predictor
from discai.reading import BackWalls, DiscReading, Reading
from discai.records.scans import Box, Disc
from discai.scan import Scan
from discai.segmentation.signature import CHANNELS
from discai.spine.outline import outline_spine
from discai.spine.painting import paint
from tests.support.drawn_spines import DrawnSpine, Protrusion, maps_of
from tests.support.predictors import manifest
from tests.support.spines import GREY, as_scan, see

SPACING_MM = (4.0, 0.65, 0.65)
HERNIATED = DrawnSpine(discs=6, tilt_deg=15, protrusion=Protrusion(5))


def classify(crops: Sequence[Crop], levels: Sequence[str]) -> NDArray[np.float32]:
    """A herniation network that judges by the tissue behind the back walls."""
    return np.array([measure_shape(each).behind_wall_mm2 / 4 - 3 for each in crops], np.float32)


@cache
def drawing(drawn: DrawnSpine) -> NDArray[np.float32]:
    maps = maps_of(drawn, SPACING_MM)
    grey = np.zeros(maps.shape[:3], np.float32)
    for name in ("canal", "vertebra", "disc", "l5s1_disc"):
        grey[maps[..., CHANNELS.index(name)] > 0] = GREY[name]
    return grey


def read(scan: Scan) -> Reading:
    return Predictor(manifest(), "sha256:0", see, classify, "cpu").read(scan)


@cache
def reading_of(drawn: DrawnSpine) -> Reading:
    return read(as_scan(drawing(drawn), SPACING_MM))


def l4_l5(reading: Reading) -> DiscReading:
    return reading.discs[3]


def test_without_its_protrusion_a_disc_has_another_number_and_another_sentence():
    herniated = l4_l5(reading_of(HERNIATED))
    flat = l4_l5(reading_of(replace(HERNIATED, protrusion=None)))
    assert herniated.herniation > 0.8
    assert flat.herniation < 0.1
    [cause, *_] = [each for each in herniated.reason.causes if each.name == "protrusion"]
    assert cause.without == pytest.approx(flat.herniation, abs=0.05)
    assert f"{cause.without:.2f} instead of {herniated.herniation:.2f}" in herniated.reason.text
    assert f"{herniated.quantities.bulge_mm:.1f} mm behind the back walls" in herniated.reason.text
    assert flat.reason.causes == []
    assert flat.reason.text.startswith("Neither tissue behind the back walls nor")


def test_discs_beside_a_herniated_one_have_no_cause():
    reading = reading_of(HERNIATED)
    assert [bool(disc.reason.causes) for disc in reading.discs] == [0, 0, 0, 1, 0]


def test_tissue_is_drawn_as_far_behind_the_line_as_was_measured():
    disc = l4_l5(reading_of(HERNIATED))
    drawn = {each.slice: each for each in disc.reason.back_walls}
    [behind_mm] = behind_the_line(drawn[disc.quantities.bulge_slice])
    assert behind_mm.min() > -0.65
    assert behind_mm.max() == pytest.approx(disc.quantities.bulge_mm, abs=0.65)


def test_of_a_flat_disc_no_more_than_an_edge_lies_behind_the_line():
    disc = l4_l5(reading_of(replace(HERNIATED, protrusion=None)))
    assert disc.reason.back_walls
    for here in disc.reason.back_walls:
        assert all(behind_mm.max() < 0.65 for behind_mm in behind_the_line(here))


def behind_the_line(here: BackWalls) -> list[NDArray[np.float64]]:
    """The distance of each point of each piece, in mm."""
    x0, y0, x1, y1 = here.line
    across = np.array([y1 - y0, x0 - x1]) / np.hypot(x1 - x0, y1 - y0)
    pieces = [np.array(piece.points).reshape(-1, 2) for piece in here.tissue]
    return [(points - (x0, y0)) @ across * SPACING_MM[1] for points in pieces]


def test_without_spacing_there_are_ratios_alone():
    page = drawing(HERNIATED)[len(drawing(HERNIATED)) // 2][None]
    disc = l4_l5(read(as_scan(page, None)))
    assert {each.name for each in disc.reason.measured} == {"height_index"}
    assert " mm" not in disc.reason.text
    assert "instead of" in disc.reason.text
    assert disc.reason.back_walls[0].tissue


@pytest.mark.parametrize("flips", [(), (1,), (2,), (0, 1, 2)])
def test_points_lie_on_the_picture_as_it_was_before_it_was_turned(flips):
    scan = as_scan(drawing(HERNIATED), SPACING_MM)
    outline = outline_spine(scan, see, manifest().thresholds, lambda done, total: None)
    upright = paint(outline.spine, outline.probabilities, outline.grid, manifest().thresholds)
    number = outline.spine.chain.levels.index("L4-L5") + 1
    [disc] = [
        each
        for each in crop_discs(outline.images, outline.probabilities, outline.spine)
        if each.number == number
    ]
    turned = DiscOnSlices(replace(outline, flips=flips), number, disc.crops, {})
    painted = np.flip(upright, flips) == disc_value("L4-L5")
    drawn = turned.drawn(upright, [])
    assert any(each.tissue for each in drawn)
    for each in drawn:
        for piece in each.tissue:
            columns, rows = np.array(piece.points).reshape(-1, 2).T.astype(int)
            assert painted[each.slice, rows, columns].all()


def test_table_and_json_say_what_the_reading_says():
    reading = reading_of(HERNIATED)
    scan = as_scan(drawing(HERNIATED), SPACING_MM)
    said = [disc["reason"] for disc in prediction_json(scan, reading)["discs"]]
    rows = csv.DictReader(io.StringIO(discs_csv("case", scan, reading)))
    texts = [disc.reason.text for disc in reading.discs]
    assert [row["reason"] for row in rows] == texts == [each["text"] for each in said]
    [cause, *_] = said[3]["causes"]
    assert f"{cause['without']:.2f} instead of" in said[3]["text"]
    [here, *_] = said[3]["backWalls"]
    assert here == l4_l5(reading).reason.back_walls[0].model_dump(by_alias=True)


def test_predictions_of_before_there_were_reasons_stay_readable():
    box = Box(x=1, y=2, width=3, height=4)
    disc = Disc(level="L4-L5", herniation=0.5, slice=0, box=box, boxes={"0": box}, confidence=1)
    stored = disc.to_document()
    del stored["reason"]
    assert Disc.model_validate(stored) == disc
