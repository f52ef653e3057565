import numpy as np
import pytest

from pipeline.evaluation.cases import Case
from pipeline.evaluation.changes.perturbations import PERTURBATIONS
from tests.support.spines import as_scan, draw_spine

BOX = (200.0, 380.0, 260.0, 400.0)


@pytest.fixture(scope="module")
def case():
    """A spine whose lowest disc is outlined and boxed."""
    voxels = np.round(draw_spine() * 1000).astype(np.int16)
    mask = np.zeros(voxels.shape, bool)
    mask[:, 380:400, 200:260] = True
    return Case(
        "7_t2",
        7,
        "mid-slice",
        "t2",
        "Siemens",
        as_scan(voxels, (4.0, 0.65, 0.65)),
        masks={"disc": mask},
        boxes={"L5-S1": BOX},
    )


@pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=lambda perturbation: perturbation.name)
def test_the_truth_moves_with_the_pixels(case, perturbation):
    changed = perturbation.change(case)
    mask = changed.masks["disc"]
    assert mask.shape == changed.scan.voxels.shape
    _, rows, columns = np.nonzero(mask)
    corners = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert changed.boxes["L5-S1"] == pytest.approx(corners, abs=1)


@pytest.mark.parametrize("perturbation", PERTURBATIONS, ids=lambda perturbation: perturbation.name)
def test_a_change_is_the_same_each_time(case, perturbation):
    once, again = perturbation.change(case), perturbation.change(case)
    assert np.array_equal(once.scan.voxels, again.scan.voxels)
    assert once.scan.voxels.tobytes() != case.scan.voxels.tobytes() or (
        once.scan.spacing_mm is None or perturbation.name == "other-side-first"
    )


def test_half_the_resolution_keeps_the_millimetres(case):
    half = next(p for p in PERTURBATIONS if p.name == "half").change(case)
    assert half.scan.spacing_mm == pytest.approx((4.0, 1.3, 1.3), rel=0.01)
