"""Plants a file."""

from pathlib import Path


def decode(paths: list[Path]) -> None:
    paths[0].write_bytes(b"evil")
