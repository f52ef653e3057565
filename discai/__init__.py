"""DiscAI reads lumbar-spine MRI: discs, their levels and the probability of herniation.

    import discai

    reading = discai.read("study/")
    reading.discs        # a pandas table, one row a disc
    reading.mask         # the segmentation: NumPy, with spacing and affine
    reading.show()       # the key slice with outlines

`docs/python.md` has the rest. Importing `discai` imports nothing else: what a name needs is
imported when it is used for the first time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from discai import errors

if TYPE_CHECKING:
    from discai.readings.mask import Mask
    from discai.readings.picture import Picture
    from discai.readings.series import SeriesReading
    from discai.readings.study import StudyReading, read

__all__ = ["Mask", "Picture", "SeriesReading", "StudyReading", "errors", "read"]

_MODULES: Final = {
    "Mask": "discai.readings.mask",
    "Picture": "discai.readings.picture",
    "SeriesReading": "discai.readings.series",
    "StudyReading": "discai.readings.study",
    "read": "discai.readings.study",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
