"""Choice of the backend that runs a model: the one that is asked for, or the best that can."""

import logging
from collections.abc import Callable, Collection, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from discai.backends.backend import Backend
from discai.errors import PermanentError
from discai.manifest import networks_of
from discai.segmentation.parallel import processors

logger = logging.getLogger(__name__)

#: Measured in docs/decisions/0006-cpu-backends.md; what TensorFlow can't run, no backend can.
BEST_ON_CPU: Final = ("openvino-f32", "tensorflow")
BEST_ON_GPU: Final = ("tensorflow",)

_NVIDIA_DRIVER: Final = Path("/dev/nvidiactl")


def _tensorflow(gpus: Sequence[str]) -> Backend:
    from discai.backends.tensorflow import TensorFlow

    return TensorFlow("gpu", "f16") if gpus else TensorFlow("cpu", "f32")


def _openvino_f32(_gpus: Sequence[str]) -> Backend:
    from discai.backends.openvino import OpenVino

    return OpenVino("f32", processors())


def _openvino_bf16(_gpus: Sequence[str]) -> Backend:
    from discai.backends.openvino import OpenVino

    return OpenVino("bf16", processors())


#: By name: the modules that it needs, and how it is made where these GPUs are visible.
_BACKENDS: Final[dict[str, tuple[tuple[str, ...], Callable[[Sequence[str]], Backend]]]] = {
    "tensorflow": (("tensorflow",), _tensorflow),
    "openvino-f32": (("openvino",), _openvino_f32),
    "openvino-bf16": (("openvino",), _openvino_bf16),
}
BACKEND_NAMES: Final = tuple(_BACKENDS)


def visible_gpus() -> list[str]:
    """The GPUs that TensorFlow would run on."""
    # Importing TensorFlow takes seconds: not where there can't be any.
    if not _NVIDIA_DRIVER.exists() or find_spec("tensorflow") is None:
        return []
    from discai.backends import tensorflow

    return tensorflow.visible_gpus()


def open_backend(name: str, files: Collection[str], gpus: Sequence[str] = ()) -> Backend:
    """The backend of that name for a model that has these files; the best that can run it for "".

    `gpus` are those of `visible_gpus`.

    Raises `PermanentError` (`no-backend`) if there is none of that name, it isn't installed, or
    the model wasn't exported for it.
    """
    if name:
        return _open(name, files, gpus)
    *better, last = BEST_ON_GPU if gpus else BEST_ON_CPU
    for candidate in better:
        try:
            return _open(candidate, files, gpus)
        except PermanentError as error:
            logger.info("%s will run the model: %s", last, error.message)
    return _open(last, files, gpus)


def _open(name: str, files: Collection[str], gpus: Sequence[str]) -> Backend:
    if name not in _BACKENDS:
        raise PermanentError(
            "no-backend", f"There is no backend {name!r}; there are {', '.join(_BACKENDS)}."
        )
    modules, make = _BACKENDS[name]
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise PermanentError(
            "no-backend", f"The backend {name} needs {' and '.join(missing)}, not installed here."
        )
    backend = make(gpus)
    for network in networks_of(files):
        for suffix in backend.suffixes:
            if f"{network}{suffix}" not in files:
                raise PermanentError(
                    "no-backend", f"The model has no {network}{suffix} for the backend {name}."
                )
    return backend
