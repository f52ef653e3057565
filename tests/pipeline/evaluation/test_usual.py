"""Usual ranges are those of discs that are surely not herniated."""

import numpy as np
import pytest

from discai.errors import PermanentError
from discai.quantities.usual import ENDS, measured_of, usual_ranges
from discai.reading import DiscQuantities, DiscReading, Reading
from pipeline.data.folder import GradedScan
from pipeline.evaluation.figures.usual import FEWEST_DISCS, ranges_of
from pipeline.evaluation.readings import Outcome
from tests.support.spines import as_scan

SCAN = as_scan(np.zeros((1, 4, 4), np.uint8), None)


def graded(patient: int, herniations: dict[str, bool]) -> GradedScan:
    return GradedScan(f"{patient}_t2", patient, "t2", SCAN, herniations, "")


def read(bulge_mm: float | None, level: str = "L4-L5") -> Reading:
    quantities = DiscQuantities(bulge_mm=bulge_mm, height_index=0.2)
    disc = DiscReading(level, 0.1, 0, {0: (0, 0, 1, 1)}, 1.0, None, quantities=quantities)
    return Reading("m", "", np.zeros((1, 4, 4), np.uint8), (disc,), (), {}, 0, "cpu")


def test_nine_of_ten_discs_without_a_herniation_lie_within():
    bulges = [each / 10 for each in range(101)]
    scans = [graded(patient, {"L4-L5": False}) for patient in range(101)]
    others: list[tuple[GradedScan, Outcome]] = [
        (graded(200, {"L4-L5": True}), read(99.0)),  # herniated
        (graded(201, {}), read(99.0)),  # nobody is sure
        (graded(202, {"L4-L5": False}), PermanentError("no-discs", "None.")),
    ]
    outcomes: list[Outcome] = [*map(read, bulges), *(outcome for _, outcome in others)]
    ranges = ranges_of([*scans, *(scan for scan, _ in others)], outcomes, "m")
    usual = ranges.ends["bulge_mm"]["L4-L5"]
    assert (usual.end, usual.discs, ranges.patients) == (9.0, 101, 101)
    assert ranges.ends["height_index"]["L4-L5"].end == 0.2
    assert ranges.ends["middle_height_mm"] == {}


def test_a_few_discs_make_no_range():
    few = FEWEST_DISCS - 1
    scans = [graded(patient, {"L4-L5": False}) for patient in range(few)]
    assert ranges_of(scans, [read(1.0)] * few, "m").ends["bulge_mm"] == {}


@pytest.mark.parametrize("level", ["L1-L2", "L4-L5"])
def test_what_is_measured_comes_with_the_range_of_its_level(level):
    usual = usual_ranges()
    quantities = DiscQuantities(bulge_mm=2.0, middle_height_mm=8.0, height_index=0.2)
    found = {each.name: each for each in measured_of(quantities, level, usual)}
    assert list(found) == ["bulge_mm", "middle_height_mm"]
    assert found["bulge_mm"].usual_high == usual.ends["bulge_mm"][level].end
    assert found["middle_height_mm"].usual_low == usual.ends["middle_height_mm"][level].end


def test_the_ranges_that_come_with_the_code_are_whole():
    usual = usual_ranges()
    assert set(usual.ends) == set(ENDS)
    bulge = [each.end for each in usual.ends["bulge_mm"].values()]
    assert bulge == sorted(bulge)  # lower discs bulge more
    assert "L5-S1" not in usual.ends["bulge_mm"]  # no sacrum is outlined
