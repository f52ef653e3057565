"""Discretion of libraries: what stands in a header comes into no log, no warning and no error."""

import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pydicom.config import disable_value_validation

from discai.errors import PermanentError

#: Libraries that may say what stands in a header.
_TALKATIVE: Final = ("pydicom", "highdicom")
#: What libraries raise for values that they don't expect.
_UNREADABLE: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


@contextmanager
def discreetly() -> Iterator[None]:
    """Takes values as the source has them; no library prints any, and no error has one in it.

    That holds for the whole process meanwhile, other threads included.
    """
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        with warnings.catch_warnings(), disable_value_validation():
            warnings.simplefilter("ignore")
            yield
    except _UNREADABLE as error:
        raise PermanentError(
            "no-dicom-results",
            f"There are no DICOM results, since the headers are odd ({type(error).__name__}).",
        ) from None  # its message may name a patient
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
