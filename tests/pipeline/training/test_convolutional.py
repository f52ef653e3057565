import keras
import numpy as np
import pytest

from discai.herniation.inputs import INPUTS
from discai.herniation.network import HerniationEnsemble
from pipeline.training import convolutional
from pipeline.training.convolutional import fit, moved
from pipeline.training.crops import CropTable, tabulate
from tests.support.pipeline.made_up_crops import labelled, made_up_crops


@pytest.fixture(autouse=True)
def few_looks(monkeypatch):
    monkeypatch.setattr(convolutional, "EPOCHS", 20)


def fitted(table, seed=1):
    keras.utils.set_random_seed(seed)
    ensemble = HerniationEnsemble(convolutional=1, filters=8)
    inputs = [ensemble.inputs[INPUTS.index(name)] for name in ("planes", "level")]
    network = keras.Model(inputs, ensemble.convolutional_logits[0])
    fit(network, table, seed)
    return network


def judged(network, table):
    return np.asarray(network([table.inputs["planes"], table.inputs["level"]]))[:, 0]


def test_it_tells_herniated_discs_of_patients_that_it_never_saw():
    crops = made_up_crops(30)
    learned, unseen = (
        tabulate([crop for crop in crops if (crop.patient < 20) == early])
        for early in (True, False)
    )
    logits = judged(fitted(learned), unseen)
    assert logits[unseen.labels > 0].min() > logits[unseen.labels == 0].max()


def test_a_crop_of_no_weight_teaches_nothing():
    table = tabulate(made_up_crops(10))
    wrong = CropTable(
        inputs={name: np.concatenate([column] * 2) for name, column in table.inputs.items()},
        labels=np.concatenate([table.labels, 1 - table.labels]),
        weights=np.concatenate([table.weights, 0 * table.weights]),
    )
    logits = judged(fitted(wrong), table)
    assert logits[table.labels > 0].min() > logits[table.labels == 0].max()


def test_the_same_seed_fits_the_same_network():
    table = tabulate(made_up_crops(4))
    assert np.array_equal(*(judged(fitted(table, seed=3), table) for _ in range(2)))


def test_a_moved_disc_keeps_its_place_size_and_brightness_but_for_a_little():
    picture = tabulate([labelled("1_t2", 0)]).inputs["planes"][0].astype(np.float32)
    random = np.random.default_rng(0)
    views = np.stack([moved(picture, random) for _ in range(200)])
    assert views.shape == (200, *picture.shape)
    assert views.std(axis=0).max() > 0.05
    discs = views[..., 1].sum(axis=(1, 2)) / picture[..., 1].sum()
    assert discs.mean() == pytest.approx(1, abs=0.05)
    assert np.abs(np.log(discs)).max() < 0.6
    assert views[..., 0].mean() == pytest.approx(picture[..., 0].mean(), rel=0.05)
