"""From slices to outlines: close slices speak for each other, an image ends where it is black."""

import numpy as np

from discai.spine.extent import lower_edge
from discai.spine.outline import smooth_through_slices


def maps_of(*values: float) -> np.ndarray:
    """One probability a slice, everywhere on it."""
    return np.broadcast_to(
        np.array(values, np.float32)[:, None, None, None], (len(values), 4, 4, 2)
    ).copy()


def test_a_hole_in_one_slice_of_a_dense_volume_is_filled_by_its_neighbours():
    smoothed = smooth_through_slices(maps_of(0.9, 0.9, 0.35, 0.9, 0.9), 1.0)
    assert smoothed.min() > 0.5
    assert smoothed.max() <= 0.9 + 1e-6


def test_slices_of_an_ordinary_study_are_left_as_they_are():
    maps = maps_of(0.9, 0.1, 0.8)
    assert np.array_equal(smooth_through_slices(maps, 4.0), maps)


def test_one_slice_is_left_as_it_is_however_thin():
    maps = maps_of(0.7)
    assert np.array_equal(smooth_through_slices(maps, 0.5), maps)


def test_the_first_and_last_slice_do_not_fade():
    smoothed = smooth_through_slices(maps_of(0.8, 0.8, 0.8, 0.8), 1.0)
    assert np.allclose(smoothed, 0.8)


def test_an_image_ends_at_its_last_row_that_shows_something():
    images = np.zeros((3, 64, 32), np.float32)
    images[:, :50] = 0.3
    assert lower_edge(images) == 50
    images[1, 60, 3] = 1.0  # a speck in the black border
    assert lower_edge(images) == 50
    assert lower_edge(np.zeros((1, 32, 32), np.float32)) == 0
