"""Retraining under the worst deliveries: `python -m benchmarks.storm [ROUNDS]`.

Every round labels three scans at a threshold of three, delivers each label's event three times,
all at once, and lets one in ten steps die before or after it, over the real emulators. Prints how
many pipeline jobs that made in all (one a round is right), how often they were asked for, and the
deaths.
"""

import argparse
import sys
import time

from tqdm import trange

from benchmarks.emulated import RESULTS, emulated
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.objects import ObjectStore
from tests.support.storm import Storm

PROJECT = "demo-storm"


def main(rounds: int) -> int:
    """Print one line; the exit status says whether there was exactly one job a round."""
    with emulated(PROJECT) as buckets:
        storm = Storm(FirestoreDatabase.connect(PROJECT), ObjectStore(buckets), RESULTS)
        started = time.monotonic()
        for epoch in trange(1, rounds + 1):
            storm.round()
            storm.runs.close(epoch)
        seconds = time.monotonic() - started
    jobs, calls = len(storm.submitter.jobs), storm.submitter.calls
    print(f"{rounds} rounds in {seconds:.0f} s: {jobs} jobs, asked for {calls} times, ", end="")
    print(f"{storm.deaths} deaths")
    return 0 if set(storm.submitter.jobs) == set(range(1, rounds + 1)) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m benchmarks.storm", description=__doc__)
    parser.add_argument(
        "rounds", type=int, nargs="?", default=200, help="runs to start (default: %(default)s)"
    )
    sys.exit(main(parser.parse_args().rounds))
