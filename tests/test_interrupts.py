"""Ctrl-C during a test run says what has run, and exits as an interrupted program does."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.checkout import ROOT
from tests.support.waiting import PATIENCE_SECONDS, wait_until

pytestmark = pytest.mark.process

TESTS = """
import pathlib, time

def test_that_ends():
    pass

def test_that_takes_an_hour():
    pathlib.Path({started!r}).touch()
    time.sleep(3600)
"""


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_a_terminals_interrupt_is_told_of_though_it_comes_twice(tmp_path, workers):
    started = tmp_path / "started"
    (tmp_path / "test_slow.py").write_text(TESTS.format(started=str(started)))
    options = ["-p", "tests.support.interrupts", "-p", "no:cacheprovider", *workers]
    running = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, "--rootdir", tmp_path, tmp_path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
    )
    wait_until(started.exists)
    for _ in range(2):
        os.killpg(running.pid, signal.SIGINT)
    output, _ = running.communicate(timeout=PATIENCE_SECONDS)
    assert running.returncode == 130, output
    assert "Tests that have run: 1. At work:" in output
    assert "test_slow.py::test_that_takes_an_hour" in output
    assert "1 passed" in output
