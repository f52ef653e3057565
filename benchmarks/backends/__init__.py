"""Engines that the product does without, there to be measured against those that it has.

They come with the dependency group `backends`: `uv sync --group backends`.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

from discai.backends.backend import Backend
from discai.errors import PermanentError


def _onnxruntime() -> Backend:
    from benchmarks.backends.onnxruntime import OnnxRuntime

    return OnnxRuntime()


def _litert() -> Backend:
    from benchmarks.backends.litert import LiteRt

    return LiteRt()


#: By name: the modules that it needs, and how it is made.
_OTHERS: Final[dict[str, tuple[tuple[str, ...], Callable[[], Backend]]]] = {
    "onnxruntime": (("onnxruntime", "tf2onnx", "tensorflow"), _onnxruntime),
    "litert": (("ai_edge_litert", "tensorflow"), _litert),
}
OTHER_NAMES: Final = tuple(_OTHERS)


def engine(name: str) -> str | Backend:
    """Argument of `Predictor.load` for a name: one of the product's as it is, else the engine.

    Raises `PermanentError("no-backend")` if the engine isn't installed.
    """
    if name not in _OTHERS:
        return name
    modules, make = _OTHERS[name]
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise PermanentError(
            "no-backend", f"The backend {name} needs {' and '.join(missing)}, not installed here."
        )
    return make()
