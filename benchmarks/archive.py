"""Time from an archive's last file to the shown study: `python -m benchmarks.archive`.

Starts a cloud with an archive of its own as `make up PACS=1` does, and sends studies to it, one
after the other, as a scanner does: T1, T2 and STIR of 17 sagittal slices each, an axial series of
30, and a localizer. Prints seconds since the sender's last file was taken:

- `whole`: the last series that is read has been closed, and is queued as a scan. The archive's own
  wait for quiet is a part of it.
- `claimed`: the worker has begun with the first of them.
- `first`: the first series has been read.
- `shown`: the study's document has all three series with their joint answer, for an open page.

`MB` is the most memory that the worker and its sandboxes had at a time, `CPU s` what they took.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from discai.cloud import paths
from discai.cloud.database import Query
from infrastructure.local.orthanc import STABLE_SECONDS
from tests.support.local_cloud import LocalCloud, running_cloud
from tests.support.orthanc import send
from tests.support.sent_study import study, written
from tests.support.waiting import wait_until

COLUMNS = ("sent in", "whole", "claimed", "first", "shown", "CPU s", "MB")


def main() -> None:
    """Print one row for each study, and their medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive", description=__doc__)
    parser.add_argument("--studies", type=int, default=5, help="after one that warms all up")
    parser.add_argument(
        "--filing", default="off", help="drafts: the worker stores results meanwhile"
    )
    arguments = parser.parse_args()
    os.environ["FILING"] = arguments.filing
    print(f"The archive takes a series for whole after {STABLE_SECONDS} s without a file.")
    print("study".ljust(10) + "".join(column.rjust(10) for column in COLUMNS), flush=True)
    rows = []
    with (
        tempfile.TemporaryDirectory(prefix="discai-bench-") as folder,
        running_cloud(Path(folder) / "cloud", pacs=True) as cloud,
    ):
        for number in range(arguments.studies + 1):
            row = measured(cloud, written(study(), Path(folder) / str(number)))
            print_row("warm-up" if number == 0 else str(number), row)
            rows.append(row)
    medians = {column: statistics.median(row[column] for row in rows[1:]) for column in COLUMNS}
    print_row("median", medians)


def print_row(name: str, row: dict[str, float]) -> None:
    """One line of the table."""
    print(name.ljust(10) + "".join(f"{row[column]:10.2f}" for column in COLUMNS), flush=True)


def measured(cloud: LocalCloud, folder: Path) -> dict[str, float]:
    """Send a study, wait until it is shown, and say when what had happened."""
    known = {name: set(records(cloud, name)) for name in (paths.STUDIES, paths.SCANS)}
    worker = psutil.Process(cloud.process("inference-service").pid)
    with Watched(worker) as watched:
        began = time.time()
        assert send(cloud.plan, folder) == 0
        sent = time.time()
        found = shown(cloud, known[paths.STUDIES])
    scans = records(cloud, paths.SCANS)
    read = [scans[key]["timings"] for key in found["series"]]
    moments = {
        "whole": max(each["queued"] for each in read),
        "claimed": min(each["claimed"] for each in read),
        "first": min(each["done"] for each in read),
        "shown": found["updatedAt"],
    }
    since = {name: moment.timestamp() - sent for name, moment in moments.items()}
    return since | {"sent in": sent - began, "CPU s": watched.cpu_seconds, "MB": watched.peak_mb}


def shown(cloud: LocalCloud, before: set[str]) -> dict[str, Any]:
    """The new study's document, as soon as all three series are in its answer."""
    new: list[dict[str, Any]] = []

    def is_there() -> bool:
        new[:] = [each for key, each in records(cloud, paths.STUDIES).items() if key not in before]
        return [each["status"] for found in new for each in found["series"].values()] == [
            "done"
        ] * 3

    wait_until(is_there, told=lambda: str(new))
    return new[0]


def records(cloud: LocalCloud, collection: str) -> dict[str, dict[str, Any]]:
    """Documents of a collection by id."""
    return {each.id: each.fields or {} for each in cloud.database.find(Query(collection))}


class Watched:
    """A process and its children while the context lasts: most memory, and time of processors.

    Memory that processes share is counted for each of them.
    """

    def __init__(self, process: psutil.Process) -> None:
        self.peak_mb = 0.0
        self.cpu_seconds = 0.0
        self._process = process
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Watched":
        self._before = self._cpu()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()
        self.cpu_seconds = self._cpu() - self._before

    def _cpu(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            used = 0
            for each in (self._process, *self._process.children(recursive=True)):
                try:
                    used += each.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.peak_mb = max(self.peak_mb, used / 1e6)


if __name__ == "__main__":
    main()
