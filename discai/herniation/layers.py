"""Layers that the networks over measures and pictures of a disc are made of."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from discai.anatomy import LEVELS
from discai.herniation.crops import OUTLINES_SHAPE, PLANES_SHAPE, SIGNALS_SHAPE
from discai.herniation.shape import FEATURE_NAMES

#: Standardised features are cut off here: those of a failed outline must not decide alone.
FARTHEST: Final = 3.0
#: The views that come in as pictures of which principal components are taken.
PICTURES: Final = {"outlines": OUTLINES_SHAPE, "signals": SIGNALS_SHAPE}
#: Part of the pooled filters that a convolutional network does without at each step of training.
DROPOUT: Final = 0.3


def disc_inputs() -> dict[str, Any]:
    """Tensors of the inputs that `inputs.inputs_of` makes, by name and in its order."""
    return {
        "shape": layers.Input((len(FEATURE_NAMES),), name="shape"),
        **{name: layers.Input(size, name=name) for name, size in PICTURES.items()},
        "level": layers.Input((len(LEVELS),), name="level"),
        "planes": layers.Input(PLANES_SHAPE, name="planes"),
    }


def views_of(inputs: dict[str, Any], components: int, prefix: str = "") -> dict[str, Any]:
    """The measures, and principal components of the pictures, standardised, by view."""
    flatten = layers.Flatten(name=f"{prefix}flatten")
    project = {
        name: layers.Dense(components, trainable=False, name=f"{prefix}{name}_components")
        for name in PICTURES
    }
    return {"shape": _bounded(inputs["shape"], f"{prefix}shape")} | {
        name: _bounded(project[name](flatten(inputs[name])), f"{prefix}{name}") for name in PICTURES
    }


def networks(
    features: Any, name: str, members: int, units: tuple[int, ...], outputs: int = 1
) -> Any:
    """Logits of networks over the same features, with hidden layers so wide.

    `(disc, member)`, or `(disc, member, output)` for more outputs than one.
    """
    hidden, equation = features, "bf,fmh->bmh"
    for depth, wide in enumerate(units, 1):
        place = "hidden" if depth == 1 else f"hidden_{depth}"
        hidden = layers.EinsumDense(
            equation, (members, wide), bias_axes="mh", activation="relu", name=f"{name}_{place}"
        )(hidden)
        equation = "bmf,mfh->bmh"
    if outputs > 1:
        return layers.EinsumDense(
            "bmh,mho->bmo", (members, outputs), bias_axes="mo", name=f"{name}_logits"
        )(hidden)
    return layers.EinsumDense("bmh,mh->bm", (members,), bias_axes="m", name=f"{name}_logits")(
        hidden
    )


def convolutional_network(
    planes: Any, beside: Sequence[Any], name: str, filters: int, outputs: int = 1
) -> Any:
    """Logits `(disc, output)` of a convolutional network over the planes of a disc.

    Its first layer has so many `filters`, the last ones four times as many; `beside` what these
    see, its last layer sees other features of the disc, its level for example.
    """
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
        [layers.GlobalAveragePooling2D()(seen), layers.GlobalMaxPooling2D()(seen), *beside]
    )
    pooled = layers.Dropout(DROPOUT, name=f"{name}_dropout")(pooled)
    return layers.Dense(outputs, name=f"{name}_logit")(pooled)


def set_components(
    network: Any, name: str, axes: NDArray[np.floating], mean: NDArray[np.floating]
) -> None:
    """Set principal axes `(component, pixel)` and mean `(pixel,)` of a view of a network."""
    network.get_layer(f"{name}_components").set_weights([axes.T, -axes @ mean])


def adapt(network: Any, name: str, features: NDArray[np.floating]) -> None:
    """Teach a network what is standard for the features `(disc, feature)` of a view."""
    network.get_layer(f"{name}_standardised").adapt(features.astype(np.float32))


def _bounded(view: Any, name: str) -> Any:
    """A view as numbers of which ordinary ones lie around zero and none lies far."""
    return ops.clip(layers.Normalization(name=f"{name}_standardised")(view), -FARTHEST, FARTHEST)
