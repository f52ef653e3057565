import numpy as np
import pytest

from discai.spine.discs import join_pieces, label_vertebrae, measure
from discai.spine.islands import label_components
from discai.spine.levels import name_levels
from tests.support.spines import draw_spine, see

VOXEL_MM = (4.0, 0.65, 0.65)
EMPTY = np.zeros((3, 100, 100), np.float32)


def box(*where: int | slice) -> np.ndarray:
    volume = EMPTY.copy()
    volume[where] = 0.9
    return volume


def test_a_disc_is_one_object_through_the_slices():
    labels = label_components(box(np.s_[:], np.s_[20:30], np.s_[20:70]), 0.5, VOXEL_MM)
    assert labels.max() == 1
    assert (labels > 0).sum() == 3 * 10 * 50


def test_holes_are_filled_and_crumbs_dropped():
    volume = box(np.s_[1], np.s_[20:30], np.s_[20:70])
    volume[1, 24:26, 40:44] = 0.1
    volume[1, 80:83, 80:83] = 0.9
    labels = label_components(volume, 0.5, VOXEL_MM)
    assert labels.max() == 1
    assert (labels > 0).sum() == 10 * 50


def test_a_narrow_bridge_to_the_next_slice_does_not_join_two_discs():
    volume = box(np.s_[0], np.s_[20:30], np.s_[20:70])
    volume[1, 29:40, 20:70] = 0.9
    assert label_components(volume, 0.5, VOXEL_MM).max() == 2


def two_discs(bridge: tuple[int | slice, ...]) -> np.ndarray:
    """Two discs 36 mm apart, 7 and 5 mm thick, and what joins them."""
    volume = EMPTY.copy()
    volume[1, 20:30, 20:70] = 0.9
    volume[1, 76:83, 20:70] = 0.9
    volume[bridge] = 0.9
    return volume


@pytest.mark.parametrize(
    "bridge", [np.s_[1, 29:76, 20:25], np.s_[1, 29:76, 65:70], np.s_[1, 29:76, 42:47]]
)
def test_two_discs_that_a_bridge_joins_are_told_apart(bridge):
    labels = label_components(two_discs(bridge), 0.5, VOXEL_MM, thickest_mm=22)
    upper, lower = labels[1, 24, 45], labels[1, 79, 45]
    assert upper != lower
    assert set(np.unique(labels)) == {0, upper, lower}
    assert ((labels == upper) | (labels == lower)).sum() == (two_discs(bridge) > 0.5).sum()


def test_what_else_a_volume_shows_does_not_change_how_discs_part():
    crumb = two_discs(np.s_[1, 29:76, 20:25])
    crumb[2, 2:9, 2:9] = 0.9
    for volume in (two_discs(np.s_[1, 29:76, 20:25]), crumb):
        labels = label_components(volume, 0.5, VOXEL_MM, thickest_mm=22)
        assert (labels[1] == labels[1, 24, 45]).sum() == pytest.approx(10 * 50 + 23 * 5, abs=40)


@pytest.mark.parametrize("size", [40, 400])
def test_what_is_thick_everywhere_stays_one_however_large(size):
    filled = np.full((1, size, size), 0.9, np.float32)
    assert label_components(filled, 0.5, VOXEL_MM, thickest_mm=22).max() == 1


def test_a_disc_that_tilts_to_the_side_is_no_thicker_for_it():
    volume = np.zeros((12, 120, 100), np.float32)
    for index, page in enumerate(volume):
        page[20 + 3 * index : 35 + 3 * index, 20:70] = 0.9
    labels = label_components(volume, 0.5, VOXEL_MM)
    (disc,) = measure(labels, volume, volume * 0, volume * 0, VOXEL_MM)
    assert disc.thickness_mm == pytest.approx(15 * 0.65, rel=0.02)


def test_what_is_not_too_thick_stays_one():
    labels = label_components(two_discs(np.s_[1, 29:76, 20:25]), 0.5, VOXEL_MM, thickest_mm=60)
    assert labels.max() == 1


def test_an_object_is_measured_in_millimetres():
    volume = box(np.s_[0:2], np.s_[20:30], np.s_[20:70])
    labels = label_components(volume, 0.5, VOXEL_MM)
    (disc,) = measure(labels, volume, volume * 0, volume * 0, VOXEL_MM)
    assert disc.area_mm2 == pytest.approx(10 * 50 * 0.65**2)
    assert disc.volume_mm3 == pytest.approx(2 * disc.area_mm2 * 4)
    assert disc.centroid_mm == pytest.approx((2.0, 24.5 * 0.65, 44.5 * 0.65))
    assert disc.axis == pytest.approx((0, 1), abs=1e-6)
    assert disc.thickness_mm == pytest.approx(10 * 0.65, rel=0.02)
    assert disc.confidence == pytest.approx(0.9)
    assert disc.l5s1 == 0


