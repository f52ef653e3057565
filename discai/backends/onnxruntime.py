"""ONNX Runtime: there to be measured against; the network is converted while it loads."""

from pathlib import Path

import numpy as np
import onnxruntime
import tf2onnx
from numpy.typing import NDArray

from discai.backends.backend import Run
from discai.backends.keras_networks import forward, load_keras

_OPSET = 18


class OnnxRuntime:
    """Runs the `.keras` files on the CPU after a conversion by TensorFlow."""

    suffixes: tuple[str, ...] = (".keras",)
    description = f"cpu, onnxruntime {onnxruntime.__version__} f32"

    def load(self, directory: Path, network: str) -> Run:
        """A network of that folder."""
        function = forward(load_keras(directory, network))
        graph, _ = tf2onnx.convert.from_function(function, function.input_signature, opset=_OPSET)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # several slices are worked on at a time
        session = onnxruntime.InferenceSession(graph.SerializeToString(), options)
        names = [node.name for node in session.get_inputs()]

        def run(*inputs: NDArray[np.float32]) -> NDArray[np.float32]:
            outputs = session.run(None, dict(zip(names, inputs, strict=True)))
            return np.asarray(outputs[0], np.float32)

        return run
