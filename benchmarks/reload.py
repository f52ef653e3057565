"""Waiting time of scans while the model is exchanged: `python -m benchmarks.reload [SWAPS]`.

Starts a cloud of its own as `make up` does and uploads small phantoms, one after the other, each
timed from its upload until its result is stored: first while nothing else happens, then while the
pointer moves to another version of the model, which the worker loads beside the one that serves.
Prints both, the longest wait that a swap adds, and the seconds from a move of the pointer to the
first answer by the new version. Exits 1 if any scan was answered by another version.
"""

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from discai.cloud.models import ModelStore
from discai.cloud.production import ProductionRepository
from discai.phantom import PhantomOptions, draw_phantom, write_phantom
from tests.support.local_cloud import LocalCloud, running_cloud
from tests.support.models import publish_copy

VERSIONS = ("swap-a", "swap-b")
QUIET_SCANS = 20
SCANS_AFTER = 3


@dataclass(frozen=True)
class Answer:
    """One scan's result: whose it is, and when it was asked for and stored (monotonic seconds)."""

    version: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """Seconds that one scan waited."""
        return self.ended - self.began


class Stream:
    """Scans that come in one after the other."""

    def __init__(self, cloud: LocalCloud, scan: Path) -> None:
        self._cloud = cloud
        self._scan = scan
        self._numbers = count()

    def next(self) -> Answer:
        """Uploads one and waits for its result."""
        began = time.monotonic()
        scan = self._cloud.wait_for(
            self._cloud.put(self._scan, f"reload/{next(self._numbers)}.mha"), "done"
        )
        return Answer(scan["modelVersion"], began, time.monotonic())

    def until(self, version: str) -> list[Answer]:
        """The answers up to some by that version."""
        answers = [self.next()]
        while answers[-1].version != version:
            answers.append(self.next())
        return answers + [self.next() for _ in range(SCANS_AFTER)]


def main(swaps: int) -> int:
    """Print the table."""
    with (
        tempfile.TemporaryDirectory(prefix="discai-bench-") as name,
        running_cloud(Path(name) / "cloud") as cloud,
    ):
        scan = Path(name) / "small.mha"
        write_phantom(draw_phantom(PhantomOptions(slices=3)), scan)
        store = ModelStore(cloud.storage, cloud.environment["MODELS_BUCKET"])
        for version in VERSIONS:
            publish_copy(store, version, Path(name))
        production = ProductionRepository(cloud.database)
        stream = Stream(cloud, scan)
        stream.next()
        quiet = [stream.next() for _ in range(QUIET_SCANS)]
        swapping: list[Answer] = []
        follows = []
        for swap in range(swaps):
            version = VERSIONS[swap % len(VERSIONS)]
            moved = time.monotonic()
            production.move(version, "sha256:0", by="benchmark", reason="A swap.")
            answers = stream.until(version)
            swapping += answers
            follows.append(next(a.ended for a in answers if a.version == version) - moved)
    known = {quiet[0].version, *VERSIONS}
    report(quiet, swapping, follows)
    return 0 if all(answer.version in known for answer in quiet + swapping) else 1


def report(quiet: list[Answer], swapping: list[Answer], follows: list[float]) -> None:
    """One row a situation, then what follows from them."""
    print(f"{'':18}{'scans':>6}{'median s':>10}{'longest s':>11}")
    for title, answers in (("without a swap", quiet), ("with swaps", swapping)):
        waits = [answer.seconds for answer in answers]
        print(f"{title:18}{len(waits):6}{statistics.median(waits):10.2f}{max(waits):11.2f}")
    longest = max(a.seconds for a in swapping) - max(a.seconds for a in quiet)
    print(f"\nlongest wait that a swap adds: {longest:.2f} s")
    print(
        f"from the pointer's move to the first answer by the new version, {len(follows)} swaps: "
        f"median {statistics.median(follows):.1f} s, longest {max(follows):.1f} s"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m benchmarks.reload", description=__doc__)
    parser.add_argument(
        "swaps",
        type=int,
        nargs="?",
        default=6,
        help="exchanges of the model (default: %(default)s)",
    )
    sys.exit(main(parser.parse_args().swaps))
