"""Answers what nobody asked."""

import sys
from pathlib import Path


def decode(paths: list[Path]) -> None:
    sys.stdout.write("[" * 5000 + "\n")
    sys.stdout.flush()
