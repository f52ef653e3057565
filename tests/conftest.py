"""Fixtures that several test folders share."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from tests.support.vertex import Vertex

pytest_plugins = [
    "tests.support.kinds",
    "tests.support.interrupts",
    "tests.support.scheduling",
    "tests.support.databases",
    "tests.support.decoding",
    "tests.support.emulators",
    "tests.support.local_cloud",
    "tests.support.orthanc",
    "tests.support.terraform",
]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The development MRI; a test that needs it is skipped where it is absent."""
    folder = Path(os.environ.get("DISCAI_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "spider").is_dir():
        pytest.skip(f"no development MRI at {folder} (set DISCAI_DATA)")
    return folder


@pytest.fixture
def vertex(tmp_path: Path) -> Iterator["Vertex"]:
    """The local Vertex AI, with no job and no model."""
    from tests.support.vertex import Vertex  # Google's client takes a second to import

    running = Vertex(tmp_path / "vertex")
    yield running
    running.stop()
