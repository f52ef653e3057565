"""A reading carries the same quantities however its file lies, and none in mm without spacing."""

import csv
import io
import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from discai.pictures.output import prediction_json
from discai.pictures.quantities import discs_csv
from discai.predictor import Predictor
from discai.reading import DiscQuantities, Reading
from discai.scan import Scan
from discai.scan.orientation import direction_of, stored_grid, to_canonical
from discai.scan.volume import StoredVolume
from discai.segmentation.signature import CHANNELS
from tests.support.drawn_spines import DrawnSpine, Protrusion, maps_of
from tests.support.predictors import classify_by_level, manifest
from tests.support.spines import GREY, as_scan, see

SPACING_MM = (4.0, 0.65, 0.65)
#: Something to the patient's right of L4-L5.
DRAWN = DrawnSpine(discs=6, slip_mm=3, wedge_deg=5, tilt_deg=15, protrusion=Protrusion(4, 5, 9))


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor(manifest(), "sha256:0", see, classify_by_level, "cpu")


@pytest.fixture(scope="module")
def voxels() -> NDArray[np.float32]:
    """A canonical scan whose grey values `see` knows."""
    maps = maps_of(DRAWN, SPACING_MM)
    grey = np.zeros(maps.shape[:3], np.float32)
    for name in ("canal", "vertebra", "disc", "l5s1_disc"):
        grey[maps[..., CHANNELS.index(name)] > 0] = GREY[name]
    return grey


@pytest.fixture(scope="module")
def canonical(predictor, voxels) -> Reading:
    return predictor.read(turned(voxels, "PIR"))


def turned(voxels: NDArray[np.float32], orientation: str) -> Scan:
    """The scan of a file whose axes run as said."""
    shape = (1, 1, 1)
    grid = stored_grid(shape, None, (0.0, 0.0, 0.0), direction_of(orientation))
    flips = tuple(axis for axis, flip in enumerate(grid.flips) if flip)
    array = np.transpose(np.flip(voxels, flips), np.argsort(grid.axes))
    slice_mm, row_mm, column_mm = (SPACING_MM[axis] for axis in np.argsort(grid.axes))
    return to_canonical(
        StoredVolume(
            array=np.ascontiguousarray(array),
            spacing_mm=(slice_mm, row_mm, column_mm),
            origin_mm=(0.0, 0.0, 0.0),
            direction=direction_of(orientation),
        )
    )


def rows_of(scan: Scan, reading: Reading) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(discs_csv("case", scan, reading))))


@pytest.mark.parametrize("orientation", ["PIL", "LPS", "SLA"])
def test_the_way_a_file_lies_changes_nothing(predictor, voxels, canonical, orientation):
    reading = predictor.read(turned(voxels, orientation))
    assert reading.discs == canonical.discs
    assert reading.lordosis_deg == canonical.lordosis_deg
    assert reading.lateral_curve == canonical.lateral_curve


def test_a_reading_has_the_quantities_of_each_disc(canonical):
    disc = canonical.discs[3]
    assert disc.level == "L4-L5"
    assert disc.quantities.bulge_side == "right"
    assert disc.quantities.bulge_mm == pytest.approx(4, abs=0.65)
    assert disc.quantities.slip_mm == pytest.approx(3, abs=0.65)
    assert disc.quantities.volume_mm3 == disc.volume_mm3
    assert canonical.lordosis_deg == pytest.approx(20, abs=1)


def test_the_table_and_the_json_say_the_same(voxels, canonical):
    scan = turned(voxels, "PIL")  # slices run the other way
    said = prediction_json(scan, canonical)
    rows = rows_of(scan, canonical)
    assert [row["level"] for row in rows] == [disc["level"] for disc in said["discs"]]
    for row, disc in zip(rows, said["discs"], strict=True):
        assert (row["scan"], row["slice"]) == ("case", str(disc["slice"]))
        assert float(row["lordosis_deg"]) == said["spine"]["lordosisDeg"]
        for name, field in DiscQuantities.model_fields.items():
            if name != "slices":
                value = disc["quantities"][field.alias]
                assert row[name] == ("" if value is None else str(value))
    l4_l5 = said["discs"][3]["quantities"]
    count = len(scan.voxels)
    assert l4_l5["bulgeSlice"] == count - 1 - canonical.discs[3].quantities.bulge_slice
    slices = {each["slice"]: each for each in l4_l5["slices"]}
    assert list(slices) == sorted(slices)
    assert slices[l4_l5["bulgeSlice"]]["bulgeMm"] == l4_l5["bulgeMm"]


def test_without_spacing_no_millimetres_leave(predictor, voxels):
    middle = len(voxels) // 2
    scan = as_scan(voxels[middle : middle + 1], None)
    reading = predictor.read(scan)
    said = prediction_json(scan, reading)
    assert all(disc["quantities"]["heightIndex"] for disc in said["discs"])
    assert {value for name, value in lengths_of(said)} == {None}
    assert said["spine"]["lateralCurve"] is None
    for row in rows_of(scan, reading):
        assert {value for name, value in row.items() if re.search("_mm3?$", name)} == {""}
        assert (row["bulge_slice"], row["bulge_side"]) == ("", "")


def lengths_of(said: Any) -> list[tuple[str, Any]]:
    """Every key of JSON values that names millimetres, with its value."""
    if isinstance(said, list):
        return [each for part in said for each in lengths_of(part)]
    if not isinstance(said, dict):
        return []
    own = [(name, value) for name, value in said.items() if re.search("Mm3?$", name)]
    return own + [each for part in said.values() for each in lengths_of(part)]
