"""ONNX Runtime: there to be measured against; the network is converted while it loads."""

from pathlib import Path

import numpy as np
import onnxruntime
import tf2onnx

from discai.backends.backend import Run
from discai.backends.keras_networks import forward, load_keras
from discai.manifest import SEGMENTATION

_OPSET = 18


class OnnxRuntime:
    """Runs the segmentation's `.keras` file on the CPU after a conversion by TensorFlow.

    TensorFlow itself runs the small herniation network: tf2onnx takes its constants for inputs.
    """

    suffixes: tuple[str, ...] = (".keras",)
    description = f"cpu, onnxruntime {onnxruntime.__version__} f32"

    def load(self, directory: Path, network: str) -> Run:
        """A network of that folder."""
        function = forward(load_keras(directory, network))
        if network != SEGMENTATION:
            return lambda *inputs: np.asarray(function(*inputs).numpy(), np.float32)
        graph, _ = tf2onnx.convert.from_function(function, function.input_signature, opset=_OPSET)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # several slices are worked on at a time
        session = onnxruntime.InferenceSession(graph.SerializeToString(), options)
        name = session.get_inputs()[0].name
        return lambda slices: np.asarray(session.run(None, {name: slices})[0], np.float32)
