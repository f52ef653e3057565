"""The herniation network: an ensemble of small networks over a disc's measures and its level."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from discai.anatomy import LEVELS
from discai.crops import Crop
from discai.networks.herniation_inputs import ClassifyCrops, inputs_of
from discai.shape import FEATURE_NAMES

#: Standardised measures are cut off here: those of a failed outline must not decide alone.
FARTHEST: Final = 3.0


@keras.saving.register_keras_serializable(package="discai")
class HerniationEnsemble(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Herniation logit of a disc on one slice: the calibrated mean over `members` networks.

    Inputs, as `inputs_of` makes them: `shape` float32 `(disc, measure)` and `level` float32
    `(disc, level)`, one-hot. Output: float32 logits `(disc, 1)`; those of a disc's slices are
    averaged before the sigmoid.

    Args:
        members: how many networks are averaged.
        units: in the hidden layer of each.
        dropout: share of the hidden units that a training step leaves out.
    """

    def __init__(
        self, members: int = 10, units: int = 16, dropout: float = 0.3, **kwargs: Any
    ) -> None:
        # === Layers ===
        standardise = layers.Normalization(name="standardise")
        hidden = layers.EinsumDense(
            "bf,fmh->bmh", (members, units), bias_axes="mh", activation="relu", name="hidden"
        )
        leave_out = layers.Dropout(dropout, name="leave_out")
        logit = layers.EinsumDense("bmh,mh->bm", (members,), bias_axes="m", name="member_logits")
        calibrate = layers.Dense(1, kernel_initializer="ones", trainable=False, name="calibrate")

        # === Functional Model ===
        shape = layers.Input((len(FEATURE_NAMES),), name="shape")
        level = layers.Input((len(LEVELS),), name="level")
        bounded = ops.clip(standardise(shape), -FARTHEST, FARTHEST)
        features = layers.Concatenate()([bounded, level])
        member_logits = logit(leave_out(hidden(features)))
        super().__init__(
            inputs=[shape, level],
            outputs=calibrate(ops.mean(member_logits, axis=-1, keepdims=True)),
            **kwargs,
        )
        #: `(disc, member)`, uncalibrated; training fits these, so that members stay independent.
        self.member_logits = member_logits

        # === Config ===
        self.members = members
        self.units = units
        self.dropout = dropout

    def get_config(self) -> dict[str, Any]:
        """What `from_config` needs to build the same network with new weights."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "members": self.members,
            "units": self.units,
            "dropout": self.dropout,
        }


def save(network: HerniationEnsemble, path: Path) -> None:
    """Write the network as a `.keras` file."""
    network.save(path)


def load(path: Path) -> HerniationEnsemble:
    """The network of a `.keras` file, ready to predict; refuses unsafe files.

    Raises `ValueError` where the file holds anything but this network.
    """
    network = keras.saving.load_model(path, compile=False, safe_mode=True)
    if not isinstance(network, HerniationEnsemble):
        raise ValueError("the file holds another network than the herniation's")
    return network


def compiled(network: HerniationEnsemble) -> ClassifyCrops:
    """A fast function from crops and their levels to logits `(crop,)`."""
    signature = [
        tf.TensorSpec((None, len(FEATURE_NAMES)), tf.float32),
        tf.TensorSpec((None, len(LEVELS)), tf.float32),
    ]
    forward = tf.function(lambda *inputs: network(inputs, training=False), signature)

    def classify(crops: Sequence[Crop], levels: Sequence[str]) -> NDArray[np.float32]:
        return np.asarray(forward(*inputs_of(crops, levels)).numpy()[:, 0], np.float32)

    return classify
