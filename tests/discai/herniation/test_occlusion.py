"""What is taken away from a crop is gone, and nothing else."""

import numpy as np
import pytest

from discai.herniation.crops import CROP_SHAPE, Crop
from discai.herniation.occlusion import without_dent, without_protrusion
from discai.herniation.shape import back_wall, measure_shape
from tests.support.drawn_crops import BORDER, ROW, crop

WALL = np.full(CROP_SHAPE[0], BORDER - 0.5)


def changed_by(changed: Crop | None) -> Crop:
    assert changed is not None
    return changed


@pytest.mark.parametrize("lower_body", [True, False])
def test_a_disc_without_its_protrusion_ends_at_the_line(lower_body):
    picture = crop(bulge=10, lower_body=lower_body)
    wall = back_wall(picture)
    assert wall is not None
    shape, before = (
        measure_shape(changed_by(without_protrusion(picture, wall))),
        measure_shape(picture),
    )
    assert before.behind_wall_depth_mm == pytest.approx(5, abs=0.8)
    assert shape.behind_wall_mm2 <= 1
    assert shape.height_mm == pytest.approx(before.height_mm, abs=0.1)
    assert shape.canal_dent_mm == before.canal_dent_mm  # it is another cause


def test_tissue_that_is_gone_leaves_what_lies_beside_it():
    picture = crop(bulge=10)
    picture[ROW - 6 : ROW + 6, BORDER : BORDER + 10, 0] = 200
    changed = changed_by(without_protrusion(picture, WALL))
    assert (changed[ROW, BORDER : BORDER + 10, 0] == 60).all()


def test_the_rest_of_a_long_protrusion_s_disc_lies_where_a_crop_has_its_border():
    picture = crop(bulge=20)  # cut so, the border lay within the protrusion
    shifted = np.concatenate([picture[:, 8:], picture[:, -8:]], axis=1)
    changed = changed_by(without_protrusion(shifted, WALL - 8))
    columns = np.nonzero(changed[ROW, :, 1])[0]
    assert columns[-1] > BORDER - 8


def test_a_straight_canal_has_no_dent():
    picture = crop(bulge=10)
    changed = measure_shape(changed_by(without_dent(picture)))
    assert measure_shape(picture).canal_dent_mm > 3
    assert changed.canal_dent_mm == pytest.approx(0, abs=0.6)
    assert changed.canal_depth_ratio == pytest.approx(1, abs=0.05)


def test_a_flat_disc_has_nothing_to_take_away():
    assert without_protrusion(crop(), WALL) is None
    assert without_dent(crop()) is None


def test_the_crop_itself_stays_as_it_is():
    picture = crop(bulge=10)
    without_protrusion(picture, WALL)
    without_dent(picture)
    assert (picture == crop(bulge=10)).all()


def test_a_crop_that_shows_nothing_has_no_line_and_no_canal():
    nothing = np.full(CROP_SHAPE, 128, np.uint8) * np.array([0, 0, 1], np.uint8)
    assert back_wall(nothing) is None
    assert without_dent(nothing) is None
