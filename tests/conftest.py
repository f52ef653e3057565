"""Fixtures that several test folders share, and what a missing tool means."""

import os
import shutil
from pathlib import Path

import pytest

pytest_plugins = ["tests.support.emulators", "tests.support.local_cloud", "tests.support.terraform"]

ROOT = Path(__file__).resolve().parents[1]


def require_tool(name: str, install: str) -> str:
    """The path of a program; without it the test is skipped, or fails where CI=true."""
    if path := shutil.which(name):
        return path
    reason = f"{name} is missing: {install}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The development MRI; a test that needs it is skipped where it is absent."""
    folder = Path(os.environ.get("DISCAI_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "spider").is_dir():
        pytest.skip(f"no development MRI at {folder} (set DISCAI_DATA)")
    return folder
