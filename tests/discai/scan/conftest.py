"""Decoders without their child process."""

import importlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from discai.scan import sandbox
from discai.scan.volume import StoredVolume


@pytest.fixture
def decoding_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoders run in this process: what they make of a file is the same, and is there sooner.

    `test_reader.py`, `test_sandbox.py` and `test_hostile_files.py` go through the child process.
    """

    def run(decoder: str, paths: Sequence[Path]) -> StoredVolume:
        volume: StoredVolume = importlib.import_module(decoder).decode(list(paths))
        return volume

    monkeypatch.setattr(sandbox, "run", run)
