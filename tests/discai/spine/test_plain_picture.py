"""Pictures that say neither how they lie nor how large they are."""

import numpy as np
import pytest

from discai.segmentation.signature import CHANNELS
from discai.spine.plain_picture import estimate_scale, find_pose
from tests.support.spines import GREY, draw_spine, see

DISC, CANAL, L5S1 = (CHANNELS.index(name) for name in ("disc", "canal", "l5s1_disc"))


def see_a_fragment_where_mirrored(image):
    """Knows the grey values; where the canal lies in front it sees a fragment of L5-S1 only."""
    maps = see(image)
    canal, discs = (np.nonzero(maps[..., channel] > 0.5)[1].mean() for channel in (CANAL, DISC))
    if canal < discs:
        lowest = np.nonzero(maps[..., DISC] > 0.5)[0].max()
        whole = np.s_[lowest - 15 : lowest + 1]
        columns = np.flatnonzero(maps[whole][..., DISC].max(axis=0) > 0.5)
        maps[whole][..., [DISC, L5S1]] = 0
        maps[lowest - 8 : lowest + 1, columns[20:29], DISC] = 0.95
        maps[lowest - 8 : lowest + 1, columns[20:29], L5S1] = 0.95
    return maps


@pytest.mark.parametrize("flips", [(), (2,)])
def test_a_fragment_of_l5_s1_does_not_tell_that_a_picture_lies_as_it_should(flips):
    picture = np.flip(draw_spine(slices=1), flips)
    pose = find_pose(picture, see_a_fragment_where_mirrored, 0.5)
    assert pose is not None
    assert pose.flips == flips


def discs_of_a_fixed_size(image):
    """Sees seven discs 28 network pixels apart, however large the picture is said to be."""
    maps = np.zeros((*image.shape, len(CHANNELS)), np.float32)
    for index in range(7):
        top = 40 + 28 * index
        maps[top : top + 10, 100:150, CHANNELS.index("disc")] = 1
        maps[top - 18 : top, 100:150, CHANNELS.index("vertebra")] = 1
    maps[top : top + 10, 100:150, CHANNELS.index("l5s1_disc")] = 1
    return maps


def test_no_picture_is_taken_for_larger_than_any_scanner_makes():
    # Each pass would make the picture twice as large, and its reading four times as long.
    picture = np.zeros((1, 64, 64), np.float32)
    assert estimate_scale(picture, discs_of_a_fixed_size, 0.5) is None


def see_l5_s1_uppermost_where_upside_down(image):
    """Knows the grey values, and takes the lowest disc for L5-S1 where the canal lies in front."""
    maps = see(image)
    canal, discs = (np.nonzero(maps[..., channel] > 0.5)[1].mean() for channel in (CANAL, DISC))
    if canal < discs:
        lowest = np.nonzero(maps[..., DISC] > 0.5)[0].max()
        maps[lowest - 15 : lowest + 1, :, L5S1] = maps[lowest - 15 : lowest + 1, :, DISC]
    else:
        maps[..., L5S1] = 0
    return maps


@pytest.mark.parametrize("discs", [4, 7])
def test_a_picture_that_ends_above_the_sacrum_is_not_turned_round(discs):
    picture = draw_spine(slices=1, discs=discs)
    lowest = np.flatnonzero((picture[0] == np.float32(GREY["l5s1_disc"])).any(axis=1)).min()
    cut = np.where(picture == np.float32(GREY["l5s1_disc"]), np.float32(GREY["disc"]), picture)
    cut = cut[:, : lowest - 20]
    pose = find_pose(cut, see_l5_s1_uppermost_where_upside_down, 0.5)
    assert pose is not None
    assert pose.flips == ()
