"""How a plain picture lies."""

import numpy as np
import pytest

from discai.segmentation.signature import CHANNELS
from discai.spine.pose import find_pose
from tests.spines import draw_spine, see

DISC, CANAL, L5S1 = (CHANNELS.index(name) for name in ("disc", "canal", "l5s1_disc"))


def see_a_crumb_where_mirrored(image):
    """Knows the grey values; where the canal lies in front it sees but a crumb of L5-S1."""
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
def test_a_crumb_of_l5_s1_does_not_tell_that_a_picture_lies_as_it_should(flips):
    picture = np.flip(draw_spine(slices=1), flips)
    pose = find_pose(picture, see_a_crumb_where_mirrored, 0.5)
    assert pose is not None
    assert pose.flips == flips
