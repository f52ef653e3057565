"""Child processes that never outlive their owner: own groups, one log file each, a watchdog."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil

from infrastructure.local.errors import SetupError
from infrastructure.local.supervision import watchdog
from infrastructure.local.supervision.ports import HOST

STOP_SECONDS = 12.0  # a worker may take ten to hand its scan back
POLL_SECONDS = 0.05
PROBE_SECONDS = 5.0
FOREIGN_SECONDS = 10.0


class Process:
    """One child in a process group of its own, writing to its own log file."""

    def __init__(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        log: Path,
        cwd: Path | None,
    ) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command,
                env=dict(environment),
                cwd=cwd,
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

    def listens_on(self, port: int) -> bool:
        """Tell if this child, or one of its own, is who listens on a port."""
        try:
            leader = psutil.Process(self.popen.pid)
            family = [leader, *leader.children(recursive=True)]
            return any(
                each.status == psutil.CONN_LISTEN and each.laddr.port == port
                for member in family
                for each in member.net_connections("tcp")
            )
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True  # a system that doesn't tell

    def signal(self, signal_number: int) -> None:
        """Send a signal to the whole group; no error if it has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.group, signal_number)


class Processes:
    """The children of one owner; leaving the context stops them all.

    If the owner is killed instead, the watchdog does it, and holds the files `keep_open` (a lock)
    until it is done.
    """

    def __init__(self, logs: Path, keep_open: tuple[int, ...] = ()) -> None:
        self.logs = logs
        self.running: list[Process] = []
        self._stopping = threading.Lock()
        logs.mkdir(parents=True, exist_ok=True)
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-S", watchdog.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            bufsize=1,
            start_new_session=True,
            pass_fds=keep_open,
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
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Process:
        """Start a child; raises `SetupError` if its program doesn't exist."""
        log = self.logs / f"{name}.log"
        try:
            process = Process(name, command, environment or os.environ, log, cwd)
        except OSError as error:
            raise SetupError(f"{name} can't be started: {error.strerror}: {command[0]}") from error
        self._tell_watchdog(f"+{process.group}")
        self.running.append(process)
        return process

    def stop(self) -> None:
        """Stop every child group, and the watchdog when there is nothing left to watch."""
        self.stop_some(self.running)
        if self._watchdog.stdin:
            self._watchdog.stdin.close()
        self._watchdog.wait()

    def stop_some(self, processes: Iterable[Process]) -> None:
        """Stop some within `STOP_SECONDS`, by SIGKILL if they don't go by themselves.

        What another thread has stopped meanwhile stays so.
        """
        with self._stopping:
            stopping = [process for process in processes if process in self.running]
            for process in stopping:
                process.signal(signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            for process in stopping:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.popen.wait(max(0.0, deadline - time.monotonic()))
            for process in stopping:
                process.signal(signal.SIGKILL)  # also what a group's leader left behind
                process.popen.wait()
                self._tell_watchdog(f"-{process.group}")
                self.running.remove(process)

    def _tell_watchdog(self, line: str) -> None:
        if self._watchdog.stdin and not self._watchdog.stdin.closed:
            self._watchdog.stdin.write(line + "\n")


async def wait_for_port(process: Process, port: int, timeout_seconds: float) -> None:
    """Wait until the process itself accepts connections; `SetupError` if it ends before.

    Whoever else answers there doesn't count, and is told of after a while.
    """
    foreign_since: float | None = None

    async def probe() -> bool:
        nonlocal foreign_since
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            return False
        writer.close()
        if process.listens_on(port):
            return True
        process.check_alive()
        foreign_since = foreign_since or time.monotonic()
        if time.monotonic() - foreign_since > FOREIGN_SECONDS:
            raise SetupError(f"{process.name} can't listen on port {port}: another program does.")
        return False

    await wait_until(process, probe, timeout_seconds)


async def wait_for_http(process: Process, port: int, path: str, timeout_seconds: float) -> None:
    """Wait until the process itself answers 200; `SetupError` if it ends before."""
    await wait_for_port(process, port, timeout_seconds)
    async with httpx.AsyncClient(timeout=PROBE_SECONDS) as client:

        async def probe() -> bool:
            try:
                return (await client.get(f"http://{HOST}:{port}{path}")).is_success
            except httpx.HTTPError:
                return False

        await wait_until(process, probe, timeout_seconds)


async def wait_until(
    process: Process, probe: Callable[[], Awaitable[bool]], timeout_seconds: float
) -> None:
    """Wait until the probe says yes; `SetupError` if the process or the time ends before."""
    deadline = time.monotonic() + timeout_seconds
    while not await probe():
        process.check_alive()
        if time.monotonic() > deadline:
            raise SetupError(
                f"{process.name} didn't become ready in {timeout_seconds:.0f} s: "
                f"{last_line(process.log)}"
            )
        await asyncio.sleep(POLL_SECONDS)


def last_line(log: Path) -> str:
    """The last line of a log that says something, to quote in a diagnosis."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    telling = [line for line in lines if line.strip() and not line[0].isspace()]
    return telling[-1].strip()[:300] if telling else f"no output in {log}"
