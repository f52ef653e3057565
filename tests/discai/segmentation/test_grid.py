"""Pixels on their way to the network and back."""

import numpy as np
import pytest

from discai.segmentation.grid import MULTIPLE, PIXEL_MM, NetworkGrid, normalise

GRIDS = [
    NetworkGrid((640, 512), (0.469, 0.469)),
    NetworkGrid((221, 221), (1.0, 1.0)),
    NetworkGrid((797, 492), (0.376, 0.61)),
    NetworkGrid((300, 700), (1.1, 0.4)),
]
grids = pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: f"{grid.shape}")


def anatomy(shape):
    """Smooth blobs, sharp enough to show a shift of half a pixel."""
    rows, columns = np.indices(shape, np.float32)
    return np.sin(rows / 17) * np.cos(columns / 23) + np.float32(1.5)


def disc(grid, centre_mm, radius_mm):
    rows, columns = np.indices(grid.shape)
    distance = np.hypot(
        (rows + 0.5) * grid.spacing_mm[0] - centre_mm[0],
        (columns + 0.5) * grid.spacing_mm[1] - centre_mm[1],
    )
    return distance < radius_mm


@grids
def test_network_input_has_square_pixels_and_a_size_that_halves_five_times(grid):
    image = grid.to_network(np.ones((2, *grid.shape), np.int16))
    assert image.shape == (2, *grid.padded_shape)
    assert image.dtype == np.float32
    assert not any(size % MULTIPLE for size in grid.padded_shape)
    for size, spacing, resampled in zip(
        grid.shape, grid.spacing_mm, grid.resampled_shape, strict=True
    ):
        assert resampled * PIXEL_MM == pytest.approx(size * spacing, abs=PIXEL_MM / 2)


@grids
def test_a_slice_survives_the_way_to_the_network_and_back(grid):
    slices = anatomy(grid.shape)[None]
    back = grid.to_canonical(grid.to_network(slices)[..., None])[..., 0]
    inner = (0, slice(4, -4), slice(4, -4))
    assert np.abs(back - slices)[inner].max() < 0.02


@grids
def test_the_outline_of_a_disc_survives_the_way_and_stays_where_it_is(grid):
    truth = disc(grid, (90.0, 110.0), 12.0)
    maps = grid.to_network(truth[None])[..., None]
    back = grid.to_canonical(maps)[0, ..., 0] >= 0.5
    overlap = 2 * (truth & back).sum() / (truth.sum() + back.sum())
    assert overlap > 0.97
    shift_mm = (np.argwhere(back).mean(0) - np.argwhere(truth).mean(0)) * grid.spacing_mm
    assert np.abs(shift_mm).max() < 0.05


def test_padding_is_dark_and_only_below_and_right():
    grid = NetworkGrid((100, 100), (PIXEL_MM, PIXEL_MM))
    image = grid.to_network(np.ones((1, 100, 100)))[0]
    assert image[:100, :100].min() == 1
    assert image[100:].max() == 0
    assert image[:, 100:].max() == 0


def test_normalisation_does_not_depend_on_the_scanner_units():
    scan = np.random.default_rng(0).gamma(2, 50, (3, 40, 50))
    assert normalise(scan * 7.5 + 300) == pytest.approx(normalise(scan), abs=1e-5)


def test_normalised_intensities_lie_between_0_and_1_whatever_one_bright_pixel_says():
    scan = np.random.default_rng(0).integers(0, 200, (3, 40, 50)).astype(np.uint16)
    plain = normalise(scan)
    assert plain.dtype == np.float32
    assert (plain.min(), plain.max()) == (0, 1)
    scan[0, 0, 0] = 60000
    assert np.abs(normalise(scan) - plain)[1:].max() < 0.01


def test_an_empty_scan_becomes_zero():
    assert not normalise(np.full((2, 8, 8), 1000, np.int16)).any()


def test_a_large_scan_is_normalised_as_its_small_part():
    slice_ = np.random.default_rng(0).gamma(2, 50, (1, 300, 301))
    large = np.repeat(slice_, 20, axis=0)
    assert normalise(large)[0] == pytest.approx(normalise(slice_)[0], abs=0.05)
