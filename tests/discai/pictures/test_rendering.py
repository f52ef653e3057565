"""Pictures: right pixels, right indices, right colours."""

import cv2
import numpy as np
import pytest

from discai.pictures.rendering import (
    MASK_CANAL,
    MASK_FIRST_DISC,
    MASK_VERTEBRA,
    THUMBNAIL_HEIGHT,
    Pictures,
    slices_as_shown,
)
from discai.scan import Scan
from discai.scan.orientation import to_canonical
from discai.scan.volume import StoredVolume
from tests.support.readings import reading_of

RNG = np.random.default_rng(5)


def _scan(spacing_mm: tuple[float, float, float] | None = (4.0, 0.6, 0.6)) -> Scan:
    voxels = RNG.integers(0, 1000, (3, 48, 44)).astype(np.uint16)
    return to_canonical(StoredVolume(voxels, spacing_mm))


def _decode(png: bytes) -> np.ndarray:
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB))


def _indices(png: bytes) -> np.ndarray:
    """The indices of a palette picture, told from its colours."""
    from discai.pictures.rendering import _PALETTE

    match = (_decode(png)[:, :, None] == _PALETTE).all(axis=-1)
    assert match.any(axis=-1).all()
    return match.argmax(axis=-1)


def test_square_pixels_are_shown_as_they_are() -> None:
    scan = _scan()
    pictures = Pictures(scan, reading_of(scan))
    assert (pictures.count, pictures.height, pictures.width) == (3, 48, 44)
    assert pictures.scale == (1.0, 1.0)
    shown = slices_as_shown(scan)[2].astype(float)
    assert np.corrcoef(shown.ravel(), scan.voxels[2].ravel())[0, 1] > 0.999


def test_a_page_finds_each_slice_and_its_mask_behind_it_in_one_file() -> None:
    scan = _scan()
    pictures = Pictures(scan, reading_of(scan))
    data, starts, sizes = pictures.packed.data, pictures.packed.starts, pictures.packed.sizes
    cut = [data[start : start + size] for start, size in zip(starts, sizes, strict=True)]
    assert cut == [make(index) for index in range(3) for make in (pictures.slice, pictures.mask)]


def test_rectangular_pixels_are_shown_square() -> None:
    scan = _scan((4.0, 1.2, 0.6))
    pictures = Pictures(scan, reading_of(scan))
    assert (pictures.height, pictures.width, pictures.scale) == (96, 44, (2.0, 1.0))
    assert _decode(pictures.mask(1)).shape == (96, 44, 3)
    assert slices_as_shown(scan)[1].shape == (96, 44)


def test_mask_holds_small_class_indices() -> None:
    scan = _scan(None)
    reading = reading_of(scan)
    indices = _indices(Pictures(scan, reading).mask(1))
    assert (indices[30:36, 10:30] == MASK_FIRST_DISC).all()
    assert (indices[12:18, 12:32] == MASK_FIRST_DISC + 1).all()
    assert (indices[19:29, 11:31] == MASK_VERTEBRA).all()
    assert (indices[5:40, 34:40] == MASK_CANAL).all()
    assert ((indices > 0) == (reading.segmentation[1] > 0)).all()


def test_a_thumbnail_is_small_and_shows_the_key_slice() -> None:
    voxels = np.zeros((3, 480, 440), np.uint8)
    scan = to_canonical(StoredVolume(voxels))
    reading = reading_of(scan)
    encoded = Pictures(scan, reading).thumbnail()
    picture = _decode(encoded)
    overlay = _decode(Pictures(scan, reading).overlay(reading.key_slice))
    assert picture.shape[0] == THUMBNAIL_HEIGHT
    assert picture.shape[1] / picture.shape[0] == pytest.approx(
        overlay.shape[1] / overlay.shape[0], abs=0.01
    )
    assert picture.max() > 60  # the discs are drawn on a black scan
    assert len(encoded) < 8_000


def test_a_few_glaring_pixels_dont_darken_the_rest() -> None:
    voxels = RNG.integers(0, 1000, (3, 48, 44)).astype(np.float32)
    voxels[0, 0, :3] = 1e6
    shown = slices_as_shown(to_canonical(StoredVolume(voxels)))
    assert 120 < shown[1].mean() < 136


def test_a_scan_of_one_intensity_is_shown_too() -> None:
    shown = slices_as_shown(to_canonical(StoredVolume(np.full((1, 48, 44), 7, np.uint8))))
    assert shown.max() == 0


def _overlays(spacing_mm: tuple[float, float, float] | None = None) -> list[np.ndarray]:
    """Overlays of a black scan: all that is bright was drawn."""
    scan = to_canonical(StoredVolume(np.zeros((3, 48, 44), np.uint8), spacing_mm))
    return [_decode(png).astype(int) for png in Pictures(scan, reading_of(scan)).overlays()]


def test_overlay_outlines_a_likely_herniation_red_and_the_other_not() -> None:
    picture = _overlays()[1]
    zoom = picture.shape[0] // 48
    likely = picture[10 * zoom : 20 * zoom, 12 * zoom : 32 * zoom].reshape(-1, 3)
    unlikely = picture[28 * zoom : 38 * zoom, 12 * zoom : 30 * zoom].reshape(-1, 3)
    brightest = likely[likely.sum(axis=1).argmax()], unlikely[unlikely.sum(axis=1).argmax()]
    assert brightest[0][0] > 1.5 * brightest[0][2]
    assert brightest[1][2] > 1.5 * brightest[1][0]


def test_outlines_lie_on_the_discs_border_and_leave_its_inside_free() -> None:
    picture = _overlays()[1].sum(axis=-1)
    zoom = picture.shape[0] // 48
    middle = picture[15 * zoom, 12 * zoom - 5 : 32 * zoom + 5]  # across L4-L5, columns 12 to 31
    drawn = np.flatnonzero(middle > 200) - 5
    assert set(drawn // 3) <= {-1, 0, (20 * zoom) // 3 - 1, (20 * zoom) // 3}
    assert not middle[20:-20].any()


def test_only_the_key_slice_says_so() -> None:
    corner = [picture[:40, :120].any() for picture in _overlays()]
    assert corner == [False, True, False]


def test_the_scale_bar_is_five_centimetres_long() -> None:
    picture = _overlays((4.0, 2.0, 2.0))[0]
    zoom = picture.shape[0] // 48
    bar = np.flatnonzero(picture[-15, :, 0] > 200)
    assert bar[-1] - bar[0] == pytest.approx(zoom * 50 / 2, abs=3)
    assert not _overlays()[0].any()  # none without spacing
