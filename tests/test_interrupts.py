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
import time

def test_that_ends():
    pass

def test_that_takes_an_hour():
    time.sleep(3600)
"""


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_a_terminals_interrupt_is_told_of_though_it_comes_twice(tmp_path, workers):
    (tmp_path / "test_slow.py").write_text(TESTS)
    options = ["-v", "-p", "tests.support.interrupts", "-p", "no:cacheprovider", *workers]
    printed = tmp_path / "printed"
    with printed.open("wb") as file:
        running = subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, "--rootdir", tmp_path, tmp_path],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # With workers, pytest hears later of a test than it begins.
    wait_until(lambda: b"test_that_takes_an_hour" in printed.read_bytes())
    for _ in range(2):
        os.killpg(running.pid, signal.SIGINT)
    assert running.wait(PATIENCE_SECONDS) == 130
    output = printed.read_text()
    assert "Tests that have run: 1. At work:" in output
    assert "test_slow.py::test_that_takes_an_hour" in output
    assert "1 passed" in output
