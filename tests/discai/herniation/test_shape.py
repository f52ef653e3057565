import numpy as np
import pytest

from discai.herniation.crops import CROP_SHAPE
from discai.herniation.shape import FEATURE_NAMES, feature_vector, measure_shape
from tests.support.drawn_crops import BORDER, CANAL_GAP, ROW, crop


def test_a_flat_disc_does_not_reach_behind_the_back_walls():
    shape = measure_shape(crop())
    assert shape.behind_wall_mm2 == pytest.approx(0, abs=1)
    assert shape.canal_dent_mm == pytest.approx(0, abs=0.6)
    assert shape.canal_depth_ratio == pytest.approx(1, abs=0.05)
    assert shape.height_mm == pytest.approx(9, abs=0.5)


@pytest.mark.parametrize("lower_body", [True, False])
def test_a_protrusion_is_measured_with_and_without_a_lower_body(lower_body):
    shape = measure_shape(crop(bulge=10, lower_body=lower_body))
    assert shape.behind_wall_depth_mm == pytest.approx(5, abs=0.8)
    assert shape.behind_wall_mm2 == pytest.approx(5 * 6, rel=0.2)
    assert shape.canal_dent_mm > 3
    assert shape.canal_depth_ratio < 0.8


def test_the_gap_behind_the_walls_tells_where_the_canal_is_pushed_back():
    flat, protruding = measure_shape(crop()), measure_shape(crop(bulge=10))
    assert flat.wall_to_canal_most_mm == pytest.approx(CANAL_GAP * 0.5, abs=0.6)
    assert protruding.wall_to_canal_most_mm > flat.wall_to_canal_most_mm + 4
    assert protruding.wall_to_canal_beside_mm == pytest.approx(
        flat.wall_to_canal_beside_mm, abs=0.1
    )


def test_signals_compare_disc_and_canal_with_the_vertebrae():
    picture = crop()
    picture[..., 0] = np.where(picture[..., 1] > 128, 30, picture[..., 0])
    picture[..., 0] = np.where(picture[..., 2] < 64, 180, picture[..., 0])
    shape = measure_shape(picture)
    assert shape.disc_to_vertebra_signal == pytest.approx(0.5, abs=0.05)
    assert shape.canal_to_vertebra_signal == pytest.approx(3, abs=0.2)
    assert shape.nucleus_to_canal_signal == pytest.approx(30 / 180, abs=0.01)
    assert shape.canal_at_disc_to_beside_signal == pytest.approx(1, abs=0.01)


def test_a_dark_nucleus_and_a_dark_back_of_the_disc_are_told_apart():
    picture = crop()
    inner = np.s_[ROW - 5 : ROW + 5, BORDER - 50 : BORDER - 14]
    picture[(*inner, 0)] = 120
    shape = measure_shape(picture)
    assert shape.nucleus_to_vertebra_signal == pytest.approx(2, abs=0.05)
    assert shape.posterior_disc_to_vertebra_signal < 1.3


def test_an_empty_crop_gives_the_values_of_an_ordinary_disc():
    features = feature_vector(np.full(CROP_SHAPE, 128, np.uint8) * np.array([0, 0, 1], np.uint8))
    assert features.shape == (len(FEATURE_NAMES),)
    assert np.isfinite(features).all()
