"""The gradings network learns each grading from the discs that have it."""

from dataclasses import replace

import numpy as np
import pytest

from discai.gradings.grading import COLUMNS
from discai.gradings.network import GradingsEnsemble
from discai.records.gradings import LabelledGradings
from pipeline.training import convolutional, gradings
from pipeline.training.convolutional import known_crossentropy
from pipeline.training.crops import LabelledCrop, outputs_of, tabulate
from pipeline.training.progress import Progress
from tests.support.pipeline.made_up_crops import made_up_crops


@pytest.fixture(scope="module", autouse=True)
def quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradings, "FOLDS", 2)
        patch.setattr(convolutional, "EPOCHS", 5)
        yield


def graded_crops() -> list[LabelledCrop]:
    """Herniated discs are narrow and of the highest grade; of every fifth disc nobody told."""
    return [
        replace(
            crop,
            gradings=LabelledGradings()
            if number % 5 == 0
            else LabelledGradings(pfirrmann=5 if crop.herniation else 1, narrowing=crop.herniation),
        )
        for number, crop in enumerate(made_up_crops(30))
    ]


@pytest.fixture(scope="module")
def progress(tmp_path_factory):
    return Progress(tmp_path_factory.mktemp("progress"))


@pytest.fixture(scope="module")
def trained(progress):
    return gradings.train(graded_crops(), repeats=1, progress=progress)


def test_only_gradings_with_enough_discs_are_taught(trained):
    assert trained.taught == ("pfirrmann", "narrowing")
    assert trained.thresholds.keys() == {"narrowing"}
    assert gradings.enough_labels(graded_crops()[:30]) == ()


def test_unseen_patients_discs_are_told_apart(trained):
    unseen = trained.out_of_fold
    assert len(unseen.truth) == sum(crop.gradings.are_said for crop in graded_crops())
    for name in ("narrowing", "pfirrmann"):
        column = COLUMNS[name].start
        has = unseen.truth[:, column] == 1
        assert unseen.logits[has, column].mean() > unseen.logits[~has, column].mean() + 1
    untaught = COLUMNS["modic"].start
    assert np.isnan(unseen.truth[:, untaught]).all()


def test_the_network_is_calibrated(trained):
    crops = [crop for crop in graded_crops() if crop.gradings.are_said]
    column = COLUMNS["narrowing"].start
    said = outputs_of(trained.network, tabulate(crops))[:, column]
    narrow = np.array([crop.gradings.narrowing for crop in crops])
    probability = 1 / (1 + np.exp(-said))
    assert ((probability >= trained.thresholds["narrowing"]) == narrow).mean() > 0.9


def test_a_training_that_was_broken_off_goes_on(trained, progress, monkeypatch):
    fits = []

    def fit(*given: object) -> GradingsEnsemble:
        fits.append(given)
        return GradingsEnsemble(members=1)

    monkeypatch.setattr(gradings, "fit", fit)
    again = gradings.train(graded_crops(), repeats=1, progress=progress)
    assert len(fits) == 1  # of all crops; the folds were found
    assert np.array_equal(again.out_of_fold.logits, trained.out_of_fold.logits)


def test_without_labels_enough_nothing_is_trained(tmp_path):
    with pytest.raises(ValueError, match="enough"):
        gradings.train(made_up_crops(3), repeats=1, progress=Progress(tmp_path))


def test_what_nobody_said_weighs_nothing():
    labels = np.array([[1, np.nan], [np.nan, np.nan]], np.float32)
    logits = np.array([[0, 5], [3, -3]], np.float32)
    assert known_crossentropy(labels, logits).numpy() == pytest.approx([np.log(2), 0])
    members = np.stack([logits, logits], axis=1)
    assert known_crossentropy(labels, members).numpy() == pytest.approx([np.log(2), 0])