def test_bone_is_seen_above_a_disc_and_below_it():
    volume = box(np.s_[1], np.s_[50:60], np.s_[20:70])
    labels = label_components(volume, 0.5, VOXEL_MM)
    above, below = (box(np.s_[1], rows, np.s_[20:70]) for rows in (np.s_[20:50], np.s_[60:90]))
    (under_bone,) = measure(labels, volume, volume * 0, above, VOXEL_MM)
    (over_bone,) = measure(labels, volume, volume * 0, below, VOXEL_MM)
    assert under_bone.bone_above == over_bone.bone_below == pytest.approx(0.9)
    assert under_bone.bone_below == over_bone.bone_above == 0


def test_the_pieces_of_a_broken_disc_come_together_and_strangers_go():
    volume = box(np.s_[1], np.s_[20:30], np.s_[20:70])
    volume[1, 20:30, 55:60] = 0.0
    volume[1, 80:90, 20:30] = 0.9
    labels = label_components(volume, 0.5, VOXEL_MM)
    components = measure(labels, volume, volume * 0, volume * 0, VOXEL_MM)
    largest = max(components, key=lambda component: component.area_mm2)
    joined = join_pieces(labels, components, [largest])
    assert set(np.unique(joined)) == {0, 1}
    assert (joined[1, 20:30] > 0).sum() == 10 * 45
    assert not joined[1, 80:90].any()


def test_vertebrae_are_numbered_from_below():
    maps = np.stack([see(page) for page in draw_spine(slices=1)])
    labels = label_components(maps[..., 0], 0.5, VOXEL_MM)
    chain = name_levels(measure(labels, maps[..., 0], maps[..., 3], maps[..., 1], VOXEL_MM))
    numbers = label_vertebrae(maps[..., 1] > 0.5, list(chain.discs), chain.places, VOXEL_MM)
    column = numbers[0, :, numbers.shape[2] // 2]
    seen_upward = [int(value) for value in column[::-1] if value]
    assert sorted(set(seen_upward)) == [1, 2, 3, 4, 5, 6, 7]
    assert seen_upward == sorted(seen_upward)


def numbers_of(maps: np.ndarray, mask: np.ndarray) -> np.ndarray:
    labels = label_components(maps[..., 0], 0.5, VOXEL_MM)
    chain = name_levels(measure(labels, maps[..., 0], maps[..., 3], maps[..., 1], VOXEL_MM))
    return label_vertebrae(mask, list(chain.discs), chain.places, VOXEL_MM)


def upward(numbers: np.ndarray) -> list[int]:
    """The numbers along the middle of a drawn spine."""
    column = numbers[0, ::-1, numbers.shape[2] // 2]
    return [int(number) for number in dict.fromkeys(column) if number]


def test_vertebrae_have_their_own_numbers_across_a_missed_disc_and_above_the_highest():
    page = see(draw_spine(slices=1)[0])
    mask = (page[..., 1] > 0.5)[None]
    for seen in ((0, 1, 3, 4, 5), (0, 1, 2, 3)):
        fewer = see(draw_spine(slices=1, missing=set(range(7)) - set(seen))[0])[None]
        assert upward(numbers_of(fewer, mask)) == [1, 2, 3, 4, 5, 6, 7]


def test_what_lies_below_the_lowest_disc_is_no_lumbar_vertebra():
    maps = see(draw_spine(slices=1)[0])[None]
    mask = maps[..., 1] > 0.5
    top = np.flatnonzero(maps[0, ..., 3].any(axis=1)).max() + 5  # under the L5-S1 disc
    sacrum = np.s_[0, top : top + 40, mask.shape[2] // 2 - 20 : mask.shape[2] // 2 + 20]
    mask[sacrum] = True
    numbers = numbers_of(maps, mask)
    assert not numbers[sacrum].any()
    assert upward(numbers) == [1, 2, 3, 4, 5, 6, 7]


def test_a_spinous_process_gets_the_number_of_its_vertebra():
    maps = np.stack([see(page) for page in draw_spine(slices=1)])
    labels = label_components(maps[..., 0], 0.5, VOXEL_MM)
    chain = name_levels(measure(labels, maps[..., 0], maps[..., 3], maps[..., 1], VOXEL_MM))
    mask = maps[..., 1] > 0.5
    row_mm, column_mm = chain.discs[1].centroid_mm[1:]  # L4-L5: L4's process lies behind it
    row, column = round(row_mm / 0.65), round((column_mm + 50) / 0.65)
    mask[0, row - 8 : row + 8, column - 10 : column + 10] = True
    assert label_vertebrae(mask, list(chain.discs), chain.places, VOXEL_MM)[0, row, column] == 2
