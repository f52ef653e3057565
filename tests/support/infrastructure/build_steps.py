"""Runs what a build or a person would: programs that call the cloud are stood in for."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.checkout import ROOT

DEPLOY = ROOT / "infrastructure" / "deploy"


def run_script(name: str, workspace: Path, **programs: str) -> list[str]:
    """The words that a script of a build prints."""
    return run_stood_in([DEPLOY / name], workspace, **programs).split()


def run_stood_in(command: Sequence[str | Path], workspace: Path, **programs: str) -> str:
    """What a command prints; `programs` are the shell lines that stand in for programs."""
    folder = workspace.parent / f"{workspace.name}-programs"
    folder.mkdir()
    for program, line in programs.items():
        path = folder / program.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PROJECT_ID": "demo",
        "PROJECT": "demo",
    }
    answer = subprocess.run(
        command, cwd=workspace, env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout
