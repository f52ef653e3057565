"""The kinds of faults."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil

from benchmarks.faults.world import World
from discai.records.scans import InferenceRequest
from infrastructure.local.parts import FIRESTORE, FUNCTIONS, PUBSUB, STAND_INS, WORKER
from infrastructure.local.supervision.processes import Processes
from tests.support.local_cloud import LocalCloud, launch, wait_for_environment

PARTS: Final = (WORKER, FUNCTIONS, STAND_INS, FIRESTORE, PUBSUB)
_LONGEST_FREEZE_SECONDS: Final = 8.0
_FULL_SECONDS: Final = 4.0
_COPIES: Final = 3


@dataclass(frozen=True)
class Kind:
    """One kind of fault.

    Attributes:
        share: how often it is chosen, beside the others.
        do: does it to a cloud that has just been given the scan of that id (None: refused).
    """

    name: str
    share: float
    do: Callable[[World, str | None], None]


def kill(part: str) -> Callable[[World, str | None], None]:
    """A part of the cloud ends without a word."""

    def do(world: World, _scan_id: str | None) -> None:
        if process := world.process(part):
            process.kill()

    return do


def freeze(part: str) -> Callable[[World, str | None], None]:
    """A part of the cloud stands still for some seconds, as a paused machine does."""

    def do(world: World, _scan_id: str | None) -> None:
        process = world.process(part)
        if process is None:
            return
        try:
            os.killpg(process.pid, signal.SIGSTOP)
            time.sleep(world.random.uniform(0.5, _LONGEST_FREEZE_SECONDS))
            os.killpg(process.pid, signal.SIGCONT)
        except ProcessLookupError:
            return

    return do


def deliver_again(world: World, scan_id: str | None) -> None:
    """The events of an upload come again, several at once."""
    cloud = world.cloud
    known = scan_id or next(iter(world.ledger.uploads), None)
    scan = cloud.scan(known) if known else {}
    if not scan:
        return
    blob = cloud.storage.bucket(scan["object"]["bucket"]).get_blob(scan["object"]["name"])
    request = InferenceRequest(
        scan_id=known or "",
        **{key: scan["object"][key] for key in ("bucket", "name", "generation")},
    )
    message = request.model_dump_json(by_alias=True).encode()
    finalized = f"{cloud.plan.url('eventarc')}/finalized"
    with ThreadPoolExecutor() as pool:
        for _ in range(_COPIES):
            pool.submit(httpx.post, finalized, json=blob._properties)
            pool.submit(cloud.publish, "inference-requests", message)


def restart(number: int) -> Callable[[World, str | None], None]:
    """The whole cloud is stopped by a signal, and started again."""

    def do(world: World, _scan_id: str | None) -> None:
        world.stop(number)
        world.start()

    return do


def second_cloud(world: World, _scan_id: str | None) -> None:
    """Another cloud starts beside it, takes an upload, and goes."""
    folder = world.folder.parent / "second"
    folder.mkdir(exist_ok=True)
    (folder / "env").unlink(missing_ok=True)
    with Processes(folder / "launcher-logs") as processes:
        launcher = launch(processes, folder)
        other = LocalCloud(folder, wait_for_environment(launcher, folder), launcher)
        name = "faults/of-the-second-cloud.mha"
        scan_id = other.put(world.phantom, name)
        assert other.wait_for(scan_id)["status"] == "done"
        mine = world.cloud.storage.bucket(world.cloud.environment["UPLOADS_BUCKET"])
        assert mine.get_blob(name) is None
        launcher.popen.send_signal(signal.SIGINT)
        launcher.popen.wait()


def fill_disk(world: World, _scan_id: str | None) -> None:
    """There is no room left on the cloud's disk for some seconds."""
    with world.full_disk():
        time.sleep(_FULL_SECONDS)


def kinds_for(world: World) -> list[Kind]:
    """Every kind that can be done to this world."""
    found = [
        *(Kind(f"kill {part}", 1.0, kill(part)) for part in PARTS),
        *(Kind(f"freeze {part}", 2.0, freeze(part)) for part in PARTS),
        Kind("deliver again", 8.0, deliver_again),
        Kind("restart by Ctrl-C", 0.3, restart(signal.SIGINT)),
        Kind("restart after SIGKILL", 0.3, restart(signal.SIGKILL)),
        Kind("a second cloud", 0.1, second_cloud),
    ]
    if world.disk:
        found.append(Kind("full disk", 0.6, fill_disk))
    return found


def leftovers(world: World, temporary: Path) -> list[str]:
    """Leftovers of a stopped cloud: processes, and files in the temporary folder.

    `discai.scratch` keeps one empty file there, by which processes wait for each other.
    """
    processes = [f"process {_line(each)}" for each in world.processes()]
    files = [path for path in temporary.rglob("*") if path.is_file() and path.name != "lock"]
    return processes + [f"file {path.relative_to(temporary)}" for path in files]


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:120]
    except psutil.NoSuchProcess:
        return "that has just ended"
