import numpy as np
import pytest

from pipeline.training import convolutional, herniation
from pipeline.training.crops import CropTable, tabulate
from pipeline.training.herniation import (
    RECIPE,
    SEARCH_SPACE,
    build_model,
    disc_logits,
    fit,
    out_of_fold,
    train,
)
from tests.support.pipeline.made_up_crops import labelled, made_up_crops

QUICK = {"epochs": 40, "units": 8, "components": 3, "learning_rate": 1e-2}


@pytest.fixture(scope="module", autouse=True)
def few_folds():
    """Fewer networks, and fewer looks at each crop, than in earnest, since each takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(herniation, "FOLDS", 3)
        patch.setattr(convolutional, "EPOCHS", 10)
        yield


@pytest.fixture(scope="module")
def trained():
    return train(made_up_crops(), hyperparameters=QUICK, repeats=1)


def test_the_slices_of_a_disc_are_averaged():
    crops = [labelled("1_t2", 0), labelled("1_t2", 1), labelled("1_t1", 0), labelled("2_t2", 0)]
    discs = disc_logits(crops, np.array([1.0, 3.0, 5.0, 7.0]))
    assert discs.logits.tolist() == [2, 5, 7]
    assert discs.patients.tolist() == [1, 1, 2]
    assert discs.sequences.tolist() == ["t2", "t1", "t2"]


def test_training_finds_herniated_discs_of_patients_it_never_saw(trained):
    unseen = trained.out_of_fold
    assert unseen.logits[unseen.truth].min() > unseen.logits[~unseen.truth].max()


def test_the_trained_network_is_calibrated_and_its_threshold_tells_discs_apart(trained):
    table = tabulate(made_up_crops())
    logits = np.asarray(trained.network(table.inputs))[:, 0]
    probabilities = 1 / (1 + np.exp(-logits))
    assert ((probabilities >= trained.threshold) == (table.labels > 0)).mean() > 0.97
    assert trained.out_of_fold.probabilities.mean() == pytest.approx(table.labels.mean(), abs=0.05)


def test_a_disc_of_no_weight_teaches_nothing():
    table = tabulate(made_up_crops(10))
    wrong = CropTable(
        inputs={name: np.concatenate([column] * 2) for name, column in table.inputs.items()},
        labels=np.concatenate([table.labels, 1 - table.labels]),
        weights=np.concatenate([table.weights, 0 * table.weights]),
    )
    logits = np.asarray(fit(wrong, {**RECIPE, **QUICK}, seed=1)(table.inputs))[:, 0]
    assert logits[table.labels > 0].min() > logits[table.labels == 0].max()


def test_the_same_seed_trains_the_same_network():
    table = tabulate(made_up_crops(6))
    first, second = (fit(table, {**RECIPE, "epochs": 2}, seed=3)(table.inputs) for _ in range(2))
    assert np.array_equal(first, second)


def test_every_choice_of_the_search_space_can_be_built():
    for name, values in SEARCH_SPACE.items():
        for value in values:
            assert build_model({**RECIPE, name: value}).count_params() > 0


def test_unknown_hyperparameters_are_refused():
    with pytest.raises(ValueError, match="colour"):
        train(made_up_crops(6), hyperparameters={"colour": 1})


def test_other_crops_are_asked_of_networks_that_did_not_see_their_patients():
    crops = made_up_crops(10)
    chosen = {**RECIPE, **QUICK, "epochs": 1}
    fewer = [crop for crop in crops if crop.patient % 2]
    unseen, asked = out_of_fold(crops, tabulate(crops), chosen, [1], otherwise=fewer)
    of_them = np.flatnonzero(unseen.patients % 2)
    assert asked.patients.tolist() == unseen.patients[of_them].tolist()
    assert asked.logits == pytest.approx(unseen.logits[of_them], abs=1e-5)
