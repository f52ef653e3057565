"""The line of the back walls and the tissue behind it."""

import numpy as np
import pytest

from discai.spine.back_wall import BackWall, tissue_behind


def disc(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros((40, 60), bool)
    mask[rows, columns] = True
    return mask


def test_a_slanted_line_has_a_column_at_each_row_also_beyond_its_ends():
    wall = BackWall((10.0, 30.0), (20.0, 35.0))
    assert wall.columns(np.array([0.0, 10, 16, 20, 30])) == pytest.approx([25, 30, 33, 35, 40])


def test_the_tissue_behind_a_line_is_outlined_where_it_lies():
    wall = BackWall((0.0, 29.5), (39.0, 29.5))
    [outline] = tissue_behind(wall, disc(np.s_[10:20], np.s_[5:36]))
    rows, columns = np.array(outline).T
    assert (rows.min(), rows.max()) == pytest.approx((10, 20), abs=0.3)
    assert (columns.min(), columns.max()) == pytest.approx((30, 36), abs=0.3)


def test_each_piece_has_its_outline_and_a_disc_in_front_of_the_line_none():
    wall = BackWall((0.0, 29.5), (39.0, 29.5))
    two = disc(np.s_[10:14], np.s_[5:33]) | disc(np.s_[18:20], np.s_[5:31])
    assert len(tissue_behind(wall, two)) == 2
    assert tissue_behind(wall, disc(np.s_[10:20], np.s_[5:30])) == []
    assert tissue_behind(wall, np.zeros((40, 60), bool)) == []
