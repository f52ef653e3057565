"""LiteRT (TensorFlow Lite): there to be measured against; the network is converted as it loads."""

import threading
from importlib.metadata import version
from pathlib import Path

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from discai.backends.backend import Run
from discai.backends.keras_networks import forward, load_keras


class LiteRt:
    """Runs the `.keras` files on the CPU after a conversion by TensorFlow."""

    suffixes: tuple[str, ...] = (".keras",)
    description = f"cpu, litert {version('ai-edge-litert')} f32"

    def load(self, directory: Path, network: str) -> Run:
        """A network of that folder."""
        function = forward(load_keras(directory, network)).get_concrete_function()
        return _Network(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())


class _Network(threading.local):
    """An interpreter for each thread, because one can't be shared."""

    def __init__(self, content: bytes) -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=1)

    def __call__(self, *inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        interpreter = self._interpreter
        places = [place["index"] for place in interpreter.get_input_details()]
        for place, array in zip(places, inputs, strict=True):
            interpreter.resize_tensor_input(place, array.shape)
        interpreter.allocate_tensors()
        for place, array in zip(places, inputs, strict=True):
            interpreter.set_tensor(place, array)
        interpreter.invoke()
        output = interpreter.get_output_details()[0]["index"]
        return np.asarray(interpreter.get_tensor(output), np.float32)
