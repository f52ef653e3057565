"""Many labels on one scan: `python -m benchmarks.labels [LABELS]`.

Saves the labels of one scan, ten reviewers' corrections in turn, then delivers each label's event
once, 16 at a time as an instance of the function takes them, over the real emulators. Prints the
seconds until all are exported, stamped and counted, and how many documents that read. With
`--one-by-one` each label is delivered before the next is saved.
"""

import argparse
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from google.cloud import storage

from benchmarks.emulated import RESULTS, emulated
from discai.cloud import paths
from discai.cloud.database import Put, Query, Snapshot
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.retraining import RetrainingRepository
from discai.cloud.studies import StudyRepository
from discai.errors import RetryableError
from discai.records.scans import Label, LabelledBox
from functions.on_label_created import on_label_created
from functions.retraining import Retraining
from tests.support.fakes import nothing_is_filed
from tests.support.records import SCAN, prediction_of, queued_scan
from tests.support.storm import event_of

PROJECT = "demo-labels"
READERS = 10
AT_ONCE = 16
BOX = LabelledBox(x=1, y=2, width=4, height=8, level="L5-S1", herniation=True)


class CountingDatabase(FirestoreDatabase):
    """Firestore, with the number of documents that were read."""

    reads = 0
    _lock = threading.Lock()

    def get(self, path: str, timeout_seconds: float | None = None) -> Snapshot:
        """One more."""
        self._note(1)
        return super().get(path, timeout_seconds)

    def find(self, query: Query) -> list[Snapshot]:
        """As many more as are found."""
        found = super().find(query)
        self._note(len(found))
        return found

    def _note(self, count: int) -> None:
        with self._lock:
            self.reads += count


def main(count: int, one_by_one: bool) -> int:
    """Print one line; the exit status says whether the scan's stamp counts every label."""
    with emulated(PROJECT) as buckets:
        return measure(CountingDatabase.connect(PROJECT), buckets, count, one_by_one)


def measure(
    database: CountingDatabase, buckets: storage.Client, count: int, one_by_one: bool
) -> int:
    """Saves and delivers the labels, and prints what that took."""
    labels = LabelRepository(database, ObjectStore(buckets), RESULTS)
    retraining = Retraining(RetrainingRepository(database, 10 * count, configured=False), None)
    scan = queued_scan().model_copy(update={"status": "done", "model_version": "m1"})
    database.commit(
        [
            Put(paths.scan(SCAN), scan.to_document()),
            Put(paths.prediction(SCAN, "m1"), prediction_of("m1").to_document()),
        ]
    )

    def deliver(number: int) -> None:
        event = event_of(f"projects/p/databases/(default)/documents/{path_of(number)}")
        while True:
            try:
                on_label_created(
                    event,
                    labels,
                    StudyRepository(database, labels),
                    nothing_is_filed(database),
                    retraining,
                )
                return
            except RetryableError:  # as Eventarc does
                time.sleep(0.25)

    numbers = range(count)
    steps: Sequence[Sequence[int]] = [[each] for each in numbers] if one_by_one else [numbers]
    seconds = 0.0
    for step in steps:
        save(database, step)
        started = time.monotonic()
        with ThreadPoolExecutor(min(AT_ONCE, len(step))) as pool:
            list(pool.map(deliver, step))
        seconds += time.monotonic() - started
    stamp = database.get(paths.scan(SCAN)).fields or {}
    print(f"{stamp['labelCount']} labels in {seconds:.1f} s, {database.reads} documents read")
    return 0 if stamp["labelCount"] == count else 1


def save(database: FirestoreDatabase, numbers: Sequence[int]) -> None:
    """Saves these labels."""
    for start in range(0, len(numbers), 400):
        database.commit(
            [
                Put(path_of(number), label(number).to_document())
                for number in numbers[start : start + 400]
            ]
        )


def path_of(number: int) -> str:
    """The document of the label of that number."""
    return paths.label(SCAN, f"label-{number:06d}")


def label(number: int) -> Label:
    """A reader's correction, now."""
    author = f"reader-{number % READERS}"
    return Label(
        kind="correction",
        slices={"1": [BOX]},
        author=author,
        author_email=f"{author}@clinic.org",
        created_at=datetime.now(UTC),
        model_version="m1",
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m benchmarks.labels", description=__doc__)
    parser.add_argument(
        "labels", type=int, nargs="?", default=1000, help="so many (default: %(default)s)"
    )
    parser.add_argument(
        "--one-by-one", action="store_true", help="deliver each before the next is saved"
    )
    given = parser.parse_args()
    sys.exit(main(given.labels, given.one_by_one))
