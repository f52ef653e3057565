"""This checkout, and the programs that tests run beside it."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def require_tool(name: str, install: str) -> str:
    """The path of a program; without it the test is skipped, or fails where CI=true."""
    if path := shutil.which(name):
        return path
    reason = f"{name} is missing: {install}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
