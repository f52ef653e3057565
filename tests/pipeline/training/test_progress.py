"""Training that is broken off and tried again: nothing finished is done again, or differently."""

from pathlib import Path

import numpy as np
import pytest

from discai.errors import PermanentError
from pipeline.training import herniation
from pipeline.training.progress import Progress, named_by
from pipeline.training.search import search
from tests.support.pipeline.made_up_crops import made_up_crops
from tests.support.pipeline.progress import Guessed, Kept, MachineGone

QUICK = {"epochs": 5, "units": 8, "components": 3}


def test_training_that_is_tried_again_ends_with_the_same_network_bit_for_bit(tmp_path, monkeypatch):
    monkeypatch.setattr(herniation, "FOLDS", 3)
    crops = made_up_crops(10)
    whole = herniation.train(crops, hyperparameters=QUICK, repeats=1)
    broken, again = Kept(tmp_path, lasts=2), Kept(tmp_path)
    with pytest.raises(MachineGone):
        herniation.train(crops, hyperparameters=QUICK, repeats=1, progress=broken)
    trained = herniation.train(crops, hyperparameters=QUICK, repeats=1, progress=again)
    assert len(again.kept) == herniation.FOLDS + 1 - 2, "what was finished is not trained again"
    pairs = zip(whole.network.get_weights(), trained.network.get_weights(), strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)
    assert whole.threshold == trained.threshold
    assert np.array_equal(whole.out_of_fold.logits, trained.out_of_fold.logits)


def test_a_search_that_is_tried_again_tries_what_it_would_have_tried(tmp_path):
    crops = made_up_crops(6)
    tried: list[object] = []
    once_more: list[object] = []

    def searched(folder, progress, told=None):
        follow = (lambda *one: told.append(one)) if told is not None else (lambda *_: None)
        return search(crops, tmp_path / folder, trials=6, progress=progress, tried=follow)

    whole = searched("whole", Guessed(tmp_path / "a"), tried)
    lasts = 2 * herniation.FOLDS + 2
    with pytest.raises(MachineGone):
        searched("broken", Guessed(tmp_path / "b", lasts))
    again = Guessed(tmp_path / "b")
    assert searched("again", again, once_more) == whole
    assert once_more == tried
    assert len(again.kept) == (6 + 1) * herniation.FOLDS - lasts, "the recipe is tried as well"


def test_another_machine_finds_what_the_first_has_kept(cloud, tmp_path):
    bucket = cloud.storage.create_bucket(f"{cloud.project}-progress")
    first = Progress(tmp_path / "first", bucket, "runs/1/")
    first.part("folds").once("one", lambda: np.arange(3.0))

    def never():
        raise AssertionError("it is known")

    second = Progress.found(tmp_path / "second", bucket, "runs/1/")
    assert second.part("folds").once("one", never).tolist() == [0, 1, 2]
    other = Progress.found(tmp_path / "third", bucket, "runs/2/")
    assert other.part("folds").once("one", lambda: np.ones(1)).tolist() == [1]


def test_a_part_that_is_half_written_is_written_anew(tmp_path):
    def dies(path):
        path.write_text("half")
        raise MachineGone

    with pytest.raises(MachineGone):
        Progress(tmp_path).file("network", dies)

    def writes(path: Path) -> None:
        path.write_text("whole")

    path = Progress(tmp_path).file("network", writes)
    assert path.read_text() == "whole"


def test_a_folder_is_named_by_everything_that_its_parts_depend_on():
    assert named_by(dataset="a", weights={"x": 1}) != named_by(dataset="a", weights={"x": 2})
    assert named_by(dataset="a", trials=8) == named_by(trials=8, dataset="a")


def test_a_part_that_is_damaged_is_named(tmp_path):
    progress = Progress(tmp_path)
    progress.once("fold-1", lambda: np.arange(3))
    (tmp_path / "fold-1.npy").write_bytes(b"no array")
    with pytest.raises(PermanentError, match=r"fold-1\.npy") as raised:
        progress.once("fold-1", lambda: np.arange(3))
    assert raised.value.code == "progress-damaged"
