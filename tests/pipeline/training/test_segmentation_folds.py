"""The segmentation's folds: every development volume is outlined by a network that never saw it."""

import numpy as np
import pytest

from pipeline.metrics.segmentation import Move
from pipeline.training.segmentation_folds import THRESHOLDS, folds, judged, moves_table, table
from tests.support.pipeline.volumes import segment, volume


def test_folds_part_the_patients():
    patients = range(100, 122)
    divided = folds(patients)
    everybody = [patient for fold in divided for patient in fold]
    assert sorted(everybody) == list(patients)
    assert max(map(len, divided)) - min(map(len, divided)) <= 1
    assert folds(reversed(patients)) == divided


def test_a_volume_is_judged_at_each_threshold_and_for_its_best_move():
    [(channel, scores, move)] = judged(segment, volume(20))
    assert channel == "disc"
    by_threshold = dict(zip(THRESHOLDS, scores, strict=True))
    assert (by_threshold[0.5], by_threshold[0.6]) == pytest.approx((1.0, 0.0))
    assert move == pytest.approx((0.0, 1.0))


def test_the_table_has_the_mean_over_patients_and_its_interval():
    rows = np.array([[0.8] * len(THRESHOLDS), [0.9] * len(THRESHOLDS)])
    assert "| disc | 2 | 0.850 [0.800, 0.900] | 0.8500 |" in table({"disc": rows})


def test_the_second_table_has_the_dice_of_moved_outlines_and_the_distances():
    lines = moves_table({"disc": [Move(1.0, 0.92), Move(-0.5, 0.90)]})
    assert "| disc | 0.910 [0.900, 0.920] | -0.5, 1.0 |" in lines
