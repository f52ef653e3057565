"""Which of the network's own outlines may teach it."""

import numpy as np
import pytest

from discai.segmentation.grid import PIXEL_MM
from pipeline.data.examples import UNKNOWN, MidSlice
from pipeline.training.pseudo_labels import believed_target, pseudo_examples

SHAPE = (384, 256)
ROWS = (60, 110, 160, 210, 260, 310)  # 50 pixels of 0.65 mm: a pitch of 32 mm


def spine(rows=ROWS, l5s1=ROWS[-1]):
    """Sure outlines of discs at these rows, the one at `l5s1` named as such."""
    probabilities = np.full((*SHAPE, 4), 0.02, np.float32)
    probabilities[40:330, 155:170, 2] = 0.98
    probabilities[40:330, 151:155, 1] = 0.98
    for row in rows:
        probabilities[row - 6 : row + 6, 100:150, 0] = 0.98
        probabilities[row - 7, 100:150, 0] = 0.5
    probabilities[l5s1 - 6 : l5s1 + 6, 100:150, 3] = 0.98
    return probabilities


def mid_slice(sequence="t2", boxes=None, disc_count=6):
    pixels = np.zeros(SHAPE, np.uint8)
    pixels[100:200] = 200
    spacing_mm = (PIXEL_MM, PIXEL_MM)
    return MidSlice(f"1_{sequence}", 1, sequence, pixels, spacing_mm, boxes or {}, disc_count)


def box(row):
    return (98.0, row - 12.0, 152.0, row + 12.0)


def test_a_whole_spine_is_believed_but_its_uncertain_edges_are_not():
    target = believed_target(spine(), mid_slice())
    assert target is not None
    assert target[60, 120, 0] == 1
    assert target[310, 120, 3] == 1
    assert target[60 - 7, 120, 0] == UNKNOWN
    assert target[0, 0, 0] == 0


def test_what_lies_apart_from_the_spine_is_background():
    probabilities = spine()
    probabilities[200:220, 20:50, 0] = 0.98
    target = believed_target(probabilities, mid_slice())
    assert target is not None
    assert not target[190:230, 10:60].any()


@pytest.mark.parametrize(
    ("probabilities", "mid"),
    [
        (spine(rows=()), mid_slice()),
        (spine(), mid_slice(disc_count=9)),
        (spine(rows=(60, 110, 210, 260, 310)), mid_slice(disc_count=5)),
        (spine(l5s1=260), mid_slice()),
        (spine(), mid_slice(boxes={"L4-L5": box(285)})),
    ],
    ids=["no disc", "other count", "a gap", "lowest is not L5-S1", "no disc in its box"],
)
def test_a_doubtful_spine_is_not_believed(probabilities, mid):
    assert believed_target(probabilities, mid) is None


def test_a_trusted_box_says_which_disc_is_l5_s1():
    mid = mid_slice(boxes={"L5-S1": box(310), "L4-L5": box(260)})
    target = believed_target(spine(l5s1=260), mid)
    assert target is not None
    assert target[310, 120, 3] == 1
    assert target[260, 120, 3] == 0


def test_t1_gets_the_outlines_of_t2_where_both_share_a_grid():
    t1, t2 = mid_slice("t1"), mid_slice("t2")
    answers = iter([spine()])
    examples = pseudo_examples(lambda image: next(answers), [t1, t2])
    assert [example.name for example in examples] == ["1_t2", "1_t1"]
    assert np.array_equal(examples[0].target, examples[1].target)
