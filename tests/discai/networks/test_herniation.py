import numpy as np
import pytest

from discai.anatomy import LEVELS
from discai.crops import CROP_SHAPE
from discai.networks.herniation import HerniationEnsemble, compiled, inputs_of, load, save
from discai.shape import FEATURE_NAMES


def inputs(count=7):
    random = np.random.default_rng(0)
    shape = random.normal(size=(count, len(FEATURE_NAMES))).astype(np.float32)
    return shape, np.eye(5, dtype=np.float32)[random.integers(5, size=count)]


def test_a_saved_network_says_the_same(tmp_path):
    network = HerniationEnsemble(members=3, units=8)
    network.get_layer("calibrate").set_weights([np.array([[0.7]]), np.array([-2.0])])
    save(network, tmp_path / "herniation.keras")
    again = load(tmp_path / "herniation.keras")
    assert np.array_equal(network(inputs()), again(inputs()))


def test_the_logit_is_the_calibrated_mean_of_the_members():
    import keras

    network = HerniationEnsemble(members=3, units=8)
    network.get_layer("calibrate").set_weights([np.array([[0.5]]), np.array([1.0])])
    members = keras.Model(network.inputs, network.member_logits)(list(inputs()))
    expected = 0.5 * np.asarray(members).mean(axis=1, keepdims=True) + 1
    assert np.asarray(network(inputs())) == pytest.approx(expected, abs=1e-5)
    assert np.asarray(members).std(axis=1).min() > 0


def test_absurd_measures_do_not_decide_alone():
    network = HerniationEnsemble()
    shape, level = inputs(1)
    absurd = shape * 1e9
    assert abs(float(network((absurd, level))[0, 0])) < 50


def test_crops_become_logits():
    crops = [np.full(CROP_SHAPE, 128, np.uint8)] * 2
    logits = compiled(HerniationEnsemble())(crops, ["L5-S1", "L4-L5"])
    assert logits.shape == (2,)
    assert np.isfinite(logits).all()


def test_the_level_is_told_by_its_place():
    _, one_hot = inputs_of([np.zeros(CROP_SHAPE, np.uint8)], ["L4-L5"])
    assert one_hot.argmax() == LEVELS.index("L4-L5")


def test_another_network_is_refused(tmp_path):
    import keras

    keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)]).save(
        tmp_path / "other.keras"
    )
    with pytest.raises(ValueError, match="another network"):
        load(tmp_path / "other.keras")
