import numpy as np
import pytest

from pipeline.evaluation.cases import Case
from pipeline.evaluation.changes.single_pictures import (
    COPIES,
    CUTS_AT,
    PLAIN_COPIES,
    PLAIN_CUTS,
    changed,
    changed_pictures,
    single_slices,
)
from pipeline.evaluation.figures.gate import GateCase
from tests.support.spines import as_scan, draw_spine

SPACING_MM = (4.0, 0.65, 0.65)


@pytest.fixture(scope="module")
def volume():
    scan = as_scan(draw_spine(field_mm=200.0), SPACING_MM)
    return Case("7_t2", 7, "volume", "t2", "Siemens", scan)


def test_single_slices_are_one_picture_each_with_square_pixels(volume):
    cases = single_slices([volume])
    slices, rows, columns = volume.scan.voxels.shape
    height = round(slices * 4.0 / 0.65)
    shapes = {"axial": (height, columns), "coronal": (rows, height)}
    for case in cases:
        plane = case.name.split()[0]
        assert case.scan.voxels.shape == (1, *shapes[plane])
        assert case.kind.startswith(f"single {plane} slices")
        assert not case.lumbar
        assert case.source == "7_t2"
        if case.scan.spacing_mm:
            assert case.scan.spacing_mm == pytest.approx((0.65, 0.65, 0.65))
    plain = [case for case in cases if case.scan.spacing_mm is None]
    assert len(plain) == 2 * PLAIN_CUTS
    assert len(cases) - len(plain) == 2 * len(CUTS_AT)
    assert all(case.kind.endswith("without spacing") for case in plain)


def test_pictures_to_refuse_come_in_changed_copies_and_sagittal_ones_do_not():
    page = (255 * draw_spine(slices=1, field_mm=100.0)).astype(np.uint8)
    cases = [
        GateCase("axial", "axial pictures", False, as_scan(page, None)),
        GateCase("sagittal", "sagittal pictures", True, as_scan(page, None)),
    ]
    copies = changed_pictures(cases)
    assert len(copies) == COPIES
    assert {(case.source, case.lumbar) for case in copies} == {("axial", False)}
    assert sum(case.scan.spacing_mm is None for case in copies) == PLAIN_COPIES
    assert len({case.scan.voxels.tobytes() for case in copies}) == COPIES
    again = changed_pictures(cases)
    assert [case.scan.voxels.tobytes() for case in again] == [
        case.scan.voxels.tobytes() for case in copies
    ]


def test_a_changed_picture_keeps_its_greys_apart_and_half_to_twice_its_size():
    page = np.repeat(np.arange(0, 200, dtype=np.uint8)[None], 200, axis=0)
    for seed in range(20):
        copy = changed(page, np.random.default_rng(seed))
        assert copy.dtype == np.uint8
        assert 0.25 * 200 - 1 <= min(copy.shape) <= max(copy.shape) <= 400
        assert copy.max() > 150
