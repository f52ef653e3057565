"""Distances between outlines of shapes for which they can be worked out by hand."""

import numpy as np
import pytest

from pipeline.metrics.surfaces import surface_agreement

NOTHING = np.zeros((1, 40, 40), bool)


def rectangle(rows: slice, columns: slice) -> np.ndarray:
    mask = NOTHING.copy()
    mask[0, rows, columns] = True
    return mask


def bar(first: int, last: int) -> np.ndarray:
    """A bar from edge to edge of the picture: its outline is two lines of 39 pieces."""
    return rectangle(np.s_[first:last], np.s_[:])


@pytest.mark.parametrize(("pixel_mm", "distance_mm"), [((0.5, 0.5), 0.5), ((2.0, 0.3), 2.0)])
def test_a_bar_that_lies_one_row_off_is_that_far_away_everywhere(pixel_mm, distance_mm):
    agreement = surface_agreement(bar(10, 20), bar(11, 21), pixel_mm)
    assert agreement.distance_mm == pytest.approx(distance_mm)
    assert agreement.dice == (1 if distance_mm <= 1 else 0)


def test_what_lies_just_at_the_tolerance_is_within_it():
    assert surface_agreement(bar(10, 20), bar(12, 22), (0.5, 0.5)).dice == 1
    assert surface_agreement(bar(10, 20), bar(13, 23), (0.5, 0.5)).dice == 0


def test_one_of_two_sides_that_is_off_is_half_of_the_outline():
    agreement = surface_agreement(bar(10, 20), bar(10, 23), (1.0, 1.0))
    assert agreement == pytest.approx((0.5, 1.5))


def test_sides_count_by_their_length_where_pixels_are_not_square():
    """A square of 10 pixels and one that is 3 columns of 2 mm wider.

    Rows are 1 mm: each square has two sides of 9 pieces of 1 mm, upper and lower sides of 9 and
    12 pieces of 2 mm, and four corners of half a diagonal each. Beyond 1 mm lie a side with its
    two corners of each, and what the wider square's upper and lower sides have more: 3 pieces
    each, of which the nearest is 2 mm away.
    """
    square, wider = rectangle(np.s_[10:20], np.s_[10:20]), rectangle(np.s_[10:20], np.s_[10:23])
    corner_mm = np.sqrt(1 + 4) / 2
    length_mm = (2 * 9 + 2 * 9 * 2 + 4 * corner_mm) + (2 * 9 + 2 * 12 * 2 + 4 * corner_mm)
    # The narrow square's right side lies within the other: its pieces are 1 to 6 mm from the
    # upper and lower sides, as far as 6 mm from the right one; its corners lie on them.
    inner = [min(6, row, 10 - row) for row in range(1, 10)]
    sum_mm = sum(inner) + 9 * 6 + 2 * corner_mm * 6 + 2 * 2 * (2 + 4)
    # The wider one's first further piece replaces the corner of the narrow one.
    beyond_mm = sum(distance > 1 for distance in inner) + 9 + 2 * corner_mm + 2 * 2 * 2
    agreement = surface_agreement(square, wider, (1.0, 2.0))
    assert agreement.distance_mm == pytest.approx(sum_mm / length_mm)
    assert agreement.dice == pytest.approx(1 - beyond_mm / length_mm)


def test_the_same_outline_agrees_fully_and_the_order_does_not_matter():
    square, other = rectangle(np.s_[5:15], np.s_[5:15]), rectangle(np.s_[8:30], np.s_[4:20])
    assert surface_agreement(square, square, (0.5, 0.7)) == (1, 0)
    there, back = (
        surface_agreement(*pair, (0.5, 0.7)) for pair in ((square, other), (other, square))
    )
    assert there == pytest.approx(back)


def test_masks_without_outline_agree_and_one_alone_does_not():
    assert surface_agreement(NOTHING, NOTHING, (1.0, 1.0)) == (1, 0)
    assert surface_agreement(bar(10, 20), NOTHING, (1.0, 1.0)) == (0, None)
    assert surface_agreement(NOTHING, bar(10, 20), (1.0, 1.0)) == (0, None)


def test_a_slice_that_only_one_of_them_has_is_missed_and_has_no_distance():
    truth = np.concatenate([bar(10, 20), bar(10, 20), NOTHING])
    found = np.concatenate([bar(10, 20), NOTHING, NOTHING])
    assert surface_agreement(truth, found, (1.0, 1.0)) == pytest.approx((2 / 3, 0))
