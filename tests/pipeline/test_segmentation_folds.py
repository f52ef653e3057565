"""The segmentation's folds: every development volume is outlined by a network that never saw it."""

import numpy as np

from pipeline.dataset import Spider
from pipeline.segmentation_folds import THRESHOLDS, folds, table


def test_folds_part_the_development_patients(data_dir):
    spider = Spider(data_dir)
    divided = folds(spider)
    everybody = [patient for fold in divided for patient in fold]
    assert len(everybody) == len(set(everybody)) > 15
    assert {spider.subset_of(patient) for patient in everybody} == {"train", "tune"}
    assert max(map(len, divided)) - min(map(len, divided)) <= 1


def test_the_table_has_the_mean_over_patients_and_its_interval():
    rows = np.array([[0.8] * len(THRESHOLDS), [0.9] * len(THRESHOLDS)])
    assert "| disc | 2 | 0.850 [0.800, 0.900] | 0.8500 |" in table({"disc": rows})
