"""Decoders without their child process."""

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from discai.scan import sandbox
from discai.scan.volume import StoredVolume


@pytest.fixture
def decoding_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoders run in this process: what they make of a file is the same, and is there sooner.

    `test_reader.py`, `test_sandbox.py`, `test_hostile_files.py` and `study/test_sandboxed.py` go
    through the child process.
    """

    def run(decoder: str, paths: Sequence[Path]) -> StoredVolume:
        volume: StoredVolume = importlib.import_module(decoder).decode(list(paths))
        return volume

    def describe(describer: str, paths: Sequence[Path]) -> Any:
        """The answer has been text, as from the child."""
        answer = importlib.import_module(describer).describe(list(paths))
        return json.loads(json.dumps(answer))

    monkeypatch.setattr(sandbox, "run", run)
    monkeypatch.setattr(sandbox, "describe", describe)
