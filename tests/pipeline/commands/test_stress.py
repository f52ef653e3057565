"""Stressed pictures: what is counted as shifted, warned of, and silent."""

import logging

import numpy as np
import pandas as pd
import pytest

from discai.errors import PermanentError
from discai.reading import DiscReading, Reading
from pipeline.commands.stress import UNCHANGED, result, silent_share, stressed, truth_of
from pipeline.evaluation.cases import Case
from pipeline.evaluation.readings import Outcome
from tests.support.spines import as_scan

LEVELS = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")
BOXES = {level: (20.0, 30.0 * row, 60.0, 30.0 * row + 15) for row, level in enumerate(LEVELS, 1)}


@pytest.fixture
def case() -> Case:
    voxels = np.random.default_rng(0).integers(0, 255, (1, 240, 100)).astype(np.uint8)
    return Case("12_t2", 12, "mid-slice", "t2", "", as_scan(voxels, (4.0, 0.7, 0.7)), boxes=BOXES)


def reading(boxes: dict, *warnings: str) -> Reading:
    discs = tuple(DiscReading(level, 0.1, 0, {0: box}, 0.9, None) for level, box in boxes.items())
    return Reading("1", "2", np.zeros((1, 240, 100), np.uint8), discs, warnings, {}, 0, "cpu")


def seen(change, boxes: dict) -> dict:
    """The boxes as they lie in the changed picture."""
    moved = {}
    for level, (x0, y0, x1, y1) in boxes.items():
        x, y, w = change.made.map @ [(x0 + x1) / 2, (y0 + y1) / 2, 1]
        moved[level] = (x / w - 3, y / w - 3, x / w + 3, y / w + 3)
    return moved


def test_shifts_are_counted_and_those_without_a_word_are_named(case, caplog):
    changes = list(stressed(case, BOXES, 0, 10))
    assert len(changes) == 10
    lower = dict(zip(LEVELS[1:], [BOXES[level] for level in LEVELS[:-1]], strict=True))
    with caplog.at_level(logging.WARNING):
        for change in changes:
            outcomes: list[Outcome] = [
                reading(seen(change, BOXES)),
                reading(seen(change, lower)),
                reading(seen(change, lower), "The levels may be shifted."),
                PermanentError("no-discs", "No."),
            ]
            row = result(change.change, [change] * 4, outcomes)
            counts = (row["refused"], row["warned"], row["shifted"], row["silent"])
            assert counts == (1, 1, 2, 1)
    assert len([line for line in caplog.messages if "12_t2" in line]) == 10


def test_the_same_picture_is_always_changed_alike(case):
    one, other = (list(stressed(case, BOXES, 3, 3)) for _ in range(2))
    assert [change.change for change in one] == [change.change for change in other]
    assert all(
        np.array_equal(a.scan.voxels, b.scan.voxels) for a, b in zip(one, other, strict=True)
    )


def test_annotators_tell_the_truth_and_else_the_reading_of_the_unchanged_picture(case):
    shifted = dict.fromkeys(LEVELS, (0.0, 0.0, 5.0, 5.0))
    assert truth_of(case, reading(shifted)) == BOXES
    unlabelled = Case("1", 1, "mid-slice", "t2", "", case.scan)
    assert truth_of(unlabelled, reading(shifted)) == shifted
    assert truth_of(unlabelled, reading({"L4-L5": (0, 0, 5, 5)})) is None
    assert truth_of(unlabelled, PermanentError("no-discs", "No.")) is None


def test_the_share_is_of_readings_of_changed_pictures():
    table = pd.DataFrame(
        {
            "change": [UNCHANGED, "inverted", "mirrored"],
            "pictures": [9, 10, 11],
            "refused": [0, 1, 0],
            "silent": [5, 1, 1],
        }
    )
    share = silent_share(table)
    assert share.value == pytest.approx(0.1)
    assert share.count == 20
