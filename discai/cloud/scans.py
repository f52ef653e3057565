"""`scans/{scanId}` in Firestore: who may do what to a scan in which state."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from google.api_core.exceptions import AlreadyExists, FailedPrecondition
from google.cloud import firestore

from discai.cloud import paths
from discai.cloud.claim import Claim, is_live
from discai.cloud.documents import change, timeline, timeline_once
from discai.cloud.retrying import retryable
from discai.errors import PermanentError, RetryableError
from discai.records.scans import (
    Event,
    Failure,
    InferenceRequest,
    Lease,
    Prediction,
    ScanRecord,
    Timings,
)

LEASE_SECONDS: Final = 120.0
#: The states in which no delivery of the request for a scan's reading changes anything any more.
ENDS: Final = ("done", "failed", "dead")

#: How often a change is tried anew when the scan changes between the look and the write.
_LOOKS: Final = 5


class ScanRepository:
    """Scans and their predictions.

    No method reads and writes in a transaction: a document is created if it is absent, or changed
    on condition that it is as it was seen, so contention costs another look and never a lock.
    """

    def __init__(self, database: firestore.Client, lease_seconds: float = LEASE_SECONDS) -> None:
        self._database: Any = database
        self._lease_seconds = lease_seconds

    def create(self, scan_id: str, scan: ScanRecord) -> bool:
        """Adds a queued scan; False, and nothing changes, if it was there before.

        One that was forgotten stays so, whenever the event of its upload comes once more.
        """
        document = self._document(scan_id)
        batch = self._database.batch()
        batch.create(document, scan.to_document())
        # Deletes nothing: a batch has no other way to ask that a document is not there.
        batch.delete(
            self._database.document(paths.forgotten(scan_id)),
            option=self._database.write_option(exists=False),
        )
        event = Event(kind="queued", at=scan.created_at, by="on_scan_uploaded")
        timeline(self._database, scan_id, "queued", event)(batch)
        with retryable("Firestore"):
            try:
                batch.commit()
            except (AlreadyExists, FailedPrecondition):
                return False
        return True

    def get(self, scan_id: str) -> ScanRecord | None:
        """The scan, or None if there is no such one."""
        scan, _ = self._look(scan_id)
        return scan

    def is_forgotten(self, scan_id: str) -> bool:
        """Whether `discai forget` has begun to remove the scan: nobody may bring it back."""
        with retryable("Firestore"):
            return bool(self._database.document(paths.forgotten(scan_id)).get().exists)

    def prediction(self, scan_id: str, model_version: str) -> Prediction | None:
        """What that model read in the scan, or None if it has not read it."""
        document = self._database.document(paths.prediction(scan_id, model_version))
        with retryable("Firestore"):
            stored = document.get().to_dict()
        return Prediction.from_document(stored) if stored else None

    def claim(self, scan_id: str, worker: str) -> Claim | None:
        """The exclusive hold on a scan, or None if it has come to an end.

        Raises `PermanentError("unknown-scan")`, and `RetryableError("busy")` while another worker
        holds it.
        """
        holder = f"{worker}/{uuid.uuid4().hex[:12]}"
        for _ in range(_LOOKS):
            scan, seen = self._look(scan_id)
            # Asked after the look: what is forgotten from then on, the write below is refused.
            if scan is None or self.is_forgotten(scan_id):
                raise PermanentError("unknown-scan", "There is no such scan.")
            if scan.lease and scan.lease.holder == holder:
                # The write below had succeeded, though the network said otherwise.
                return Claim(self._database, scan_id, scan, seen, self._lease_seconds)
            if scan.status in ENDS:
                return None
            if is_live(scan.lease):
                break
            claimed = self._claimed_by(holder, scan)
            updated = self._change(
                scan_id,
                seen,
                claimed.to_document(),
                f"claimed-{claimed.attempt}",
                Event(kind="claimed", at=claimed.updated_at, by=holder),
            )
            if updated is not None:
                return Claim(self._database, scan_id, claimed, updated, self._lease_seconds)
        raise RetryableError("busy", "Another worker is reading this scan.")

    def requeue(self, scan_id: str, by: str) -> InferenceRequest:
        """Puts a failed or dead scan back into the queue; returns the request to publish.

        A scan that waits in the queue stays there: a second click, or one after a crash between
        this and the publishing, is as good as the first. Raises `PermanentError`: `not-found`,
        `not-retryable`.
        """
        for _ in range(_LOOKS):
            scan, seen = self._look(scan_id)
            if scan is None:
                raise PermanentError("not-found", "There is no such scan.")
            if is_waiting(scan):
                return request_for(scan_id, scan)
            if scan.status not in ("failed", "dead"):
                raise PermanentError(
                    "not-retryable", f"The scan is {scan.status}; nothing to retry."
                )
            now = datetime.now(UTC)
            updated = self._change(
                scan_id,
                seen,
                {
                    "status": "queued",
                    "error": None,
                    "progress": None,
                    "timings": Timings(queued=now).to_document(),
                },
                f"retried-{scan.attempt}",
                Event(kind="retried", at=now, by=by),
            )
            if updated is not None:
                return request_for(scan_id, scan)
        raise RetryableError("busy", "This scan is changing right now; please try again.")

    def bury(self, scan_id: str, failure: Failure, letter_id: str) -> bool:
        """Marks a scan dead that no delivery could finish; False if it needs no burial.

        One dead letter buries a scan once, so that its second delivery leaves a scan alone that a
        person has retried in between. Raises `RetryableError("busy")` while a worker holds it.
        """
        for _ in range(_LOOKS):
            scan, seen = self._look(scan_id)
            if scan is None or scan.status in ENDS:
                return False
            if is_live(scan.lease):
                break
            fields = {"status": "dead", "error": failure.to_document()}
            event = Event(
                kind="dead", at=datetime.now(UTC), by="on_dead_letter", message=failure.message
            )
            try:
                updated = self._change(
                    scan_id,
                    seen,
                    {**fields, "progress": None, "lease": None},
                    f"dead-{letter_id}",
                    event,
                    once=True,
                )
            except AlreadyExists:
                return False
            if updated is not None:
                return True
        raise RetryableError("busy", "A worker is reading this scan.")

    def _document(self, scan_id: str) -> Any:
        return self._database.document(paths.scan(scan_id))

    def _look(self, scan_id: str) -> tuple[ScanRecord | None, datetime]:
        with retryable("Firestore"):
            snapshot = self._document(scan_id).get()
        stored = snapshot.to_dict()
        return (ScanRecord.from_document(stored) if stored else None), snapshot.update_time

    def _change(
        self,
        scan_id: str,
        seen: datetime,
        fields: dict[str, Any],
        event_id: str,
        event: Event,
        once: bool = False,
    ) -> datetime | None:
        document = self._document(scan_id)
        line = (timeline_once if once else timeline)(self._database, scan_id, event_id, event)
        with retryable("Firestore"):
            return change(self._database, document, seen, fields, line)

    def _claimed_by(self, holder: str, scan: ScanRecord) -> ScanRecord:
        now = datetime.now(UTC)
        until = now + timedelta(seconds=self._lease_seconds)
        return scan.model_copy(
            update={
                "status": "processing",
                "attempt": scan.attempt + 1,
                "lease": Lease(holder=holder, until=until),
                "progress": None,
                "error": None,
                "updated_at": now,
                "timings": Timings(queued=scan.timings.queued, claimed=now),
            }
        )


def is_waiting(scan: ScanRecord) -> bool:
    """Whether the scan is in the queue and nobody works on it."""
    return scan.status == "queued" and not is_live(scan.lease)


def request_for(scan_id: str, scan: ScanRecord) -> InferenceRequest:
    """The message that makes a worker read this scan."""
    return InferenceRequest(
        scan_id=scan_id,
        bucket=scan.object.bucket,
        name=scan.object.name,
        generation=scan.object.generation,
    )
