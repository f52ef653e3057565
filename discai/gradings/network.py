"""The gradings network: one trunk over measures and picture of a disc, a head for each grading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from discai.gradings.grading import COLUMNS, OUTPUTS
from discai.herniation.layers import convolutional_network, disc_inputs, networks, views_of
from discai.herniation.shape import FEATURE_NAMES
from discai.records.gradings import GRADING_NAMES, GradingName


@dataclass(frozen=True)
class GradingPart:
    """Tensors of a part of the network, and the gradings that it answers for.

    Attributes:
        features: `(disc, feature)`: all views, standardised, and last the level, one-hot.
        measured: uncalibrated logits by measures `(disc, member, output)`.
        pictured: uncalibrated logits by the picture `(disc, output)`.
    """

    gradings: tuple[GradingName, ...]
    features: Any
    measured: Any
    pictured: Any


@keras.saving.register_keras_serializable(package="discai")
class GradingsEnsemble(keras.Model):  # type: ignore[misc]  # Keras ships no types
    """Calibrated logits of all gradings of a disc on one slice.

    A part is built as the herniation's network is: half of each logit is the mean of networks over
    measures, half comes from a convolutional network, which sees the measures, too. What was
    trained at once is one part. A grading with too few labels to be trained again keeps the part
    that it had.

    Inputs: as `discai.herniation.inputs.inputs_of` makes them, float32.
    Output: float32 logits `(disc, output)` in the order of `grading.COLUMNS`; those of a disc's
    slices are averaged before the sigmoid.

    Args:
        parts: the gradings that each part answers for; each grading once.
        members: how many networks over measures.
        units: in the first hidden layer of each; the second has half as many.
        components: principal components of the outlines, and of the signals.
        filters: of the convolutional network's first layer.
        measures: names of the shape's measures; a network for others can't be loaded.
    """

    def __init__(
        self,
        parts: Sequence[Sequence[GradingName]] = (GRADING_NAMES,),
        members: int = 8,
        units: int = 96,
        components: int = 15,
        filters: int = 16,
        measures: Sequence[str] = FEATURE_NAMES,
        **kwargs: Any,
    ) -> None:
        if tuple(measures) != FEATURE_NAMES:
            raise ValueError("the network was trained on other measures than this code takes")
        if sorted(name for part in parts for name in part) != sorted(GRADING_NAMES):
            raise ValueError("the network's parts don't answer for each grading once")
        given = disc_inputs()
        built: list[GradingPart] = []
        answered: dict[GradingName, Any] = {}
        for number, names in enumerate(parts):
            prefix = _prefix(number)
            views = views_of(given, components, prefix)
            features = layers.Concatenate(name=f"{prefix}features")(
                [*views.values(), given["level"]]
            )
            measured = networks(
                features, f"{prefix}whole", members, (units, units // 2), outputs=OUTPUTS
            )
            pictured = convolutional_network(
                given["planes"],
                [given["level"], views["shape"]],
                f"{prefix}convolutional",
                filters,
                OUTPUTS,
            )
            calibrated = layers.EinsumDense(
                "bo,o->bo",
                OUTPUTS,
                bias_axes="o",
                kernel_initializer="ones",
                trainable=False,
                name=f"{prefix}calibrate",
            )((ops.mean(measured, axis=1) + pictured) / 2)
            built.append(GradingPart(tuple(names), features, measured, pictured))
            answered |= {name: calibrated[:, COLUMNS[name]] for name in names}
        outputs = layers.Concatenate(name="gradings")([answered[name] for name in COLUMNS])
        super().__init__(inputs=list(given.values()), outputs=outputs, **kwargs)
        self.parts = built
        self.members = members
        self.units = units
        self.components = components
        self.filters = filters

    def calibrate(self, slopes: NDArray[np.floating], shifts: NDArray[np.floating]) -> None:
        """Let the first part give `slope * logit + shift` by output `(output,)` from now on."""
        self.get_layer(f"{_prefix(0)}calibrate").set_weights([slopes, shifts])

    def weights_of(self, number: int) -> Mapping[str, list[NDArray[np.floating]]]:
        """Weights of each layer of a part, by its name within the part."""
        prefix = _prefix(number)
        return {
            layer.name.removeprefix(prefix): layer.get_weights()
            for layer in self.layers
            if layer.name.startswith(prefix)
        }

    def set_weights_of(
        self, number: int, weights: Mapping[str, list[NDArray[np.floating]]]
    ) -> None:
        """Give a part the weights that `weights_of` tells of another network's part."""
        for name, values in weights.items():
            self.get_layer(f"{_prefix(number)}{name}").set_weights(values)

    def keeping(self, names: Sequence[GradingName], before: Self) -> Self:
        """A network that answers as this one does, but for these gradings as `before` does.

        `before` has the same sizes. This network has one part.
        """
        own = tuple(name for name in GRADING_NAMES if name not in names)
        kept = [
            (number, still)
            for number, part in enumerate(before.parts)
            if (still := tuple(name for name in part.gradings if name in names))
        ]
        sources = [(self, 0, own)] if own else []
        sources += [(before, number, still) for number, still in kept]
        together = type(self).from_config(
            {**self.get_config(), "parts": [list(still) for _, _, still in sources]}
        )
        for place, (network, number, _) in enumerate(sources):
            together.set_weights_of(place, network.weights_of(number))
        return together

    def get_config(self) -> dict[str, Any]:
        """Arguments with which `from_config` builds the same network with new weights."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "parts": [list(part.gradings) for part in self.parts],
            "members": self.members,
            "units": self.units,
            "components": self.components,
            "filters": self.filters,
            "measures": list(FEATURE_NAMES),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """The network of a configuration."""
        del custom_objects  # part of Keras' interface
        return cls(**config)


def _prefix(number: int) -> str:
    """Prefix of the names of a part's layers."""
    return f"part_{number}_"


def load(path: Path) -> GradingsEnsemble:
    """The network of a `.keras` file, ready to predict; refuses unsafe files.

    Raises `ValueError` where the file holds anything but this network.
    """
    network = keras.saving.load_model(path, compile=False, safe_mode=True)
    if not isinstance(network, GradingsEnsemble):
        raise ValueError("the file holds another network than the gradings'")
    return network
