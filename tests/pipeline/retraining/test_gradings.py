"""A challenger learns gradings again that reviewers gave, and keeps the others' weights."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from discai.gradings.grading import COLUMNS
from discai.gradings.network import GradingsEnsemble, load
from discai.manifest import GRADINGS_FILE, Thresholds, write_manifest
from discai.records.gradings import LabelledGradings
from pipeline.retraining.crop_dataset import DatasetCrop
from pipeline.retraining.gradings import LEAST_NEW_DISCS, graded_again, train_gradings
from pipeline.training import convolutional, gradings
from pipeline.training.progress import Progress
from tests.support.pipeline.made_up_crops import made_up_crops
from tests.support.predictors import manifest

BEFORE = {"narrowing": 0.31, "bulging": 0.41, "spondylolisthesis": 0.51, "modic": 0.61}
WEIGHTS = {"original": 1.0, "correction": 2.0, "acceptance": 1.0}


@pytest.fixture
def parent(tmp_path) -> Path:
    folder = tmp_path / "parent"
    folder.mkdir()
    GradingsEnsemble().save(folder / GRADINGS_FILE)
    thresholds = Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.3, gradings=BEFORE)
    write_manifest(folder, manifest(thresholds=thresholds))
    return folder


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(gradings, "FOLDS", 2)
    monkeypatch.setattr(convolutional, "EPOCHS", 2)
    monkeypatch.setattr(gradings, "EPOCHS", 2)


def crops(corrected: int) -> list[DatasetCrop]:
    """Original discs with grades; of the last ones a reviewer told whether they are narrow."""
    made = made_up_crops(24)
    return [
        DatasetCrop(
            replace(
                crop,
                gradings=LabelledGradings(narrowing=crop.herniation)
                if number >= len(made) - corrected
                else LabelledGradings(
                    pfirrmann=5 if crop.herniation else 1, narrowing=crop.herniation
                ),
            ),
            "correction" if number >= len(made) - corrected else "original",
        )
        for number, crop in enumerate(made)
    ]


def train(parent: Path, tmp_path: Path, of: list[DatasetCrop]) -> dict[str, float]:
    (tmp_path / "out").mkdir()
    progress = Progress(tmp_path / "progress")
    return train_gradings(of, parent, tmp_path / "out", WEIGHTS, 1, progress)


def logits(path: Path) -> np.ndarray:
    network = load(path)
    random = np.random.default_rng(0)
    given = [random.random((4, *tensor.shape[1:]), np.float32) for tensor in network.inputs]
    return np.asarray(network(given, training=False))


def test_what_reviewers_graded_is_learned_again_and_the_rest_keeps_its_weights(parent, tmp_path):
    thresholds = train(parent, tmp_path, crops(LEAST_NEW_DISCS))
    before, after = (logits(each / GRADINGS_FILE) for each in (parent, tmp_path / "out"))
    for name, columns in COLUMNS.items():
        kept = np.array_equal(before[:, columns], after[:, columns])
        assert kept == (name != "narrowing")
    assert thresholds.keys() == BEFORE.keys()
    assert {name for name in BEFORE if thresholds[name] != BEFORE[name]} == {"narrowing"}


def test_with_too_few_new_discs_production_is_copied(parent, tmp_path):
    assert train(parent, tmp_path, crops(LEAST_NEW_DISCS - 1)) == BEFORE
    copied = (tmp_path / "out" / GRADINGS_FILE).read_bytes()
    assert copied == (parent / GRADINGS_FILE).read_bytes()


def test_a_model_without_gradings_gets_none_from_labels_for_some_of_them(parent, tmp_path):
    (parent / GRADINGS_FILE).unlink()
    write_manifest(parent, manifest())
    assert train(parent, tmp_path, crops(LEAST_NEW_DISCS)) == {}
    assert not (tmp_path / "out" / GRADINGS_FILE).exists()


def test_held_out_discs_are_not_counted():
    told = [replace(crop, held_out=True) for crop in crops(LEAST_NEW_DISCS)]
    assert graded_again(told) == set()
    assert graded_again(crops(LEAST_NEW_DISCS)) == {"narrowing"}
