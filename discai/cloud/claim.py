"""`Claim`: one worker's exclusive hold on one scan, and all that the worker may write about it."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from google.cloud import firestore

from discai.cloud import paths
from discai.cloud.documents import AlsoWrite, change, timeline
from discai.cloud.retrying import retryable
from discai.errors import RetryableError
from discai.records.scans import (
    DiscAtAGlance,
    Event,
    Failure,
    Lease,
    Prediction,
    Progress,
    ScanRecord,
)
from discai.records.worklist import uncertainty


class LeaseLostError(RetryableError):
    """The lease ran out and another worker took the scan, or this worker has given it up."""

    def __init__(self) -> None:
        super().__init__("lease-lost", "Another worker has taken over this scan.")


def is_live(lease: Lease | None) -> bool:
    """Whether somebody holds it."""
    return lease is not None and lease.until > datetime.now(UTC)


class Hold:
    """A document about one scan that nobody else works on until the lease in it runs out.

    Every write is conditional on the document being as this holder saw it last. If it has changed,
    the write is repeated as long as the lease is still this holder's, else `LeaseLostError` is
    raised: a worker that slept past its lease can't overwrite its successor. Methods may be called
    from several threads.
    """

    def __init__(
        self,
        database: firestore.Client,
        path: str,
        scan_id: str,
        lease: Lease,
        seen: datetime,
        lease_seconds: float,
    ) -> None:
        self.scan_id = scan_id
        self._holder = lease.holder
        self._until = lease.until
        self._database: Any = database
        self._document: Any = database.document(path)
        self._seen = seen
        self._lease = timedelta(seconds=lease_seconds)
        self._lock = threading.Lock()
        self._released = False

    def report(self, progress: Progress | None) -> None:
        """Shows how far the reading is (None leaves that as it is) and renews the lease."""
        lease = Lease(holder=self._holder, until=datetime.now(UTC) + self._lease)
        shown = {} if progress is None else {"progress": progress.to_document()}
        self._write({"lease": lease.to_document(), **shown})
        self._until = lease.until

    def check(self) -> None:
        """Raises `LeaseLostError` unless nobody else can have the scan at this moment.

        A lease that ran out unnoticed, as that of a process that was frozen, is renewed first.
        """
        if self._released:
            raise LeaseLostError
        if datetime.now(UTC) >= self._until:
            self.report(None)

    def _release(self, fields: dict[str, Any], *also: AlsoWrite) -> None:
        self._write({**fields, "lease": None}, *also)

    def _write(self, fields: dict[str, Any], *also: AlsoWrite) -> None:
        def all_of_them(batch: Any) -> None:
            for add in also:
                add(batch)

        with self._lock, retryable("Firestore"):
            if self._released:
                raise LeaseLostError
            while (
                seen := change(self._database, self._document, self._seen, fields, all_of_them)
            ) is None:
                self._look_again()
            self._seen = seen
            self._released = fields["lease"] is None

    def _look_again(self) -> None:
        snapshot = self._document.get()
        lease = (snapshot.to_dict() or {}).get("lease")
        if lease is None or lease["holder"] != self._holder:
            self._released = True
            raise LeaseLostError
        self._seen = snapshot.update_time


class Claim(Hold):
    """A scan that nobody else reads."""

    def __init__(
        self,
        database: firestore.Client,
        scan_id: str,
        scan: ScanRecord,
        seen: datetime,
        lease_seconds: float,
    ) -> None:
        if scan.lease is None:
            raise ValueError("only a scan with a lease can be held")
        path = paths.scan(scan_id)
        super().__init__(database, path, scan_id, scan.lease, seen, lease_seconds)
        self.scan = scan

    def finish(
        self, prediction: Prediction, removed_tags: list[str], timings: dict[str, datetime]
    ) -> None:
        """Stores the prediction and marks the scan done, both or neither."""
        stored = self._database.document(paths.prediction(self.scan_id, prediction.model_version))
        self._release(
            {
                **_done(prediction),
                "removedTags": removed_tags,
                **{f"timings.{step}": at for step, at in timings.items()},
            },
            self._event("done", f"Read by {prediction.model_version}."),
            lambda batch: batch.create(stored, prediction.to_document()),
        )

    def finish_again(self, prediction: Prediction) -> None:
        """Marks the scan done with a prediction that is stored already: it never changes."""
        self._release(
            _done(prediction), self._event("done", f"Read by {prediction.model_version}.")
        )

    def fail(self, failure: Failure) -> None:
        """Marks the scan as one that can't be read, with the sentence that people will see."""
        self._release(
            {"status": "failed", "progress": None, "error": failure.to_document()},
            self._event("failed", failure.message),
        )

    def hand_back(self, reason: str) -> None:
        """Puts the scan back into the queue, for the worker that gets the next delivery."""
        self._release({"status": "queued", "progress": None}, self._event("handed-back", reason))

    def _event(self, kind: Literal["done", "failed", "handed-back"], message: str) -> AlsoWrite:
        event = Event(kind=kind, at=datetime.now(UTC), by=self._holder, message=message)
        return timeline(self._database, self.scan_id, f"{kind}-{self.scan.attempt}", event)


def _done(prediction: Prediction) -> dict[str, Any]:
    return {
        "status": "done",
        "progress": None,
        "error": None,
        "timings.done": datetime.now(UTC),
        **at_a_glance(prediction),
    }


def at_a_glance(prediction: Prediction) -> dict[str, Any]:
    """The fields of a scan that tell what the model read in it."""
    discs = [DiscAtAGlance(level=d.level, herniation=d.herniation) for d in prediction.discs]
    herniations = [disc.herniation for disc in discs]
    return {
        "modelVersion": prediction.model_version,
        "keySlice": prediction.key_slice,
        "sliceCount": prediction.slice_count,
        "discs": [disc.to_document() for disc in discs],
        "highestHerniation": max(herniations, default=None),
        "uncertainty": uncertainty(herniations, prediction.herniation_threshold),
        "herniationThreshold": prediction.herniation_threshold,
    }
