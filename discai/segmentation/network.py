"""The segmentation network: a U-Net over single sagittal slices."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from discai.segmentation.signature import CHANNELS, SegmentSlice

#: Channels per resolution, full resolution first. Full resolution is where the pixels are: its
#: few channels make the network 1.6 times as fast as with 16.
WIDTHS: Final = (8, 24, 48, 64, 96, 128)


@keras.saving.register_keras_serializable(package="discai")
class SegmentationUNet(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Outlines discs, vertebrae, canal and the L5-S1 disc on slices of any size.

    Input: float32 `(slice, row, column, 1)` as `discai.segmentation.grid` makes it, rows and
    columns multiples of `2 ** (len(widths) - 1)`. Output: float32 probabilities
    `(slice, row, column, channel)`, channels as in `CHANNELS`, not exclusive of each other.

    Args:
        widths: convolution channels per resolution, full resolution first.
        dtype: Keras dtype policy of all layers but the last (`"mixed_bfloat16"` trains 1.5 times
            as fast on CPUs that have bfloat16 units).
    """

    def __init__(
        self, widths: Sequence[int] = WIDTHS, dtype: str = "float32", **kwargs: Any
    ) -> None:
        # === Layers ===
        # Nearest upsampling: the bilinear one of Keras 3 needs to know its input's size.
        down = [layers.MaxPooling2D(2, dtype=dtype) for _ in widths[1:]]
        up = [layers.UpSampling2D(2, interpolation="nearest", dtype=dtype) for _ in widths[1:]]
        join = [layers.Concatenate(dtype=dtype) for _ in widths[1:]]
        # Most pixels belong to nothing: starting from "no" saves the first hundred steps.
        rare = keras.initializers.Constant(-3.0)
        head = layers.Conv2D(len(CHANNELS), 1, bias_initializer=rare, dtype=dtype, name="logits")
        probability = layers.Activation("sigmoid", dtype="float32", name="probability")

        # === Functional Model ===
        slices = layers.Input((None, None, 1), name="slices")
        features = _convolve_twice(slices, widths[0], dtype, "encoder_0")
        skips = []
        for depth, width in enumerate(widths[1:], start=1):
            skips.append(features)
            features = _convolve_twice(down[depth - 1](features), width, dtype, f"encoder_{depth}")
        for depth in reversed(range(len(widths) - 1)):
            features = join[depth]([up[depth](features), skips[depth]])
            features = _convolve_twice(features, widths[depth], dtype, f"decoder_{depth}")
        super().__init__(inputs=slices, outputs=probability(head(features)), **kwargs)

        # === Config ===
        self.widths = tuple(widths)
        self.layer_dtype = dtype

    def get_config(self) -> dict[str, Any]:
        """Arguments with which `from_config` builds the same network with new weights."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "widths": list(self.widths),
            "dtype": self.layer_dtype,
        }


def _convolve_twice(features: Any, width: int, dtype: str, name: str) -> Any:
    for part in ("a", "b"):
        features = layers.Conv2D(
            width, 3, padding="same", use_bias=False, dtype=dtype, name=f"{name}{part}_convolution"
        )(features)
        features = layers.BatchNormalization(
            momentum=0.98, dtype=dtype, name=f"{name}{part}_normalisation"
        )(features)
        features = layers.ReLU(dtype=dtype, name=f"{name}{part}_activation")(features)
    return features


def save(network: SegmentationUNet, path: Path) -> None:
    """Write the network as a `.keras` file with half-precision weights, half the size."""
    _with_dtype(network, "float16").save(path)


def load(path: Path, dtype: str = "float32") -> SegmentationUNet:
    """The network of a `.keras` file, ready to predict; refuses unsafe files.

    `dtype` is the Keras policy that it computes with.

    Raises `ValueError` where the file holds anything but this network.
    """
    stored = keras.saving.load_model(path, compile=False, safe_mode=True)
    if not isinstance(stored, SegmentationUNet):
        raise ValueError("the file holds another network than the segmentation's")
    return _with_dtype(stored, dtype)


def compiled(network: SegmentationUNet) -> SegmentSlice:
    """A fast function from one slice `(row, column)` to probabilities `(row, column, channel)`.

    It is traced once for slices of every size; its first call takes a second longer.
    """
    signature = [tf.TensorSpec((1, None, None, 1), tf.float32)]

    forward = tf.function(lambda slices: network(slices, training=False), signature)

    def segment(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(forward(pixels[None, :, :, None]).numpy()[0], np.float32)

    return segment


def _with_dtype(network: SegmentationUNet, dtype: str) -> SegmentationUNet:
    twin = SegmentationUNet(network.widths, dtype=dtype, name=network.name)
    twin.set_weights(network.get_weights())
    return twin
