"""TensorFlow, which trains the networks; the other backends must agree with it."""

from pathlib import Path
from typing import Final, Literal

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from discai.backends.backend import Run
from discai.backends.keras_networks import forward, load_keras

Precision = Literal["f32", "f16"]

#: Half precision is what a GPU's tensor cores compute with; sums and the output stay in float32.
_POLICIES: Final = {"f32": "float32", "f16": "mixed_float16"}


class TensorFlow:
    """Runs the `.keras` files themselves.

    Args:
        device: `gpu` or `cpu`, as TensorFlow will choose by itself.
        precision: of the segmentation network; the small herniation network stays in f32.
    """

    suffixes: tuple[str, ...] = (".keras",)

    def __init__(self, device: str, precision: Precision) -> None:
        self.description = f"{device}, tensorflow {tf.__version__} {precision}"
        self._policy = _POLICIES[precision]

    def load(self, directory: Path, network: str) -> Run:
        """A network of that folder."""
        model = load_keras(directory, network, self._policy)
        function, taken = forward(model), len(model.inputs)

        def run(*inputs: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.asarray(function(*inputs[:taken]).numpy(), np.float32)

        return run


def visible_gpus() -> list[str]:
    """The GPUs that TensorFlow would run on."""
    return [device.name for device in tf.config.list_physical_devices("GPU")]
