"""Temporary files of the dead don't stay, those of the living do."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from discai.scratch import Scratch
from tests.support.waiting import PATIENCE_SECONDS


def test_it_is_the_user_s_alone_whatever_the_umask(tmp_path):
    (tmp_path / f"discai-{Path(tmp_path).stat().st_uid}").mkdir(mode=0o755)
    scratch = Scratch(tmp_path)
    assert scratch.folder.parent.stat().st_mode & 0o777 == 0o700
    assert scratch.folder.stat().st_mode & 0o777 == 0o700


def test_the_living_keep_theirs_and_take_it_along_when_they_leave(tmp_path):
    first = Scratch(tmp_path)
    (first.folder / "scan.mha").write_bytes(b"scan")
    second = Scratch(tmp_path)
    assert (first.folder / "scan.mha").exists()
    first.leave()
    second.leave()
    assert [path.name for path in first.folder.parent.iterdir()] == ["lock"]


def test_what_is_made_meanwhile_is_made_there_and_goes_with_it(tmp_path):
    before = tempfile.gettempdir()
    with Scratch(tmp_path) as scratch:
        made = Path(tempfile.mkdtemp())
        assert made.parent == scratch.folder
    assert not made.exists()
    assert tempfile.gettempdir() == before


def test_a_folder_that_nobody_holds_is_removed(tmp_path):
    scratch = Scratch(tmp_path)
    left = scratch.folder.parent / "left"
    left.mkdir()
    (left / "scan.mha").write_bytes(b"scan")
    Scratch(tmp_path)
    assert not left.exists()
    assert scratch.folder.exists()


@pytest.mark.process
def test_what_a_killed_process_left_is_gone_at_the_next_start(tmp_path):
    program = """
import os, signal, tempfile
from pathlib import Path
from discai.scratch import Scratch
Scratch().__enter__()
folder = tempfile.mkdtemp()
Path(folder, "scan.mha").write_bytes(b"scan")
print(folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        env={"TMPDIR": str(tmp_path)},
        timeout=PATIENCE_SECONDS,
    )
    left = Path(killed.stdout.strip())
    assert left.is_relative_to(tmp_path)
    assert (left / "scan.mha").exists()
    Scratch(tmp_path)
    assert not left.exists()


def test_somebody_else_s_folder_is_not_used(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"discai-{tmp_path.stat().st_uid}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError, match="somebody else's"):
        Scratch(tmp_path)
