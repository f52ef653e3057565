"""Discs that touch the bone and discs that don't, drawn by hand."""

import numpy as np
import pytest

from pipeline.data.conventions import GAP, TOUCHING, Endplates, endplates


def measured(gap_rows: int, touching_columns: int = 0) -> Endplates:
    """The endplates of `drawn` with rows of half a millimetre."""
    found = endplates(*drawn(gap_rows, touching_columns), row_mm=0.5)
    assert found is not None
    return found


def drawn(gap_rows: int, touching_columns: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A disc between two vertebrae, nearer to them in some of its 20 columns; none below."""
    disc, bone = np.zeros((2, 60, 40), bool), np.zeros((2, 60, 40), bool)
    disc[:, 20:26, 10:30] = True
    bone[:, 5 : 20 - gap_rows, 8:30] = bone[:, 26 + gap_rows : 40, 8:30] = True
    bone[:, 15:20, 10 : 10 + touching_columns] = bone[:, 26:30, 10 : 10 + touching_columns] = True
    # A second disc without a neighbour, as L5-S1 above a sacrum that nobody outlined.
    disc[:, 52:56, 10:30] = True
    return disc, bone


def test_the_gap_is_measured_between_disc_and_bone():
    with_gap = measured(gap_rows=3)
    assert with_gap == pytest.approx((0, 1.5))
    assert with_gap.convention == GAP


def test_a_disc_whose_next_pixel_is_bone_touches_it():
    touching = measured(gap_rows=0)
    assert touching == pytest.approx((1, 0))
    assert touching.convention == TOUCHING


@pytest.mark.parametrize(("columns", "convention"), [(10, GAP), (11, TOUCHING)])
def test_most_columns_decide(columns, convention):
    partly = measured(gap_rows=3, touching_columns=columns)
    assert partly.touching == columns / 20
    assert partly.convention == convention


def test_bone_that_is_far_away_or_missing_says_nothing():
    disc, bone = drawn(gap_rows=3)
    assert endplates(disc, bone, row_mm=2.0) is None
    assert endplates(disc, np.zeros_like(bone), row_mm=0.5) is None
