import numpy as np
import pytest

from discai.herniation.crops import (
    ANCHOR,
    CROP_SHAPE,
    OUTLINES_SHAPE,
    PLANES_SHAPE,
    SIGNALS_SHAPE,
    canal_probability,
    coarse_outlines,
    coarse_signals,
    crop_disc,
    crop_discs,
    disc_probability,
    planes,
    vertebra_probability,
)
from discai.manifest import Thresholds
from discai.spine.spine import find_spine
from tests.support.spines import draw_spine, see

VOXEL_MM = (4.0, 0.65, 0.65)
THRESHOLDS = Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.5)


def crops_of(voxels):
    maps = np.stack([see(page) for page in voxels])
    spine = find_spine(maps, VOXEL_MM, THRESHOLDS)
    return crop_discs(voxels, maps, spine)


def test_a_crop_is_a_picture_with_the_border_at_its_anchor():
    crop = crops_of(draw_spine())[1].crops[1]
    assert crop.shape == CROP_SHAPE
    assert crop.dtype == np.uint8
    disc = disc_probability(crop)
    row, column = ANCHOR
    assert disc[row, column - 3] > 0.9
    assert disc[row, column + 4] == 0
    assert vertebra_probability(crop)[row - 20, column - 10] > 0.9
    assert canal_probability(crop)[row, column + 16] > 0.9


def test_the_neighbouring_disc_is_not_in_the_crop():
    crop = crops_of(draw_spine(pitch_mm=24))[1].crops[1]
    assert disc_probability(crop)[:25].max() == 0
    assert disc_probability(crop)[-25:].max() == 0


def test_a_tilted_disc_lies_level():
    size, tilt = 200, np.deg2rad(25)
    rows, columns = np.mgrid[:size, :size] - size / 2
    along = columns * np.cos(tilt) + rows * np.sin(tilt)
    across = rows * np.cos(tilt) - columns * np.sin(tilt)
    disc = (np.abs(along) < 26) & (np.abs(across) < 7)
    maps = np.zeros((size, size, 4), np.float32)
    maps[..., 0] = disc
    axis = (float(np.sin(tilt)), float(np.cos(tilt)))
    crop = crop_disc(np.zeros((size, size), np.float32), maps, disc, axis, pixel_mm=0.65)
    heights = (disc_probability(crop) > 0.5).sum(axis=0)[ANCHOR[1] - 50 : ANCHOR[1] - 5]
    assert heights.max() - heights.min() <= 2
    assert heights.mean() * 0.5 == pytest.approx(14 * 0.65, abs=0.8)


def test_discs_are_cut_around_the_midline_of_thin_and_thick_slices():
    thick = crops_of(draw_spine(slices=5))
    assert [disc.level for disc in thick[:2]] == ["L5-S1", "L4-L5"]
    assert list(thick[0].crops) == [1, 2, 3]
    assert thick[0].midline == 2
    assert list(crops_of(draw_spine(slices=1))[0].crops) == [0]


def test_coarse_pictures_show_the_outlines_and_how_bright_the_disc_is_beside_the_vertebrae():
    crop = crops_of(draw_spine())[1].crops[1]
    outlines, signals = coarse_outlines(crop), coarse_signals(crop)
    assert outlines.shape == OUTLINES_SHAPE
    assert signals.shape == SIGNALS_SHAPE
    assert outlines[10, 12] == pytest.approx([0.95, 0, 0], abs=0.02)
    assert outlines[3, 12] == pytest.approx([0, 0.95, 0], abs=0.02)
    assert signals[10, 12, 0] == pytest.approx(1 / 0.55, abs=0.05)
    assert signals[3, 12, 0] == pytest.approx(1, abs=0.05)


def test_a_crop_without_vertebrae_has_signals_too():
    assert np.isfinite(coarse_signals(np.zeros(CROP_SHAPE, np.uint8))).all()


def test_planes_are_the_coarse_pictures_in_finer_pixels():
    crop = crops_of(draw_spine())[1].crops[1]
    fine = planes(crop)
    assert fine.shape == PLANES_SHAPE
    pooled = fine.reshape(20, 2, 24, 2, 4).mean(axis=(1, 3))
    assert pooled[..., :1] == pytest.approx(coarse_signals(crop), abs=1e-5)
    assert pooled[..., 1:] == pytest.approx(coarse_outlines(crop), abs=1e-5)
