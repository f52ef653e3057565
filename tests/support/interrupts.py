"""Ctrl-C during a test run: it says what has run, leaves nothing behind and exits with 130.

A terminal's Ctrl-C reaches pytest twice, once by itself and once passed on by `uv run`; the second
would interrupt the report of the first. And the interpreter isn't ended in order: there threads of
gRPC and TensorFlow, which may be in the midst of anything, have ended in a segmentation fault.
"""

import os
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

import pytest

#: Of what comes sooner after the first, nobody has meant it to break off the report, too.
ECHO_SECONDS = 3.0
EXIT_STATUS = 128 + signal.SIGINT


class Interrupts:
    """Tests that have run and that are at work, and the signal that ends them."""

    def __init__(self) -> None:
        self.ran: set[str] = set()
        self.at_work: set[str] = set()
        self._first: float | None = None

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        """SIGINT: the first one, and one that a person sends after a while, interrupt."""
        if self._first is not None and time.monotonic() - self._first < ECHO_SECONDS:
            return
        self._first = self._first or time.monotonic()
        raise KeyboardInterrupt

    @pytest.hookimpl
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.at_work.add(nodeid)

    @pytest.hookimpl
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.at_work.discard(nodeid)
        self.ran.add(nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.exitstatus == pytest.ExitCode.INTERRUPTED and self._first is not None:
            session.exitstatus = EXIT_STATUS

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._first is not None:
            terminalreporter.section("interrupted")
            terminalreporter.line(f"Tests that have run: {len(self.ran)}. At work:")
            for nodeid in sorted(self.at_work) or ["none"]:
                terminalreporter.line(f"  {nodeid}")

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        if self._first is not None:
            leave()


def leave() -> NoReturn:
    """End this process without the interpreter's own end."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(EXIT_STATUS)


def pytest_configure(config: pytest.Config) -> None:
    interrupts = Interrupts()
    config.pluginmanager.register(interrupts, "interrupts")
    signal.signal(signal.SIGINT, interrupts.handle)
