"""Runs a build's script without Cloud Build: programs of other images are stood in for."""

import os
import subprocess
from pathlib import Path

from tests.conftest import ROOT

DEPLOY = ROOT / "infrastructure" / "deploy"


def run_script(name: str, workspace: Path, **programs: str) -> list[str]:
    """The words that a script prints; `programs` are the shell lines that stand in for programs."""
    folder = workspace.parent / f"{workspace.name}-programs"
    folder.mkdir()
    for program, line in programs.items():
        path = folder / program.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "PROJECT_ID": "demo"}
    answer = subprocess.run(
        [DEPLOY / name], cwd=workspace, env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout.split()
