"""Fixtures that several test folders share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The development MRI; a test that needs it is skipped where it is absent."""
    folder = Path(os.environ.get("DISCAI_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "spider").is_dir():
        pytest.skip(f"no development MRI at {folder} (set DISCAI_DATA)")
    return folder
