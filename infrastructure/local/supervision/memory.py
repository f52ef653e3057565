"""Memory of an emulator's JVM: how much it may use, and how much it needs."""

import asyncio
import contextlib
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import psutil

LEAST_MB, MOST_MB = 512, 4096
NEARLY_FULL = 0.9
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
TAIL_BYTES = 16_384
LOOK_EVERY_SECONDS = 2.0
#: What is nearly full so soon after a restart is full of data, not of what clients left behind.
RESTART_HELPS_SECONDS = 600.0
# "[12.345s] GC(7) Pause Full (Allocation Failure) 480M->470M(512M) 350.123ms"
FULL_COLLECTION = re.compile(r"Pause Full .*?\d+M->(\d+)M\(\d+M\)")


def firestore_heap_mb() -> int:
    """Heap of Firestore's emulator: FIRESTORE_HEAP_MB, else a quarter of the memory, in bounds."""
    if named := os.environ.get("FIRESTORE_HEAP_MB"):
        return int(named)
    return heap_mb(machine_bytes())


def heap_mb(memory_bytes: int) -> int:
    """A quarter of so much memory, within bounds."""
    return max(LEAST_MB, min(MOST_MB, memory_bytes // 4 // 2**20))


def machine_bytes() -> int:
    """The machine's memory, or the container's if that is less."""
    total = int(psutil.virtual_memory().total)
    with contextlib.suppress(OSError, ValueError):  # no Linux, or no limit: it says "max"
        return min(total, int(CGROUP_LIMIT.read_text()))
    return total


def heap_flags(heap: int, log: Path | None = None) -> list[str]:
    """Flags of a JVM that ends itself when its memory is full, and logs its collections.

    Young objects get a small part, so that the heap is collected whole before it is nearly full.
    """
    flags = [f"-Xmx{heap}m", "-XX:MaxNewSize=64m", "-XX:+ExitOnOutOfMemoryError"]
    return [*flags, f"-Xlog:gc:file={log}:uptime:filecount=0"] if log else flags


def needed_mb(log: Path) -> int:
    """Megabytes in use after the last collection of the whole heap, 0 before the first."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            found = FULL_COLLECTION.findall(file.read().decode(errors="replace"))
    except FileNotFoundError:
        return 0
    return int(found[-1]) if found else 0


class MemoryWatch:
    """Restarts Firestore's emulator before its memory is full, and says so.

    The emulator never lets go of what it kept for pages that were closed, so a restart frees that.
    What the data itself needs is only said.
    """

    def __init__(
        self,
        log: Path,
        heap_mb: int,
        say: Callable[[str], None],
        restart: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._heap_mb = heap_mb
        self._say = say
        self._restart = restart
        self._clock = clock
        self._restarted_at: float | None = None
        self._said = False

    async def watch(self) -> NoReturn:
        """Look every few seconds."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            self.look()

    def look(self) -> None:
        """Restart the emulator or say that its data is too much, if nine tenths are in use."""
        needed = needed_mb(self._log)
        if needed < NEARLY_FULL * self._heap_mb:
            self._said = False
            return
        if self._said:
            return
        now = self._clock()
        if self._restarted_at is None or now - self._restarted_at > RESTART_HELPS_SECONDS:
            self._restarted_at = now
            self._log.unlink(missing_ok=True)
            self._restart(f"uses {needed} of its {self._heap_mb} MB")
            return
        self._said = True
        self._say(
            f"Firestore's documents fill {needed} of its {self._heap_mb} MB: start again with "
            "more in FIRESTORE_HEAP_MB, or remove scans with discai forget."
        )
