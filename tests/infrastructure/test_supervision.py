"""Parts that die are started again, and what they need for that is there."""

import asyncio
import sys
from pathlib import Path

import pytest

from infrastructure.local.errors import SetupError
from infrastructure.local.supervision import supervisor
from infrastructure.local.supervision.memory import MemoryWatch, heap_mb, needed_mb
from infrastructure.local.supervision.processes import Processes
from infrastructure.local.supervision.restarts import Restarts
from infrastructure.local.supervision.supervisor import Supervisor
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE_SECONDS

COLLECTION = "[1.000s] GC({n}) Pause {kind} (Allocation Failure) {before}M->{after}M(500M) 9ms\n"


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.unit
def test_each_death_in_a_row_is_followed_by_a_longer_wait_until_it_is_no_use():
    restarts = Restarts(Clock())
    assert [restarts.delay_seconds() for _ in range(6)] == [0.0, 1.0, 2.0, 4.0, 8.0, None]


@pytest.mark.unit
def test_what_has_run_for_a_while_dies_for_the_first_time_again():
    clock = Clock()
    restarts = Restarts(clock)
    assert [restarts.delay_seconds() for _ in range(3)] == [0.0, 1.0, 2.0]
    restarts.started()
    clock.now += 15
    assert restarts.delay_seconds() == 0.0


@pytest.mark.unit
def test_the_heap_is_a_quarter_of_the_memory_within_bounds():
    assert [heap_mb(gigabytes << 30) for gigabytes in (1, 8, 64)] == [512, 2048, 4096]


def collected(log: Path, *collections: tuple[str, int, int]) -> Path:
    """A collector's log."""
    lines = (
        COLLECTION.format(n=n, kind=kind, before=before, after=after)
        for n, (kind, before, after) in enumerate(collections)
    )
    log.write_text("[0.004s] Using Serial\n" + "".join(lines))
    return log


@pytest.mark.unit
def test_only_what_a_whole_collection_leaves_counts_as_needed(tmp_path):
    log = tmp_path / "memory.log"
    assert needed_mb(log) == 0
    collected(log, ("Full", 73, 8), ("Full", 400, 120), ("Young", 480, 470))
    assert needed_mb(log) == 120


@pytest.mark.unit
def test_nearly_full_memory_is_freed_by_a_restart_and_said_if_that_did_not_help(tmp_path):
    log, clock = tmp_path / "log", Clock()
    said: list[str] = []
    restarted: list[str] = []
    watch = MemoryWatch(log, 512, said.append, restarted.append, clock)

    def look(needed: int) -> None:
        collected(log, ("Full", 500, needed))
        watch.look()

    look(460)
    assert restarted == []
    look(461)
    assert restarted == ["uses 461 of its 512 MB"]
    look(470)
    look(480)
    assert len(restarted) == 1
    (sentence,) = said
    assert "470 of its 512 MB" in sentence
    assert "FIRESTORE_HEAP_MB" in sentence
    clock.now += 601
    look(480)
    assert len(restarted) == len(said) == 1
    look(100)
    look(461)
    assert len(restarted) == 2


class Parts:
    """A supervisor, and what it starts."""

    def __init__(self, processes: Processes, command: str) -> None:
        self.said: list[str] = []
        self.starts = 0
        self._processes = processes
        self._command = command
        self.supervisor = Supervisor(
            processes, self.start, self.said.append, {"store": " with its data"}
        )

    async def start(self, name: str) -> None:
        self.starts += 1
        command = [sys.executable, "-c", self._command]
        self.supervisor.started(self._processes.start(name, command))

    async def watch_until(self, condition) -> None:
        watching = asyncio.create_task(self.supervisor.watch())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition() and not watching.done():
                await asyncio.sleep(0.01)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        if not watching.cancelled():
            watching.result()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(supervisor, "WATCH_SECONDS", 0.02)
    monkeypatch.setattr("infrastructure.local.supervision.restarts.LONGEST_DELAY_SECONDS", 0.01)


def test_a_dead_part_is_started_again_and_one_line_says_with_what(tmp_path, quick):
    with Processes(tmp_path) as processes:
        parts = Parts(processes, "import time; time.sleep(600)")

        async def run() -> None:
            await parts.start("store")
            parts.supervisor.by_name["store"].popen.kill()
            await parts.watch_until(lambda: parts.starts == 2 and parts.supervisor.is_up("store"))

        asyncio.run(run())
        assert parts.said == ["store was ended by SIGKILL; starting it again with its data"]
        assert [each.name for each in processes.running] == ["store"]


def test_a_part_that_dies_again_and_again_ends_the_cloud_with_its_last_words(tmp_path, quick):
    with Processes(tmp_path) as processes:
        parts = Parts(processes, "raise SystemExit('no room on disk')")

        async def run() -> None:
            await parts.start("store")
            await parts.watch_until(lambda: False)

        with pytest.raises(SetupError, match=r"store died 6 times in a row.*no room on disk"):
            asyncio.run(run())
        assert parts.starts == 6
        assert len(parts.said) == 5


def test_a_part_that_does_not_answer_is_replaced(tmp_path, quick, monkeypatch):
    monkeypatch.setattr(supervisor, "PROBE_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "SILENT_SECONDS", 0.1)
    with Processes(tmp_path) as processes:
        parts = Parts(processes, "import time; time.sleep(600)")

        async def run() -> None:
            await parts.start("store")
            address = {"store": f"http://127.0.0.1:{free_port()}"}
            probing = asyncio.create_task(parts.supervisor.replace_silent(address))
            await parts.watch_until(lambda: parts.starts > 1)
            probing.cancel()

        asyncio.run(run())
    assert parts.said[0] == "store hasn't answered for 0 s; starting it again with its data"
