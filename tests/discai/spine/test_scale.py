"""Pictures that don't say how large their pixels are."""

import numpy as np

from discai.segmentation.signature import CHANNELS
from discai.spine.scale import estimate_scale


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
