"""Raises what no decoder should."""

from pathlib import Path


def decode(paths: list[Path]) -> None:
    raise RuntimeError("/home/jane/secret")
