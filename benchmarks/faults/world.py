"""A whole local cloud that faults are done to, and that is started again after each stop."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

import psutil

from benchmarks.faults.ledger import Ledger
from discai.phantom import PhantomOptions, draw_phantom, write_phantom
from infrastructure.local.supervision.processes import Process, Processes
from tests.support.local_cloud import LocalCloud, launch, wait_for_environment

#: Of the disk that is filled: room for the cloud's data of some thousand small scans.
_DISK_MIB: Final = 4096


class World:
    """One cloud in a folder of its own, and what people do in it; with `pacs`, an archive as well.

    A quick one reads without a model: where it isn't the reading that faults are done to.

    Attributes:
        random: chooses faults and moments, always the same for one seed.
        phantom: a small scan.
        disk: tells if the cloud's folder is a small disk of its own, which can be filled.
    """

    def __init__(self, folder: Path, seed: int, *, pacs: bool = False, quick: bool = False) -> None:
        self.folder = folder / "cloud"
        self.folder.mkdir()
        self.disk = _mounted(self.folder)
        self.random = random.Random(seed)  # noqa: S311 (no secret)
        self.ledger = Ledger()
        self.phantom = folder / "phantom.mha"
        write_phantom(draw_phantom(PhantomOptions(slices=3)), self.phantom)
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self._processes = Processes(folder / "launcher-logs")
        self._launcher: Process | None = None
        self._cloud: LocalCloud | None = None
        self._uploads = 0
        self._pacs = pacs
        self._quick = quick

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._processes.stop()
        if self.disk:
            subprocess.run(["umount", "--lazy", self.folder], check=False)

    @property
    def cloud(self) -> LocalCloud:
        """The cloud; started again if it has ended by itself."""
        if self._launcher is None or self._launcher.popen.poll() is not None:
            self.start()
        assert self._cloud
        return self._cloud

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        (self.folder / "env").unlink(missing_ok=True)
        os.environ["TMPDIR"] = str(self.temporary)
        self._launcher = launch(self._processes, self.folder, pacs=self._pacs, quick=self._quick)
        environment = wait_for_environment(self._launcher, self.folder)
        self._cloud = LocalCloud(self.folder, environment, self._launcher)

    def stop(self, number: int = signal.SIGINT) -> None:
        """Stop the launcher by a signal, and wait until all that it started is gone."""
        if self._launcher is None:
            return
        with suppress(ProcessLookupError):
            self._launcher.popen.send_signal(number)
        self._launcher.popen.wait()
        self._processes.stop_some([self._launcher])
        self._launcher = self._cloud = None
        while self.processes():
            time.sleep(0.1)

    def processes(self) -> list[psutil.Process]:
        """Processes that run for this cloud's folder."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self.folder) in part for part in process.info["cmdline"] or ()):
                found.append(process)
        return found

    def process(self, name: str) -> psutil.Process | None:
        """One part of the cloud; None while it is being started again."""
        try:
            found = self.cloud.process(name)
        except psutil.NoSuchProcess:
            return None
        return found if found.is_running() else None

    def upload(self) -> str | None:
        """Upload the phantom under a new name; the scan's id, None if it was refused."""
        self._uploads += 1
        return self.ledger.upload(self.cloud, self.phantom, f"faults/{self._uploads:05d}.mha")

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """The cloud's disk without a free byte."""
        ballast = self.folder / "ballast"
        with ballast.open("wb") as file, suppress(OSError):
            while True:
                file.write(b"\0" * 2**20)
        try:
            yield
        finally:
            ballast.unlink()


def _mounted(folder: Path) -> bool:
    """A disk in memory under the folder, for who may mount one."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
