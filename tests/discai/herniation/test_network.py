import math

import keras
import numpy as np
import pytest

from discai.anatomy import LEVELS
from discai.herniation.crops import CROP_SHAPE, OUTLINES_SHAPE, PLANES_SHAPE, SIGNALS_SHAPE
from discai.herniation.inputs import INPUTS, inputs_of
from discai.herniation.layers import set_components
from discai.herniation.network import HerniationEnsemble, compiled, load, save
from discai.herniation.shape import FEATURE_NAMES


def inputs(count=7):
    random = np.random.default_rng(0)
    shapes = (len(FEATURE_NAMES),), OUTLINES_SHAPE, SIGNALS_SHAPE
    views = [random.normal(size=(count, *shape)).astype(np.float32) for shape in shapes]
    levels = np.eye(5, dtype=np.float32)[random.integers(5, size=count)]
    return [*views, levels, random.uniform(size=(count, *PLANES_SHAPE)).astype(np.float32)]


def test_a_saved_network_says_the_same(tmp_path):
    network = HerniationEnsemble(members=3, units=8)
    network.calibrate(0.7, -2)
    save(network, tmp_path / "herniation.keras")
    again = load(tmp_path / "herniation.keras")
    assert np.array_equal(network(inputs()), again(inputs()))


def parts(network):
    """What the networks over measures say, and what the convolutional ones do."""
    outputs = [network.member_logits, *network.convolutional_logits]
    measured, *pictured = keras.Model(network.inputs, outputs)(inputs())
    return np.asarray(measured), np.concatenate(pictured, axis=1)


@pytest.mark.parametrize("convolutional", [1, 3])
def test_half_of_the_logit_is_the_measures_and_half_is_the_picture(convolutional):
    network = HerniationEnsemble(members=3, units=8, convolutional=convolutional, filters=4)
    network.calibrate(0.5, 1)
    measured, pictured = parts(network)
    halves = measured.mean(axis=1) + pictured.mean(axis=1)
    assert np.asarray(network(inputs()))[:, 0] == pytest.approx(0.25 * halves + 1, abs=1e-5)
    assert (measured.shape[1], pictured.shape[1]) == (3, convolutional)
    assert measured.std(axis=1).min() > 0
    assert pictured.std(axis=0).min() > 0


@pytest.mark.parametrize(("together", "count"), [(True, 3), (False, 12)])
def test_without_convolutional_networks_the_measures_are_the_whole_answer(together, count):
    network = HerniationEnsemble(members=3, units=8, together=together, convolutional=0)
    network.calibrate(0.5, 1)
    *others, _planes = inputs()
    members = np.asarray(keras.Model(network.inputs, network.member_logits)(others))
    expected = 0.5 * members.mean(axis=1, keepdims=True) + 1
    assert np.asarray(network(others)) == pytest.approx(expected, abs=1e-5)
    assert members.shape[1] == count
    assert members.std(axis=1).min() > 0


@pytest.mark.parametrize("unsaid", [("convolutional",), ("convolutional", "together")])
def test_a_network_that_an_earlier_version_saved_is_still_read(unsaid):
    together = "together" not in unsaid
    network = HerniationEnsemble(members=2, units=8, together=together, convolutional=0)
    earlier = {**network.get_config(), "dropout": 0.3}
    for name in unsaid:
        del earlier[name]
    again = HerniationEnsemble.from_config(earlier)
    again.set_weights(network.get_weights())
    *others, _planes = inputs()
    assert again.together == together
    assert np.array_equal(network(others), again(others))
    assert np.isfinite(compiled(again)([np.zeros(CROP_SHAPE, np.uint8)], ["L4-L5"])).all()


def test_absurd_inputs_do_not_decide_alone():
    network = HerniationEnsemble()
    *views, level, planes = inputs(1)  # planes are bounded as they are made
    assert abs(float(network([*(view * 1e9 for view in views), level, planes])[0, 0])) < 50


def test_the_components_of_a_picture_are_its_part_along_their_axes():
    network = HerniationEnsemble(components=2)
    pixels = math.prod(SIGNALS_SHAPE)
    axes = np.eye(2, pixels)
    set_components(network, "signals", axes, np.full(pixels, 3.0))
    picture = np.full((1, *SIGNALS_SHAPE), 3.0)
    picture[0, 0, 1] = 8
    flat = picture.reshape(1, -1)
    assert network.get_layer("signals_components")(flat).numpy().tolist() == [[0, 5]]


def test_crops_become_logits():
    crops = [np.full(CROP_SHAPE, 128, np.uint8)] * 2
    logits = compiled(HerniationEnsemble())(crops, ["L5-S1", "L4-L5"])
    assert logits.shape == (2,)
    assert np.isfinite(logits).all()


def test_the_inputs_come_in_the_network_s_order():
    given = inputs_of([np.zeros(CROP_SHAPE, np.uint8)], ["L4-L5"])
    network = HerniationEnsemble()
    assert [tensor.name for tensor in network.inputs] == list(INPUTS)
    assert [tensor.shape[1:] for tensor in network.inputs] == [view.shape[1:] for view in given]
    assert given[INPUTS.index("level")].argmax() == LEVELS.index("L4-L5")


def test_another_network_is_refused(tmp_path):
    keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)]).save(
        tmp_path / "other.keras"
    )
    with pytest.raises(ValueError, match="another network"):
        load(tmp_path / "other.keras")


def test_a_network_over_other_measures_is_refused():
    with pytest.raises(ValueError, match="other measures"):
        HerniationEnsemble(measures=FEATURE_NAMES[1:])
