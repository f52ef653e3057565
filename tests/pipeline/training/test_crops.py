import numpy as np
import pytest

from pipeline.training.crops import tabulate
from tests.support.pipeline.made_up_crops import labelled


def test_a_disc_weighs_the_same_on_however_many_slices_it_was_cut():
    crops = [labelled("1_t2", 0), labelled("1_t2", 1), labelled("2_t2", 0)]
    assert tabulate(crops).weights.tolist() == [0.5, 0.5, 1]
    assert tabulate(crops, [4, 4, 2]).weights.tolist() == [2, 2, 2]


def test_a_table_can_be_taken_in_parts():
    table = tabulate([labelled("1_t2", 0), labelled("2_t2", 0, "L1-L2", bulge=9)])
    part = table.rows(np.array([1]))
    assert part.labels.tolist() == [1]
    assert part.inputs["level"].argmax() == 0
    assert {len(column) for column in part.inputs.values()} == {1}
    assert part.inputs["shape"][0] == pytest.approx(table.inputs["shape"][1])
