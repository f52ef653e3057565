"""What a reviewer's boxes teach the segmentation, and what they leave open."""

import numpy as np
import pytest

from discai.manifest import Thresholds
from discai.scan import Scan
from discai.spine.outline import Outline, outline_spine
from pipeline.data.examples import UNKNOWN
from pipeline.data.splits import pixel_digest
from pipeline.retraining.segmentation import corrected_examples, weak_target
from pipeline.retraining.snapshot import LabelledScan
from pipeline.training.pseudo_labels import DISC, L5S1
from tests.support.pipeline.labelled import drawn, scan
from tests.support.spines import as_scan, draw_spine, see, with_grain

L4L5_BOX, L5S1_BOX = np.array([20, 20, 40, 60]), np.array([60, 20, 80, 60])


@pytest.fixture
def outlined() -> np.ndarray:
    """Production outlines a disc at L4-L5 that sticks out of its box, another where none is drawn,
    and nothing at L5-S1."""
    probabilities = np.zeros((100, 80, 4), np.float32)
    probabilities[25:35, 25:70, DISC] = 0.95
    probabilities[46:50, 30:50, DISC] = 0.9
    return probabilities


@pytest.fixture
def target(outlined: np.ndarray) -> np.ndarray:
    return weak_target(outlined, [("L4-L5", L4L5_BOX), ("L5-S1", L5S1_BOX)])


def test_the_outline_in_a_box_is_disc_and_the_rest_of_the_box_is_not(target):
    assert (target[25:35, 25:60, DISC] == 1).all()
    assert (target[20:24, 20:60, DISC] == 0).all()


def test_beside_a_box_nothing_is_known(target):
    assert (target[25:35, 61:63, DISC] == UNKNOWN).all()


def test_between_the_boxes_is_no_disc_whatever_production_says(target):
    assert (target[46:50, 30:50, [DISC, L5S1]] == 0).all()


def test_in_a_box_of_a_disc_that_production_does_not_see_nothing_is_known(target):
    assert (target[60:80, 20:60, [DISC, L5S1]] == UNKNOWN).all()


def test_the_middle_of_a_box_of_a_disc_that_production_does_not_see_teaches_it(outlined):
    boxes = [("L4-L5", L4L5_BOX), ("L5-S1", L5S1_BOX)]
    target = weak_target(outlined, boxes, teach_missed=True)
    middle = target[60:80, 20:60]
    assert (middle[7:13, 14:26, [DISC, L5S1]] == 1).mean() > 0.8
    assert (middle[[0, -1]][..., [DISC, L5S1]] == UNKNOWN).all()
    assert (middle[:, [0, -1]][..., [DISC, L5S1]] == UNKNOWN).all()
    seen = np.s_[20:40, 20:60]
    assert (target[seen] == weak_target(outlined, boxes)[seen]).all()


def test_a_missed_disc_of_another_level_is_not_l5_s1(outlined):
    target = weak_target(outlined, [("L3-L4", L5S1_BOX)], teach_missed=True)
    assert target[70, 40, DISC] == 1
    assert (target[60:80, 20:60, L5S1] == 0).all()


def test_a_box_of_a_missed_disc_becomes_an_example_that_shows_it():
    boxes = {0: [drawn("L4-L5", x=1, y=1, width=12, height=8)]}
    labelled = scan(name="a", slices=boxes)
    others = [scan(name=name, minute=9, slices=boxes) for name in "bcde"]
    examples = corrected_examples([labelled, *others], pixels_of, outlined_by_grey, frozenset())
    (example,) = [each for each in examples if each.name.startswith("a")]
    assert (example.target[..., DISC] == 1).any()


def test_a_disc_of_another_level_is_not_l5_s1(target):
    assert (target[20:40, 20:60, L5S1] == 0).all()


def test_a_box_of_l5_s1_names_its_outline(outlined):
    target = weak_target(outlined, [("L5-S1", L4L5_BOX)])
    assert (target[25:35, 25:60, L5S1] == 1).all()


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_boxes_of_l5_s1_neither_names_its_outline(outlined, order):
    outlined[65:75, 25:60, DISC] = 0.95
    boxes = [("L5-S1", L4L5_BOX), ("L5-S1", L5S1_BOX)][::order]
    target = weak_target(outlined, boxes)
    assert (target[25:35, 25:60, DISC] == 1).all()
    assert (target[65:75, 25:60, DISC] == 1).all()
    for box in ((20, 40), (60, 80)):
        assert (target[slice(*box), 20:60, L5S1] == UNKNOWN).all()


def test_where_production_is_unsure_nothing_is_known(outlined):
    outlined[35:37, 25:60, DISC] = 0.5
    target = weak_target(outlined, [("L4-L5", L4L5_BOX)])
    assert (target[35:37, 25:60, DISC] == UNKNOWN).all()


def test_outside_the_boxes_and_for_bones_nothing_is_known(target):
    assert (target[85:, :, :] == UNKNOWN).all()
    others = [channel for channel in range(4) if channel not in (DISC, L5S1)]
    assert (target[..., others] == UNKNOWN).all()


def pixels_of(labelled: LabelledScan) -> Scan:
    """Each scan has its pixels; `A` is a copy of `a`."""
    voxels = (200 * with_grain(draw_spine(slices=1))).astype(np.int16)
    voxels[:, 0, 0] = ord(labelled.scan_id[0].lower())
    return as_scan(voxels, (4.0, 0.65, 0.65))


def outlined_by_grey(scan: Scan) -> Outline:
    thresholds = Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.5)
    return outline_spine(scan, see, thresholds, lambda _done, _total: None)


def corrected_of(*names: str, frozen: frozenset[str] = frozenset()) -> dict[str, int]:
    """The patient of each example by its scan's name; the scans were corrected in this order."""
    boxes = {0: [drawn("L4-L5")]}
    scans = [scan(name=name, minute=i, slices=boxes) for i, name in enumerate(names)]
    examples = corrected_examples(scans, pixels_of, outlined_by_grey, frozen)
    return {example.name[0]: example.patient for example in examples}


def test_copies_of_a_scan_are_one_patient():
    patients = corrected_of("a", "A", "b")
    assert patients["a"] == patients["A"] != patients["b"]


def test_a_copy_of_a_scan_that_is_held_out_does_not_train():
    assert set(corrected_of("A", "b", "c", "d", "a")) == {"b", "c", "d"}


def test_a_scan_of_the_evaluation_set_does_not_train():
    frozen = frozenset({pixel_digest(pixels_of(scan(name="a")).voxels)})
    assert set(corrected_of("A", "b", frozen=frozen)) == {"b"}
