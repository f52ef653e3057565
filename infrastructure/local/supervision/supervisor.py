"""Starts parts again that die or answer no more, each by itself, until one dies too often."""

import asyncio
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn

import httpx

from infrastructure.local.errors import SetupError
from infrastructure.local.supervision.processes import Process, Processes, last_line
from infrastructure.local.supervision.restarts import MOST_IN_A_ROW, Restarts

WATCH_SECONDS = 0.3
PROBE_EVERY_SECONDS = 5.0
SILENT_SECONDS = 60.0

Say = Callable[[str], None]
Start = Callable[[str], Awaitable[None]]


class Supervisor:
    """Watches over the parts of one cloud.

    `start` starts one and returns when it is of use; `data` says what it is started again with.

    Attributes:
        by_name: the process of each part, as it is started.
    """

    def __init__(
        self, processes: Processes, start: Start, say: Say, data: Mapping[str, str]
    ) -> None:
        self.by_name: dict[str, Process] = {}
        self._processes = processes
        self._start = start
        self._say = say
        self._data = data
        self._restarts: dict[str, Restarts] = {}
        self._reviving: dict[str, asyncio.Task[None]] = {}
        self._reasons: dict[str, str] = {}

    def started(self, process: Process) -> None:
        """Watch over a process from now on, in place of the one that had its name."""
        self.by_name[process.name] = process
        self._restarts.setdefault(process.name, Restarts()).started()

    def is_up(self, name: str) -> bool:
        """Tell if a part runs and nobody is starting it."""
        process = self.by_name.get(name)
        return process is not None and name not in self._reviving and process.popen.poll() is None

    def replace(self, name: str, reason: str, number: int = signal.SIGKILL) -> None:
        """End a part by a signal, after which it is started again; the reason is said."""
        self._reasons[name] = reason
        self.by_name[name].signal(number)

    async def watch(self) -> NoReturn:
        """Start again what is dead; `SetupError` if a part died too often."""
        try:
            while True:
                for name, process in list(self.by_name.items()):
                    if name not in self._reviving and process.popen.poll() is not None:
                        self._reviving[name] = asyncio.create_task(self._revive(process))
                for name, task in list(self._reviving.items()):
                    if task.done():
                        del self._reviving[name]
                        task.result()
                await asyncio.sleep(WATCH_SECONDS)
        finally:
            for task in self._reviving.values():
                task.cancel()
            if self._reviving:
                await asyncio.wait(self._reviving.values())

    async def replace_silent(self, addresses: Mapping[str, str]) -> NoReturn:
        """Replace whatever hasn't answered at its address for a while, as if it had died."""
        heard = dict.fromkeys(addresses, time.monotonic())
        async with httpx.AsyncClient(timeout=PROBE_EVERY_SECONDS) as client:
            while True:
                await asyncio.sleep(PROBE_EVERY_SECONDS)
                answers = await asyncio.gather(
                    *(answers_at(client, address) for address in addresses.values())
                )
                for name, answer in zip(addresses, answers, strict=True):
                    if answer or not self.is_up(name):
                        heard[name] = time.monotonic()
                    elif time.monotonic() - heard[name] > SILENT_SECONDS:
                        heard[name] = time.monotonic()
                        self.replace(name, f"hasn't answered for {SILENT_SECONDS:.0f} s")

    async def _revive(self, process: Process) -> None:
        name = process.name
        while (delay := self._restarts[name].delay_seconds()) is not None:
            code = process.popen.wait()
            reason = self._reasons.pop(name, None) or how_it_ended(code)
            self._say(f"{name} {reason}; starting it again{self._data.get(name, '')}")
            await asyncio.to_thread(self._processes.stop_some, [process])  # its children
            await asyncio.sleep(delay)
            try:
                await self._start(name)
            except (SetupError, httpx.HTTPError, OSError, sqlite3.Error) as error:
                process = self.by_name[name]
                process.signal(signal.SIGKILL)
                problem = str(error) or type(error).__name__
                self._reasons.setdefault(name, f"could not be started ({problem})")
            else:
                self._restarts[name].started()
                return
        raise SetupError(
            f"{name} died {MOST_IN_A_ROW + 1} times in a row; its last words: "
            f"{last_line(process.log)}"
        )


async def answers_at(client: httpx.AsyncClient, address: str) -> bool:
    """Tell if anything is answered there, be it an error."""
    try:
        await client.get(address)
    except httpx.HTTPError:
        return False
    return True


def how_it_ended(code: int) -> str:
    """A return code in words."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
