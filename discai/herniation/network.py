"""The herniation network: small networks over measures and pictures of a disc, averaged."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from discai.anatomy import LEVELS
from discai.herniation.crops import OUTLINES_SHAPE, PLANES_SHAPE, SIGNALS_SHAPE, Crop
from discai.herniation.inputs import ClassifyCrops, inputs_of
from discai.herniation.shape import FEATURE_NAMES

#: Standardised features are cut off here: those of a failed outline must not decide alone.
FARTHEST: Final = 3.0
#: The views that come in as pictures of which principal components are taken.
PICTURES: Final = {"outlines": OUTLINES_SHAPE, "signals": SIGNALS_SHAPE}
#: Part of the pooled filters that a convolutional network does without at each step of training.
DROPOUT: Final = 0.3


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
        inputs = [shape, *pictures.values(), level]
        measured = ops.mean(logits, axis=-1, keepdims=True)
        if convolutional:
            planes = layers.Input(PLANES_SHAPE, name="planes")
            inputs.append(planes)
            seen = [
                _convolutional(planes, level, f"convolutional_{number}", filters)
                for number in range(convolutional)
            ]
            pictured = layers.Average(name="pictured")(seen) if convolutional > 1 else seen[0]
            outputs = calibrate((measured + pictured) / 2)
        else:
            seen = []
            outputs = calibrate(measured)
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


def _convolutional(planes: Any, level: Any, name: str, filters: int) -> Any:
    """The logit `(disc, 1)` of a convolutional network over the planes and the level of a disc."""
    seen = planes
    for depth, wide in enumerate((filters, 2 * filters, 4 * filters, 4 * filters), 1):
        if depth > 1:
            seen = layers.MaxPooling2D(name=f"{name}_pool_{depth}")(seen)
        seen = layers.Conv2D(
            wide, 3, padding="same", use_bias=False, name=f"{name}_convolution_{depth}"
        )(seen)
        seen = layers.BatchNormalization(momentum=0.9, name=f"{name}_normalised_{depth}")(seen)
        seen = layers.ReLU(name=f"{name}_active_{depth}")(seen)
    pooled = layers.Concatenate(name=f"{name}_pooled")(
        [layers.GlobalAveragePooling2D()(seen), layers.GlobalMaxPooling2D()(seen), level]
    )
    pooled = layers.Dropout(DROPOUT, name=f"{name}_dropout")(pooled)
    return layers.Dense(1, name=f"{name}_logit")(pooled)


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
