"""The segmentation network as its users see it: shapes, files, safety."""

import keras
import numpy as np
import pytest

from discai.segmentation.network import SegmentationUNet, compiled, load, save
from discai.segmentation.signature import CHANNELS


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(1)
    return SegmentationUNet((4, 8, 8, 8, 8, 8))


@pytest.mark.parametrize("shape", [(32, 32), (96, 64), (64, 160)])
def test_gives_a_probability_for_each_channel_of_each_pixel(network, shape):
    probabilities = compiled(network)(np.random.default_rng(0).random(shape, np.float32))
    assert probabilities.shape == (*shape, len(CHANNELS))
    assert probabilities.dtype == np.float32
    assert 0 <= probabilities.min() < probabilities.max() <= 1


def test_one_compiled_function_serves_slices_of_every_size(network):
    segment = compiled(network)
    for size in (32, 64, 96):
        image = np.random.default_rng(size).random((size, size), np.float32)
        direct = np.asarray(network(image[None, ..., None], training=False))[0]
        assert segment(image) == pytest.approx(direct, abs=1e-4)


def test_config_builds_the_same_network(network):
    twin = SegmentationUNet.from_config(network.get_config())
    assert twin.widths == network.widths
    assert [w.shape for w in twin.weights] == [w.shape for w in network.weights]


def test_the_default_network_is_small_enough_to_commit(tmp_path):
    save(SegmentationUNet(), tmp_path / "network.keras")
    assert (tmp_path / "network.keras").stat().st_size < 3_000_000


def test_a_saved_network_predicts_the_same_in_float32(network, tmp_path):
    save(network, tmp_path / "network.keras")
    loaded = load(tmp_path / "network.keras")
    image = np.random.default_rng(0).random((64, 64), np.float32)
    assert {weight.dtype for weight in loaded.weights} == {"float32"}
    assert compiled(loaded)(image) == pytest.approx(compiled(network)(image), abs=0.005)


def test_a_network_trained_in_bfloat16_is_served_in_float32(tmp_path):
    save(SegmentationUNet((4, 8), dtype="mixed_bfloat16"), tmp_path / "network.keras")
    assert load(tmp_path / "network.keras").get_config()["dtype"] == "float32"


def test_refuses_a_file_that_would_run_code(tmp_path):
    slices = keras.Input((None, None, 1))
    harmful = keras.Model(slices, keras.layers.Lambda(lambda x: x * 2)(slices))
    harmful.save(tmp_path / "harmful.keras")
    with pytest.raises(ValueError, match="Lambda"):
        load(tmp_path / "harmful.keras")


def test_refuses_a_file_with_another_network(tmp_path):
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]).save(tmp_path / "other.keras")
    with pytest.raises(ValueError, match="another network"):
        load(tmp_path / "other.keras")
