"""TensorFlow: what the networks are trained with, hence the one that the others must agree with."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from discai.backends.backend import Run
from discai.backends.keras_networks import forward, load_keras


class TensorFlow:
    """Runs the `.keras` files themselves, on a GPU where there is one."""

    suffixes: tuple[str, ...] = (".keras",)

    def __init__(self) -> None:
        device = "gpu" if tf.config.list_physical_devices("GPU") else "cpu"
        self.description = f"{device}, tensorflow {tf.__version__} f32"

    def load(self, directory: Path, network: str) -> Run:
        """A network of that folder."""
        function = forward(load_keras(directory, network))

        def run(*inputs: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.asarray(function(*inputs).numpy(), np.float32)

        return run
