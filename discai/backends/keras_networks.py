"""Networks out of `.keras` files, for the backends that are fed from TensorFlow."""

from pathlib import Path
from typing import Any

import tensorflow as tf

from discai.backends.backend import HERNIATION, SEGMENTATION, keras_file
from discai.errors import PermanentError
from discai.networks import herniation, segmentation

_LOADERS = {SEGMENTATION: segmentation.load, HERNIATION: herniation.load}


def load_keras(directory: Path, network: str) -> Any:
    """The Keras model of a network, ready to predict.

    Raises `PermanentError` (`model-corrupt`) where the file doesn't hold it.
    """
    try:
        return _LOADERS[network](directory / keras_file(network))
    except (ValueError, TypeError, OSError) as error:
        raise PermanentError(
            "model-corrupt",
            f"The model's {network} network does not fit this version of the code.",
        ) from error


def forward(model: Any) -> Any:
    """The model's forward pass as a `tf.function` that is traced once for inputs of every size."""
    signature = [tf.TensorSpec(tensor.shape, tf.float32) for tensor in model.inputs]
    return tf.function(lambda *inputs: model(_one_or_list(inputs), training=False), signature)


def _one_or_list(inputs: tuple[Any, ...]) -> Any:
    return inputs[0] if len(inputs) == 1 else list(inputs)
