"""Outlines are judged where the truth is known, and nowhere else."""

import numpy as np
import pytest

from discai.anatomy import disc_value
from discai.reading import Reading
from pipeline.data.examples import Volume
from pipeline.data.scans import volume_scan
from pipeline.evaluation.cases import Case
from pipeline.evaluation.segmentation import outline_scores


def score(lumbar_only: bool, **painted: slice) -> float:
    """The Dice of a volume whose L4-L5 disc is outlined in rows 20 to 30."""
    truth, segmentation = np.zeros((3, 60, 40), bool), np.zeros((3, 60, 40), np.uint8)
    truth[:, 20:30] = True
    for level, rows in painted.items():
        segmentation[:, rows] = disc_value(level.replace("_", "-"))
    masks = {"disc": truth}
    scan = volume_scan(Volume("volume", 1, segmentation, masks, (4.0, 0.65, 0.65)))
    case = Case("volume", 1, "volume", "t2", "", scan, masks, lumbar_only=lumbar_only)
    reading = Reading("m", "sha256:0", segmentation, (), (), {}, 1, "cpu")
    (only,) = outline_scores([case], [reading])
    return only.dice


def test_a_disc_above_the_lumbar_ones_counts_only_where_such_discs_are_outlined():
    higher = {"L4_L5": np.s_[20:30], "T12_L1": np.s_[40:50]}
    assert score(lumbar_only=True, **higher) == 1
    assert score(lumbar_only=False, **higher) == pytest.approx(2 / 3)


def test_a_lumbar_disc_that_is_named_as_a_higher_one_is_missing():
    assert score(lumbar_only=True, T12_L1=np.s_[20:30]) == 0
