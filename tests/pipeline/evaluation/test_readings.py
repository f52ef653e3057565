import numpy as np
import pytest

from discai.errors import PermanentError
from discai.manifest import write_manifest
from discai.predictor import Predictor
from pipeline.evaluation.readings import Readings
from tests.support.predictors import classify_by_level, manifest
from tests.support.spines import as_scan, draw_spine, see

SPACING_MM = (4.0, 0.65, 0.65)


@pytest.fixture
def looks():
    return []


@pytest.fixture
def readings(tmp_path, looks):
    """Readings by a predictor whose every look at a slice is counted."""

    def counted(image):
        looks.append(image.shape)
        return see(image)

    write_manifest(tmp_path, manifest())
    predictor = Predictor(manifest(), "sha256:0", counted, classify_by_level, "cpu")
    return lambda: Readings(predictor, tmp_path, tmp_path / "cache")


def test_a_scan_is_read_once_and_comes_back_whole(readings, looks):
    covered = np.pad(draw_spine(), ((1, 1), (0, 0), (0, 0)))
    scan = as_scan(covered, SPACING_MM)
    first = readings().read(scan)
    seen = len(looks)
    again = readings().read(scan)
    assert len(looks) == seen == 5
    assert np.array_equal(first.segmentation, again.segmentation)
    assert again.discs == first.discs
    assert (again.warnings, again.key_slice) == (first.warnings, first.key_slice)
    assert again.lordosis_deg == first.lordosis_deg
    assert again.lateral_curve == first.lateral_curve is not None


def test_the_same_pixels_without_spacing_are_another_scan(readings, looks):
    readings().read(as_scan(draw_spine()[:1], SPACING_MM))
    seen = len(looks)
    readings().read(as_scan(draw_spine()[:1], None))
    assert len(looks) > seen


def test_a_refusal_is_kept_with_its_reason(readings, looks):
    black = as_scan(np.zeros((1, 300, 300), np.uint8), SPACING_MM)
    first = readings().read(black)
    seen = len(looks)
    again = readings().read(black)
    assert isinstance(again, PermanentError)
    assert (again.code, again.message) == (first.code, first.message)
    assert len(looks) == seen
