"""Which backend runs a model: the one that is asked for, or the fastest that can."""

import logging
import os
from collections.abc import Callable, Collection
from importlib.util import find_spec
from typing import Final

from discai.backends.backend import NETWORKS, Backend
from discai.errors import PermanentError

logger = logging.getLogger(__name__)


def _tensorflow() -> Backend:
    from discai.backends.tensorflow import TensorFlow

    return TensorFlow()


def _openvino_f32() -> Backend:
    from discai.backends.openvino import OpenVino

    return OpenVino("f32", processors())


def _openvino_bf16() -> Backend:
    from discai.backends.openvino import OpenVino

    return OpenVino("bf16", processors())


#: By name: the package that it needs and how it is made.
_BACKENDS: Final[dict[str, tuple[str, Callable[[], Backend]]]] = {
    "tensorflow": ("tensorflow", _tensorflow),
    "openvino-f32": ("openvino", _openvino_f32),
    "openvino-bf16": ("openvino", _openvino_bf16),
}
BACKEND_NAMES: Final = tuple(_BACKENDS)
DEFAULT_ON_CPU: Final = "openvino-f32"
DEFAULT_ON_GPU: Final = "tensorflow"


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_backend(name: str, files: Collection[str]) -> Backend:
    """The backend of that name for a model that has these files; by its own choice for "".

    The choice falls back to TensorFlow, which can run every model; a named backend doesn't.

    Raises `PermanentError` (`no-backend`) if there is none of that name, it isn't installed, or
    the model wasn't exported for it.
    """
    if name:
        return _open(name, files)
    try:
        return _open(DEFAULT_ON_CPU, files)
    except PermanentError as error:
        logger.info("TensorFlow runs the model: %s", error.message)
        return _open("tensorflow", files)


def _open(name: str, files: Collection[str]) -> Backend:
    if name not in _BACKENDS:
        raise PermanentError(
            "no-backend", f"There is no backend {name!r}; there are {', '.join(_BACKENDS)}."
        )
    package, make = _BACKENDS[name]
    if find_spec(package) is None:
        raise PermanentError(
            "no-backend", f"The backend {name} needs the package {package}, which isn't installed."
        )
    backend = make()
    for network in NETWORKS:
        for suffix in backend.suffixes:
            if f"{network}{suffix}" not in files:
                raise PermanentError(
                    "no-backend", f"The model has no {network}{suffix} for the backend {name}."
                )
    return backend
