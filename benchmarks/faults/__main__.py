"""Faults on purpose, as many as one likes: `python -m benchmarks.faults [--faults N] [--seed S]`.

Starts a cloud of its own as `make up` does. Round by round a scan is uploaded, a finished one gets
a label, and meanwhile parts of the cloud are killed, frozen, started again or fed events twice. A
round ends when its scan has. In the end everything that was acknowledged must be there, once and
whole; prints a table of the faults and a line of the balance, and exits with 1 if anything was
lost, stuck, doubled or left over. Ctrl-C ends the faults early. The disk is filled only where this
user may mount one.

`--filings N` saves verdicts instead, and kills the worker while it files them in an archive.
`--studies N` copies whole studies instead, as archives and as loose slices, while the worker and
the functions are killed in the middle of splitting and gathering them.
"""

import argparse
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from google.api_core.exceptions import GoogleAPIError
from tqdm import tqdm

from benchmarks.faults.filing import filing_campaign
from benchmarks.faults.kinds import Kind, kinds_for, leftovers
from benchmarks.faults.ledger import PATIENCE_SECONDS
from benchmarks.faults.studies import study_campaign
from benchmarks.faults.world import World
from discai.records.states import SCAN_ENDS
from tests.support.webapp.seeds import as_read, seeded_scan, write_scans

MOST_FAULTS_A_ROUND = 6
LABELLED_SHARE = 0.5


def main() -> int:
    """Run the campaign; the exit status says whether the cloud held."""
    parser = argparse.ArgumentParser("python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--faults", type=int, default=1000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="chooses faults and moments")
    parser.add_argument("--scans", type=int, default=0, help="that are in the worklist before")
    parser.add_argument(
        "--filings", type=int, help="instead of all that: verdicts to be filed, and only kills"
    )
    parser.add_argument(
        "--studies", type=int, help="instead of all that: whole studies, and only kills"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="discai-faults-") as name:
        world = World(
            Path(name), options.seed, pacs=bool(options.filings), quick=bool(options.studies)
        )
        with world:
            if options.filings:
                return verdicts_filed(world, options.filings)
            if options.studies:
                return whole_studies(world, options.studies)
            if options.scans:
                earlier = (seeded_scan(f"{n}.mha", n, **as_read(0.1)) for n in range(options.scans))
                write_scans(world.cloud.firestore, earlier)
            seconds = campaign(world, options.faults)
            balance = world.ledger.balance(world.cloud)
            world.stop()
            balance.left_over += leftovers(world, world.temporary)
    print_table(seconds)
    labels = sum(map(len, world.ledger.labels.values()))
    print(
        f"{len(world.ledger.uploads)} uploads and {labels} labels acknowledged, "
        f"{world.ledger.refused} refused: {balance}"
    )
    for sentence in balance.sentences:
        print(f"  {sentence}")
    return 1 if balance.sentences else 0


def verdicts_filed(world: World, rounds: int) -> int:
    """File verdicts while the worker is killed; the exit status says if the archive has them."""
    started = time.monotonic()
    outcome = filing_campaign(world, rounds)
    print(f"{rounds} verdicts in {(time.monotonic() - started) / 60:.0f} min, {outcome}")
    for sentence in outcome.balance.sentences:
        print(f"  {sentence}")
    return 1 if outcome.balance.sentences else 0


def whole_studies(world: World, count: int) -> int:
    """Copy studies while worker and functions are killed; the exit status says if all are there."""
    started = time.monotonic()
    asked_to_end = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: asked_to_end.set())
    outcome = study_campaign(world, count, asked_to_end)
    print(f"{outcome.studies} studies in {(time.monotonic() - started) / 60:.0f} min, {outcome}")
    for sentence in outcome.balance.sentences:
        print(f"  {sentence}")
    return 1 if outcome.balance.sentences else 0


def campaign(world: World, faults: int) -> dict[str, list[float]]:
    """Do so many faults; for each its round's seconds from the last fault to the scan's end."""
    kinds = kinds_for(world)
    shares = [kind.share for kind in kinds]
    seconds: dict[str, list[float]] = defaultdict(list)
    finished: list[str] = []
    asked_to_end = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: asked_to_end.set())
    with tqdm(total=faults, unit="fault") as progress, ThreadPoolExecutor(1) as pool:
        while progress.n < faults and not asked_to_end.is_set():
            count = min(world.random.randint(1, MOST_FAULTS_A_ROUND), faults - progress.n)
            chosen = world.random.choices(kinds, shares, k=count)
            uploading = pool.submit(world.upload)
            if finished and world.random.random() < LABELLED_SHARE:
                world.ledger.save_label(world.cloud, world.random.choice(finished))
            for kind in chosen:
                time.sleep(world.random.uniform(0, 1.5))
                progress.set_postfix_str(kind.name)
                do(world, kind, uploading.result() if uploading.done() else None)
            since = time.monotonic()
            scan_id = uploading.result()
            if scan_id and ended(world, scan_id):
                finished.append(scan_id)
            for kind in chosen:
                seconds[kind.name].append(time.monotonic() - since)
            progress.update(count)
    return seconds


def do(world: World, kind: Kind, scan_id: str | None) -> None:
    """Do one fault; that the cloud doesn't answer it meanwhile is no news."""
    try:
        kind.do(world, scan_id)
    except (GoogleAPIError, OSError) as error:
        tqdm.write(f"{kind.name}: {error}", file=sys.stderr)


def ended(world: World, scan_id: str) -> bool:
    """Wait for a scan's end; what has none is counted when all is balanced."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if world.cloud.scan(scan_id).get("status") in SCAN_ENDS:
                return True
        except GoogleAPIError:  # the database is being started again
            pass
        time.sleep(0.3)
    return False


def print_table(seconds: dict[str, list[float]]) -> None:
    """Print a row for each kind."""
    print(f"{'fault':24}{'count':>7}{'median s':>10}{'longest s':>11}")
    for name, values in sorted(seconds.items()):
        row = f"{name:24}{len(values):7}{statistics.median(values):10.1f}{max(values):11.1f}"
        print(row)
    print(f"{'all':24}{sum(map(len, seconds.values())):7}")


if __name__ == "__main__":
    sys.exit(main())
