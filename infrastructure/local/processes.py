"""Child processes that never outlive their owner: own groups, one log file each, a watchdog."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from infrastructure.local import watchdog
from infrastructure.local.errors import SetupError

HOST = "127.0.0.1"
STOP_SECONDS = 8.0
POLL_SECONDS = 0.05


class Process:
    """One child in a process group of its own, writing to its own log file."""

    def __init__(
        self, name: str, command: list[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def group(self) -> int:
        """The process group, which is the child's own id."""
        return self.popen.pid

    def check_alive(self) -> None:
        """Raise `SetupError` with the last line of the log if the process has ended."""
        if (code := self.popen.poll()) is not None:
            raise SetupError(f"{self.name} ended with code {code}: {last_line(self.log)}")

    def signal(self, signal_number: int) -> None:
        """Send a signal to the whole group; no error if it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.group, signal_number)


class Processes:
    """The children of one owner; leaving the context stops them all.

    If the owner is killed instead, the watchdog does it.
    """

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.running: list[Process] = []
        logs.mkdir(parents=True, exist_ok=True)
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-S", watchdog.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(
        self, name: str, command: list[str], environment: Mapping[str, str] | None = None
    ) -> Process:
        """Start a child; raises `SetupError` if its program doesn't exist."""
        try:
            process = Process(name, command, environment or os.environ, self.logs / f"{name}.log")
        except OSError as error:
            raise SetupError(f"{name} can't be started: {error.strerror}: {command[0]}") from error
        self._tell_watchdog(f"+{process.group}")
        self.running.append(process)
        return process

    def stop(self) -> None:
        """Stop every child group within `STOP_SECONDS`, by SIGKILL if it doesn't go by itself."""
        for process in self.running:
            process.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.popen.wait(max(0.0, deadline - time.monotonic()))
        for process in self.running:
            process.signal(signal.SIGKILL)  # also what a group's leader left behind
            process.popen.wait()
            self._tell_watchdog(f"-{process.group}")
        self.running.clear()
        if self._watchdog.stdin:
            self._watchdog.stdin.close()
        self._watchdog.wait()

    def _tell_watchdog(self, line: str) -> None:
        if self._watchdog.stdin and not self._watchdog.stdin.closed:
            self._watchdog.stdin.write(line + "\n")


def free_port(preferred: int = 0, taken: Collection[int] = ()) -> int:
    """The preferred port, or any free one if something listens there or it is in `taken`."""
    for port in (preferred, *([0] * 20)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((HOST, port))
                found = int(probe.getsockname()[1])
                if found not in taken:
                    return found
    raise SetupError("There is no free TCP port on this machine.")


def wait_for_http(process: Process, url: str, timeout_seconds: float) -> None:
    """Wait until the URL answers 200; raises `SetupError` if the process ends or time runs out."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        process.check_alive()
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 (our own loopback URL)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(POLL_SECONDS)
    raise SetupError(
        f"{process.name} didn't become ready in {timeout_seconds:.0f} s: {last_line(process.log)}"
    )


def last_line(log: Path) -> str:
    """The last line of a log that says something, to quote in a diagnosis."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"no output, see {log}"
