import json

import numpy as np
import pytest

from discai.errors import PermanentError
from pipeline.retraining.training_logs import TrainingLogs
from pipeline.training import search as searching
from pipeline.training.calibration import OutOfFoldLogits, mean_auroc
from pipeline.training.herniation import RECIPE, SEARCH_SPACE
from pipeline.training.search import RESULTS_NAME, search, search_space
from tests.support.pipeline.made_up_crops import made_up_crops
from tests.support.pipeline.progress import Guessed


def test_a_search_records_every_trial_and_keeps_the_recipe_unless_another_is_clearly_better(
    tmp_path,
):
    logs = TrainingLogs(tmp_path / "logs")
    folds = Guessed(tmp_path / "folds")
    best = search(made_up_crops(10), tmp_path, trials=1, progress=folds, tried=logs.trial)
    assert [folder.name for folder in logs.folder.iterdir()] == ["trial-0"]
    results = json.loads((tmp_path / RESULTS_NAME).read_text())
    (trial,) = results["trials"]
    assert all(trial[name] in values for name, values in SEARCH_SPACE.items())
    better = trial["auroc"] > results["recipe"]["auroc"] + searching.MARGIN
    assert best == {name: (trial if better else RECIPE)[name] for name in SEARCH_SPACE}


def test_a_search_whose_trials_all_fail_says_so(tmp_path):
    def fail(*_):
        raise ValueError("no logs today")

    with pytest.raises(PermanentError, match="No trial"):
        search(made_up_crops(10), tmp_path, trials=1, progress=Guessed(tmp_path), tried=fail)


def test_the_tuner_knows_the_whole_space_and_begins_at_the_recipe():
    space = search_space()
    assert space.values == RECIPE
    assert {choice.name: tuple(choice.values) for choice in space.space} == SEARCH_SPACE


def test_sequences_are_read_by_themselves_and_count_by_their_herniated_discs():
    discs = OutOfFoldLogits(
        patients=np.arange(7),
        sequences=np.array(["t1", "t1", "t2", "t2", "t2", "t2_SPACE", "t2_SPACE"]),
        levels=np.full(7, "L5-S1"),
        truth=np.array([True, False, True, True, False, False, False]),
        logits=np.array([10.0, 12.0, -3.0, -2.0, -5.0, 0.0, 1.0]),
    )
    assert mean_auroc(discs) == pytest.approx((1 * 0 + 2 * 1) / 3)
