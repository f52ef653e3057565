"""Reads from address zero, as a broken C++ library does."""

import ctypes
from pathlib import Path


def decode(paths: list[Path]) -> None:
    ctypes.string_at(0)
