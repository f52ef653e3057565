"""Where a picture ends: margins of text, noise and plain colour show no spine."""

from functools import cache

import cv2
import numpy as np
import pytest

from discai.phantom import PhantomOptions, draw_phantom
from discai.spine.extent import rows_of_body

ROWS = 150


@cache
def body():
    """A phantom cut off below, uint8 `(slice, row, column)`."""
    voxels = draw_phantom(PhantomOptions(slices=5, seed=3)).scan.voxels.astype(np.float32)
    voxels = np.clip(255 * voxels / np.percentile(voxels, 99.5), 0, 255).astype(np.uint8)
    return voxels[:, :ROWS]


def margin(kind, width, rows=70):
    if kind == "black":
        return np.zeros((rows, width), np.uint8)
    if kind == "white":
        return np.full((rows, width), 255, np.uint8)
    if kind == "noise":
        return np.random.default_rng(0).integers(0, 60, (rows, width)).astype(np.uint8)
    page = np.zeros((rows, width), np.uint8)
    for line in range(12, rows, 14):
        cv2.putText(page, "SE: 3 IM: 9", (2, line), cv2.FONT_HERSHEY_SIMPLEX, 0.35, 255)
    return page


@pytest.mark.parametrize("kind", ["white", "noise", "text"])
@pytest.mark.parametrize("pixel_mm", [(1.2, 1.2), None])
@pytest.mark.parametrize("above", [False, True])
def test_a_margin_is_left_out(kind, pixel_mm, above):
    voxels = body()
    pages = np.repeat(margin(kind, voxels.shape[2])[None], len(voxels), axis=0)
    padded = np.concatenate([pages, voxels] if above else [voxels, pages], axis=1)
    found = rows_of_body(padded, pixel_mm)
    expected = slice(70, 220) if above else slice(0, ROWS)
    assert abs(found.start - expected.start) <= 2
    assert abs(found.stop - expected.stop) <= 2


def test_black_margins_and_whole_pictures_stay_as_they_are():
    voxels = body()
    black = np.repeat(margin("black", voxels.shape[2])[None], len(voxels), axis=0)
    for image in (voxels, np.concatenate([black, voxels, black], axis=1)):
        assert rows_of_body(image, (1.2, 1.2)) == slice(0, image.shape[1])


@pytest.mark.parametrize("shape", [(1, 4, 4), (2, 300, 40)])
def test_what_shows_no_body_is_left_to_others_to_refuse(shape):
    noise = np.random.default_rng(1).integers(0, 99, shape)
    assert rows_of_body(noise, (1.0, 1.0)) == slice(0, shape[1])
    assert rows_of_body(np.zeros(shape)) == slice(0, shape[1])


@pytest.mark.parametrize("pixel_mm", [(1.2, 1.2), None])
def test_a_scanners_noise_takes_no_rows_from_a_body(pixel_mm):
    random = np.random.default_rng(0)
    voxels = body().astype(np.float32)
    noisy = np.hypot(*(part + random.normal(0, 25, voxels.shape) for part in (voxels, 0)))
    assert rows_of_body(noisy.astype(np.float32), pixel_mm) == slice(0, ROWS)
