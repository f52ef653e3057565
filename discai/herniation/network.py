"""The herniation network: small networks over three views of a disc and its level, averaged."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from discai.anatomy import LEVELS
from discai.herniation.crops import OUTLINES_SHAPE, SIGNALS_SHAPE, Crop
from discai.herniation.inputs import ClassifyCrops, inputs_of
from discai.herniation.shape import FEATURE_NAMES

#: Standardised features are cut off here: those of a failed outline must not decide alone.
FARTHEST: Final = 3.0
#: The views that come in as pictures, and what the network makes of them.
PICTURES: Final = {"outlines": OUTLINES_SHAPE, "signals": SIGNALS_SHAPE}


@keras.saving.register_keras_serializable(package="discai")
class HerniationEnsemble(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Herniation logit of a disc on one slice: the calibrated mean over small networks.

    Each of them sees the disc's level and three views of the disc: measures of its shape, outlines
    and signals around it. Outlines and signals come in as principal components that are learned
    without labels; with so few herniated discs, filters that are learned from the labels fit the
    noise.

    Inputs, as `inputs.inputs_of` makes them, float32: `shape` `(disc, measure)`,
    `outlines` and `signals` `(disc, row, column, channel)`, and `level` `(disc, level)`, one-hot.
    Output: float32 logits `(disc, 1)`; those of a disc's slices are averaged before the sigmoid.

    Args:
        members: how many networks; where each view is seen apart, so many see the outlines, so
            many the signals, and twice as many the shape.
        units: in the first hidden layer of each; the second has half as many.
        components: principal components of the outlines, and of the signals.
        together: whether every network sees all views. Models that were trained before December
            2026 don't say so: each of their networks, of one hidden layer, sees one view.
        measures: names of the shape's measures; a network for others can't be loaded.
    """

    def __init__(
        self,
        members: int = 4,
        units: int = 96,
        components: int = 15,
        together: bool = True,
        measures: Sequence[str] = FEATURE_NAMES,
        **kwargs: Any,
    ) -> None:
        if tuple(measures) != FEATURE_NAMES:
            raise ValueError("the network was trained on other measures than this code takes")

        # === Layers ===
        flatten = layers.Flatten(name="flatten")
        project = {
            name: layers.Dense(components, trainable=False, name=f"{name}_components")
            for name in PICTURES
        }
        calibrate = layers.Dense(1, kernel_initializer="ones", trainable=False, name="calibrate")

        # === Functional Model ===
        shape = layers.Input((len(FEATURE_NAMES),), name="shape")
        pictures = {name: layers.Input(size, name=name) for name, size in PICTURES.items()}
        level = layers.Input((len(LEVELS),), name="level")
        views = {"shape": _bounded(shape, "shape")} | {
            name: _bounded(project[name](flatten(picture)), name)
            for name, picture in pictures.items()
        }
        features = layers.Concatenate(name="features")([*views.values(), level])
        if together:
            logits = _networks(features, "whole", members, (units, units // 2))
        else:
            apart = [
                _networks(
                    layers.Concatenate(name=f"{name}_and_level")([view, level]),
                    name,
                    members * (2 if name == "shape" else 1),
                    (units,),
                )
                for name, view in views.items()
            ]
            logits = layers.Concatenate(name="member_logits")(apart)
        super().__init__(
            inputs=[shape, *pictures.values(), level],
            outputs=calibrate(ops.mean(logits, axis=-1, keepdims=True)),
            **kwargs,
        )
        #: `(disc, feature)`: all views, standardised, and last the level, one-hot.
        self.features = features
        #: `(disc, member)`, uncalibrated; training fits these, so that members stay independent.
        self.member_logits = logits

        # === Config ===
        self.members = members
        self.units = units
        self.components = components
        self.together = together

    def set_components(
        self, picture: str, axes: NDArray[np.floating], mean: NDArray[np.floating]
    ) -> None:
        """Set a picture's principal axes `(component, pixel)` and its mean `(pixel,)`."""
        self.get_layer(f"{picture}_components").set_weights([axes.T, -axes @ mean])

    def adapt(self, view: str, features: NDArray[np.floating]) -> None:
        """Learn what is standard for the features `(disc, feature)` of a view."""
        self.get_layer(f"{view}_standardised").adapt(features.astype(np.float32))

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
            "measures": list(FEATURE_NAMES),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> "HerniationEnsemble":
        """The network of a configuration, also of one that was written before December 2026."""
        del custom_objects  # part of Keras' interface
        known = {name: value for name, value in config.items() if name != "dropout"}
        return cls(**{"together": False} | known)


def _bounded(view: Any, name: str) -> Any:
    """A view as numbers of which ordinary ones lie around zero and none lies far."""
    return ops.clip(layers.Normalization(name=f"{name}_standardised")(view), -FARTHEST, FARTHEST)


def _networks(features: Any, name: str, members: int, units: tuple[int, ...]) -> Any:
    """Logits `(disc, member)` of networks over the same features, with hidden layers so wide."""
    hidden, equation = features, "bf,fmh->bmh"
    for depth, wide in enumerate(units, 1):
        place = "hidden" if depth == 1 else f"hidden_{depth}"
        hidden = layers.EinsumDense(
            equation, (members, wide), bias_axes="mh", activation="relu", name=f"{name}_{place}"
        )(hidden)
        equation = "bmf,mfh->bmh"
    return layers.EinsumDense("bmh,mh->bm", (members,), bias_axes="m", name=f"{name}_logits")(
        hidden
    )


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
        return np.asarray(forward(*inputs_of(crops, levels)).numpy()[:, 0], np.float32)

    return classify
