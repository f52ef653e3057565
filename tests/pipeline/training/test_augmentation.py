"""Augmented slices are still slices, and their outlines still lie on them."""

import numpy as np
import pytest

from pipeline.data.examples import UNKNOWN
from pipeline.training.augmentation import augment, change_intensities, change_view


@pytest.fixture
def bright_square():
    """A bright square on dark ground, outlined in every channel."""
    image = np.full((160, 128), 0.05, np.float32)
    target = np.zeros((160, 128, 4), np.uint8)
    image[60:100, 40:90] = 0.9
    target[60:100, 40:90] = 1
    return image, target


@pytest.mark.parametrize("seed", range(20))
def test_outlines_move_with_the_image(bright_square, seed):
    image, outlines = bright_square
    moved, target = change_view(image, outlines, (400, 400), np.random.default_rng(seed))
    bright, outlined = moved > 0.5, target[..., 0] == 1
    assert outlined.sum() > 300
    overlap = 2 * (bright & outlined).sum() / (bright.sum() + outlined.sum())
    assert overlap > 0.95
    assert (target == target[..., :1]).all()


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_known_of_what_lies_outside_the_slice(bright_square, seed):
    image, target = bright_square
    moved, moved_target = change_view(
        np.ones_like(image), target, (400, 400), np.random.default_rng(seed)
    )
    outside = moved_target[..., 0] == UNKNOWN
    assert outside.any()
    assert moved[outside].max() < 1
    assert set(np.unique(moved_target)) <= {0, 1, UNKNOWN}


def test_augmented_slices_have_the_wanted_shape_and_another_contrast(bright_square):
    square, outlines = bright_square
    image, target = augment(square, outlines, (192, 160), np.random.default_rng(0))
    assert image.shape == (192, 160)
    assert target.shape == (192, 160, 4)
    assert np.unique(image.round(3)).size > 100


@pytest.mark.parametrize("seed", range(30))
def test_intensities_stay_in_the_range_of_the_network(seed):
    random = np.random.default_rng(seed)
    changed = change_intensities(random.random((64, 48), np.float32), random)
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 1


def test_the_same_seed_gives_the_same_view(bright_square):
    square, outlines = bright_square
    first, second = (
        augment(square, outlines, (96, 96), np.random.default_rng(5)) for _ in range(2)
    )
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])


def test_a_view_may_lack_the_lower_part_of_which_nothing_is_known_then(bright_square):
    lower_edges = set()
    for seed in range(10):
        image, target = bright_square
        view, view_target = augment(
            np.ones_like(image), target, (96, 96), np.random.default_rng(seed), cut_chance=1.0
        )
        cut = (view == 0).all(axis=1) & (view_target == UNKNOWN).all(axis=(1, 2))
        assert cut[-1]
        assert not cut[: 96 // 3].all()
        lower_edges.add(int(np.flatnonzero(~cut)[-1]))
    assert len(lower_edges) > 3
