"""OpenVINO: runs without TensorFlow what `pipeline.training.export` derives from `.keras` files.

It is the fastest on CPUs (docs/decisions/0006-cpu-backends.md).
"""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import openvino
from numpy.typing import NDArray

from discai.backends.backend import Run
from discai.errors import PermanentError
from discai.manifest import SEGMENTATION

Precision = Literal["f32", "bf16"]

#: Sizes of slices for which the compiled network is kept; a scan has one, a plain picture five.
_COMPILED_SIZES: Final = 8


class OpenVino:
    """Runs the `.xml` and `.bin` files of a model on the CPU, several slices at a time.

    Args:
        precision: of the segmentation network; the small networks over discs stay in f32.
        threads: how many slices are worked on at a time.
    """

    suffixes: tuple[str, ...] = (".xml", ".bin")

    def __init__(self, precision: Precision, threads: int) -> None:
        version = openvino.__version__.split("-")[0]
        self.description = f"cpu, openvino {version} {precision}"
        self._precision = precision
        self._threads = threads
        self._core = openvino.Core()
        # The first array that OpenVINO hands out sets up its NumPy bindings. Two threads that need
        # their first at the same moment wait for each other for ever (seen with 2026.4.1).
        _ = openvino.Tensor(np.zeros(1, np.float32)).data

    def load(self, directory: Path, network: str) -> Run:
        """A network of that folder; `model-corrupt` where its files don't hold one."""
        try:
            model = self._core.read_model(directory / f"{network}.xml")
        except RuntimeError as error:
            raise PermanentError(
                "model-corrupt", f"The model's {network} network can't be read by OpenVINO."
            ) from error
        if network == SEGMENTATION:
            return _BySize(self._core, model, self._options(self._precision))
        compiled = self._core.compile_model(model, "CPU", self._options("f32"))
        return lambda *inputs: _infer(compiled, inputs)

    def _options(self, precision: Precision) -> dict[str, Any]:
        # A stream per thread: a slice is worked on by one thread alone, so that its result doesn't
        # depend on how many there are; it is faster, too, than two threads on one slice.
        return {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": self._threads,
            "NUM_STREAMS": self._threads,
        }


class _BySize:
    """A network compiled for each size that comes: 1.2 to 2 times as fast as one for all."""

    def __init__(self, core: Any, model: Any, options: dict[str, Any]) -> None:
        self._core, self._model, self._options = core, model, options
        self._compiled: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, *inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        return _infer(self._compiled_for(inputs[0].shape), inputs)

    def _compiled_for(self, shape: tuple[int, ...]) -> Any:
        with self._lock:
            if shape not in self._compiled:
                model = self._model.clone()
                model.reshape(list(shape))
                self._compiled[shape] = self._core.compile_model(model, "CPU", self._options)
                if len(self._compiled) > _COMPILED_SIZES:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(shape)
            return self._compiled[shape]


def _infer(compiled: Any, inputs: tuple[NDArray[np.float32], ...]) -> NDArray[np.float32]:
    # A request of its own for each call is what makes calls from several threads safe.
    taken = dict(enumerate(inputs[: len(compiled.inputs)]))
    return np.array(compiled.create_infer_request().infer(taken)[0], np.float32)
