"""Networks out of `.keras` files, for what TensorFlow runs or converts."""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from discai.errors import PermanentError
from discai.gradings import network as gradings
from discai.herniation import network as herniation
from discai.manifest import GRADINGS, MAX_FILE_BYTES, SEGMENTATION, keras_file
from discai.segmentation import network as segmentation

#: The sum of all numbers in a network's configuration, its layers' sizes above all; DiscAI's have
#: some hundreds. Keras would fill the memory before it saw that the weights don't fit.
_LARGEST_CONFIGURATION: Final = 2048

#: What zipfile, JSON and Keras raise for files that don't hold a network of DiscAI.
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    KeyError,
    OSError,
    RecursionError,
    zipfile.BadZipFile,
    zlib.error,
)


def load_keras(directory: Path, network: str, segmentation_dtype: str = "float32") -> Any:
    """The Keras model of a network, ready to predict.

    `segmentation_dtype` is the Keras policy of the segmentation network; the small networks
    over discs stay in float32.

    Raises `PermanentError` (`model-corrupt`) where the file doesn't hold it.
    """
    path = directory / keras_file(network)
    try:
        _refuse_absurd_sizes(path)
        if network == SEGMENTATION:
            return segmentation.load(path, segmentation_dtype)
        return gradings.load(path) if network == GRADINGS else herniation.load(path)
    except _UNREADABLE as error:
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


def _refuse_absurd_sizes(path: Path) -> None:
    """Raises `ValueError` for an archive or a network that would fill the memory."""
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_FILE_BYTES:
            raise ValueError("the file is too large when unpacked")
        configuration = json.loads(archive.read("config.json"))
    if not _sum_of_numbers(configuration) <= _LARGEST_CONFIGURATION:  # NaN isn't, either
        raise ValueError("the network is larger than any of DiscAI's")


def _sum_of_numbers(value: Any) -> float:
    if isinstance(value, dict):
        return sum(_sum_of_numbers(part) for part in value.values())
    if isinstance(value, list):
        return sum(_sum_of_numbers(part) for part in value)
    return abs(value) if isinstance(value, int | float) else 0.0
