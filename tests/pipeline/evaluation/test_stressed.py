"""Changed pictures: points are found again where they were, and a shift of levels is seen."""

import numpy as np
import pytest

from pipeline.evaluation.changes.stressed import CHANGES, is_shifted

ROWS = {"L1-L2": 40.0, "L2-L3": 80.0, "L3-L4": 120.0, "L4-L5": 160.0, "L5-S1": 200.0}
TRUTH = {level: (90.0, row - 8, 130.0, row + 8) for level, row in ROWS.items()}


def picture(x: int, y: int) -> np.ndarray:
    """Grey, with a bright square whose middle is at x and y."""
    drawn = np.full((260, 200), 60, np.uint8)
    drawn[y - 4 : y + 5, x - 4 : x + 5] = 250
    return drawn


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_seen_after_a_change_is_found_where_it_was(name, seed):
    x, y = 110, 150
    before = picture(x, y)
    if name == "cut off below":
        x, y = 110, 60
        before = picture(x, y)
    made = CHANGES[name](before, ROWS, np.random.default_rng(seed))
    bright = made.pixels > 225 if name != "inverted" else made.pixels < 30
    centre = made.map @ np.array([x + 0.5, y + 0.5, 1.0])
    column, row = centre[:2] / centre[2]
    top, left = max(0, int(row) - 20), max(0, int(column) - 20)
    found = np.argwhere(bright[top : top + 40, left : left + 40]).mean(axis=0) + (top, left) + 0.5
    box = (found[1] - 3, found[0] - 3, found[1] + 3, found[0] + 3)
    assert made.before(box)[:2] == pytest.approx((x + 0.5, y + 0.5), abs=2.5)


def test_discs_under_their_neighbours_names_are_shifted():
    made = CHANGES["inverted"](picture(100, 100), ROWS, np.random.default_rng(0))
    assert not is_shifted(TRUTH, TRUTH, made)
    one_too_low = {"L5-S1": TRUTH["L4-L5"], "L4-L5": TRUTH["L3-L4"]}
    assert is_shifted(one_too_low, TRUTH, made)
    assert not is_shifted({"L5-S1": (0, 0, 5, 5)}, TRUTH, made)  # where no disc is known


def test_the_same_seed_makes_the_same_picture():
    for change in CHANGES.values():
        one, other = (change(picture(100, 100), ROWS, np.random.default_rng(7)) for _ in range(2))
        assert np.array_equal(one.pixels, other.pixels)
