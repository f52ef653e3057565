"""The herniation network: small networks over measures and pictures of a disc, averaged."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from discai.herniation.crops import Crop
from discai.herniation.inputs import ClassifyCrops, inputs_of
from discai.herniation.layers import convolutional_network, disc_inputs, networks, views_of
from discai.herniation.shape import FEATURE_NAMES


@keras.saving.register_keras_serializable(package="discai")
class HerniationEnsemble(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Calibrated herniation logit of a disc on one slice: half by measures, half by its picture.

    The first half is the mean of networks that see the disc's level and three views of the disc:
    measures of its shape, and outlines and signals around it as principal components, which are
    learned without labels. The second half is the mean of convolutional networks over signal and
    outlines in pixels of 1 mm, and the level.

    Inputs, as `inputs.inputs_of` makes them, float32: `shape` `(disc, measure)`,
    `outlines`, `signals` and `planes` `(disc, row, column, channel)`, and `level` `(disc, level)`,
    one-hot.
    Output: float32 logits `(disc, 1)`; those of a disc's slices are averaged before the sigmoid.

    Args:
        members: how many networks over measures; where each view is seen apart, so many see the
            outlines, so many the signals, and twice as many the shape.
        units: in the first hidden layer of each; the second has half as many.
        components: principal components of the outlines, and of the signals.
        together: whether every network sees all views. Models that were trained before December
            2026 don't say so: each of their networks, of one hidden layer, sees one view.
        convolutional: how many convolutional networks; without one there is no input `planes`, and
            the first half is the whole answer, as it was before December 2026.
        filters: of the first layer of each; the last have four times as many.
        measures: names of the shape's measures; a network for others can't be loaded.
    """

    def __init__(
        self,
        members: int = 4,
        units: int = 96,
        components: int = 15,
        together: bool = True,
        convolutional: int = 2,
        filters: int = 16,
        measures: Sequence[str] = FEATURE_NAMES,
        **kwargs: Any,
    ) -> None:
        if tuple(measures) != FEATURE_NAMES:
            raise ValueError("the network was trained on other measures than this code takes")

        # === Functional Model ===
        given = disc_inputs()
        views = views_of(given, components)
        features = layers.Concatenate(name="features")([*views.values(), given["level"]])
        if together:
            logits = networks(features, "whole", members, (units, units // 2))
        else:
            apart = [
                networks(
                    layers.Concatenate(name=f"{name}_and_level")([view, given["level"]]),
                    name,
                    members * (2 if name == "shape" else 1),
                    (units,),
                )
                for name, view in views.items()
            ]
            logits = layers.Concatenate(name="member_logits")(apart)
        measured = ops.mean(logits, axis=-1, keepdims=True)
        calibrate = layers.Dense(1, kernel_initializer="ones", trainable=False, name="calibrate")
        seen = [
            convolutional_network(
                given["planes"], [given["level"]], f"convolutional_{number}", filters
            )
            for number in range(convolutional)
        ]
        if seen:
            pictured = layers.Average(name="pictured")(seen) if convolutional > 1 else seen[0]
            outputs = calibrate((measured + pictured) / 2)
        else:
            outputs = calibrate(measured)
        inputs = [tensor for name, tensor in given.items() if seen or name != "planes"]
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)
        #: `(disc, feature)`: all views, standardised, and last the level, one-hot.
        self.features = features
        #: `(disc, member)`, uncalibrated; training fits these, so that members stay independent.
        self.member_logits = logits
        #: `(disc, 1)`, uncalibrated, of each convolutional network; trained one by one.
        self.convolutional_logits = seen

        # === Config ===
        self.members = members
        self.units = units
        self.components = components
        self.together = together
        self.convolutional = convolutional
        self.filters = filters

    def calibrate(self, slope: float, shift: float) -> None:
        """Give `slope * logit + shift` of the mean logit from now on."""
        self.get_layer("calibrate").set_weights([np.array([[slope]]), np.array([shift])])

    def get_config(self) -> dict[str, Any]:
        """Arguments with which `from_config` builds the same network with new weights."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "members": self.members,
            "units": self.units,
            "components": self.components,
            "together": self.together,
            "convolutional": self.convolutional,
            "filters": self.filters,
            "measures": list(FEATURE_NAMES),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "HerniationEnsemble":
        """The network of a configuration, also of one that was written before December 2026."""
        del custom_objects  # part of Keras' interface
        known = {name: value for name, value in config.items() if name != "dropout"}
        return cls(**{"together": False, "convolutional": 0} | known)


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
    signature = [tf.TensorSpec(tensor.shape, tf.float32) for tensor in network.inputs]
    forward = tf.function(lambda *inputs: network(list(inputs), training=False), signature)

    def classify(crops: Sequence[Crop], levels: Sequence[str]) -> NDArray[np.float32]:
        inputs = inputs_of(crops, levels)[: len(signature)]
        return np.asarray(forward(*inputs).numpy()[:, 0], np.float32)

    return classify
