"""Each command block of the README works as a newcomer would type it."""

import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT, require_tool
from tests.local_cloud import LocalCloud, joined_environment

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block_with(command: str) -> str:
    """The README's one shell block that holds a command."""
    (block,) = [b for b in re.findall(r"```bash\n(.*?)```", README, re.DOTALL) if command in b]
    return str(block)


def run_as_typed(script: str, folder: Path, environment: dict[str, str]) -> str:
    """What a block prints, run in a folder with the installed commands instead of `uv run`."""
    script = script.replace("uv run ", "")
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment | {"PATH": path},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.mark.slow
def test_the_offline_block_draws_and_reads_the_phantom(tmp_path: Path) -> None:
    run_as_typed(block_with("discai predict"), tmp_path, dict(os.environ))
    written = tmp_path / "out" / "phantom"
    assert (written / "prediction.json").is_file()
    assert (written / "segmentation.mha").is_file()
    assert list(written.glob("*overlay*.png"))


@pytest.mark.emulator
def test_the_three_doors_block_sends_a_scan_twice(local_cloud: LocalCloud, tmp_path: Path) -> None:
    require_tool("gsutil", "install the Google Cloud SDK")
    subprocess.run([ROOT / ".venv/bin/discai", "phantom", "--out", "scan.mha"], cwd=tmp_path)
    (tmp_path / ".local").symlink_to(local_cloud.folder)
    run_as_typed(block_with("gsutil cp"), tmp_path, joined_environment(local_cloud))
    (by_gsutil,) = local_cloud.wait_for_scans_of("scan.mha", 1)
    assert local_cloud.wait_for(by_gsutil)["status"] == "done"


@pytest.mark.slow
@pytest.mark.emulator
def test_make_up_once_in_a_fresh_clone_prints_the_discs(tmp_path: Path) -> None:
    for tool in ("git", "make", "npm"):
        require_tool(tool, f"install {tool}")
    clone = tmp_path / "discai"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("VIRTUAL_ENV", "UV_"))}
    try:
        printed = run_as_typed("make up ONCE=1", clone, environment)
    finally:
        shutil.rmtree(clone / ".venv", ignore_errors=True)
        shutil.rmtree(clone / "webapp" / "node_modules", ignore_errors=True)
    for level in ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"):
        assert level in printed


def test_the_settings_tables_are_those_of_the_classes() -> None:
    docs = runpy.run_path(str(ROOT / "docs" / "settings.py"))
    assert docs["written"](README) == README, "run python docs/settings.py"
