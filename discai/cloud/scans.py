"""`scans/{scanId}` in Firestore: who may do what to a scan in which state."""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from discai.cloud import paths
from discai.cloud.claim import Claim, HeldError
from discai.cloud.database import Absent, Create, Database, Query, Where
from discai.cloud.documents import BusyError, Change, Document, event_line
from discai.errors import PermanentError
from discai.manifest import MODEL_VERSION_PATTERN
from discai.records.record import Failure
from discai.records.scans import (
    Event,
    Forgotten,
    InferenceRequest,
    Lease,
    Prediction,
    ScanRecord,
    ScanStatus,
    Timings,
)
from discai.records.states import SCAN, is_live, is_unfinished

#: A worker renews its lease four times before it would run out; a dead one keeps it so long.
LEASE_SECONDS: Final = 30.0

_READ_BY_ANOTHER: Final = "Another worker is reading this scan."
_READ: Final = "A worker is reading this scan."
_ASKED_AGAIN: Final = "Nobody had taken it up."
_CHANGING: Final = "This scan is changing right now; please try again."


class ScanRepository:
    """Scans and their predictions."""

    def __init__(self, database: Database, lease_seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._lease_seconds = lease_seconds

    def create(self, scan_id: str, scan: ScanRecord) -> bool:
        """Adds a queued scan; False, and nothing changes, if it was there before.

        One that was forgotten stays so, whenever the event of its upload comes once more.
        """
        event = Event(kind="queued", at=scan.created_at, by="on_scan_uploaded")
        return self.document(scan_id).create(
            scan, Absent(paths.forgotten(scan_id)), event_line(scan_id, "queued", event)
        )

    def get(self, scan_id: str) -> ScanRecord | None:
        """The scan, or None if there is no such one."""
        return self.document(scan_id).get()

    def document(self, scan_id: str) -> Document[ScanRecord]:
        """The scan's document, for whoever changes more than its state."""
        return Document(self._database, paths.scan(scan_id), ScanRecord)

    def is_forgotten(self, scan_id: str) -> bool:
        """Tell if `discai forget` has begun to remove the scan: nothing may bring it back."""
        return Document(self._database, paths.forgotten(scan_id), Forgotten).get() is not None

    def prediction(self, scan_id: str, model_version: str) -> Prediction | None:
        """Prediction of that model for the scan, or None if it has not read it."""
        path = paths.prediction(scan_id, model_version)
        return Document(self._database, path, Prediction).get()

    def newest_done(self, limit: int) -> Iterator[tuple[str, ScanRecord]]:
        """Finished scans by their ids, the newest first, at most so many."""
        done = Where("status", "==", SCAN["finish"].target)
        query = Query(paths.SCANS, done, order_by="createdAt", descending=True, limit=limit)
        for found in self._database.find(query):
            yield found.id, ScanRecord.from_document(found.fields or {})

    def oldest(self, status: ScanStatus, limit: int) -> Iterator[tuple[str, ScanRecord]]:
        """Scans in a state by their ids, the oldest first, at most so many."""
        query = Query(paths.SCANS, Where("status", "==", status), order_by="createdAt", limit=limit)
        for found in self._database.find(query):
            yield found.id, ScanRecord.from_document(found.fields or {})

    def supersede(self, scan_id: str, by: str) -> None:
        """Notes of a scan, if there is one, that a later one has all its slices and more."""

        def superseded(scan: ScanRecord | None) -> Change[ScanRecord] | None:
            if scan is None or scan.superseded_by == by:
                return None
            return Change(scan.model_copy(update={"superseded_by": by}))

        self.document(scan_id).change(superseded, busy=_CHANGING)

    def taken_out_of(self, scan_id: str) -> list[str]:
        """Ids of the scans that an archive, or a list of slices, has become until now."""
        query = Query(paths.SCANS, Where("study.parent", "==", scan_id))
        return [found.id for found in self._database.find(query)]

    def ask_again(self, scan_id: str, waiting_since: datetime, by: str) -> InferenceRequest | None:
        """Notes that a scan's request is sent once more, and returns it to publish.

        None if the scan has changed since that moment, as it does when somebody takes it up.
        """

        def asked(scan: ScanRecord | None) -> Change[ScanRecord] | None:
            if scan is None or scan.updated_at > waiting_since or not is_unfinished(scan):
                return None
            now = datetime.now(UTC)
            event = Event(kind="retried", at=now, by=by, message=_ASKED_AGAIN)
            return Change(scan, [event_line(scan_id, f"asked-again-{now:%Y%m%dT%H%M}", event)])

        waiting = self.document(scan_id).change(asked, busy=_CHANGING)
        return request_for(scan_id, waiting.record) if waiting else None

    def claim(self, scan_id: str, worker: str) -> Claim | None:
        """The exclusive hold on a scan, or None if it has come to an end.

        Raises `PermanentError("unknown-scan")`, and `HeldError` while another worker holds it.
        """
        holder = f"{worker}/{uuid.uuid4().hex[:12]}"

        def claimed(scan: ScanRecord | None) -> Change[ScanRecord] | None:
            # Asked after the look: what is forgotten from then on, the write below is refused.
            if scan is None or self.is_forgotten(scan_id):
                raise PermanentError("unknown-scan", "There is no such scan.")
            if scan.lease and scan.lease.holder == holder:
                return Change(scan)  # the write had succeeded, though the network said otherwise
            if not SCAN["claim"].is_allowed(scan.status):
                return None
            if scan.lease and is_live(scan.lease):
                raise HeldError(scan.lease.until)
            return self._claimed(scan_id, scan, holder)

        document = self.document(scan_id)
        held = document.change(claimed, busy=_READ_BY_ANOTHER)
        return Claim(self._database, scan_id, held, self._lease_seconds) if held else None

    def requeue(self, scan_id: str, by: str) -> InferenceRequest:
        """Puts a failed or dead scan back into the queue; returns the request to publish.

        One that waits in the queue, or whose worker has died, stays as it is: a second click, or
        one after a crash between this and the publishing, is as good as the first. Raises
        `PermanentError`: `not-found`, `not-retryable`.
        """

        def requeued(scan: ScanRecord | None) -> Change[ScanRecord]:
            if scan is None:
                raise PermanentError("not-found", "There is no such scan.")
            if is_unfinished(scan):
                return Change(scan)
            move, now = SCAN["retry"], datetime.now(UTC)
            if not move.is_allowed(scan.status):
                raise PermanentError(
                    "not-retryable", f"The scan is {scan.status}; nothing to retry."
                )
            waiting = {"status": move.target, "error": None, "progress": None}
            again = scan.model_copy(update={**waiting, "timings": Timings(queued=now)})
            event = Event(kind="retried", at=now, by=by)
            return Change(again, [event_line(scan_id, f"retried-{scan.attempt}", event)])

        queued = self.document(scan_id).change(requeued, busy=_CHANGING)
        return request_for(scan_id, queued.record)

    def mark_dead(self, scan_id: str, failure: Failure, event_id: str) -> bool:
        """Marks a scan dead that no delivery could finish; False if it needs none.

        One event does so once: delivered again, it leaves a scan alone that a person has retried
        in between. Raises `RetryableError("busy")` while a worker holds the scan.
        """
        line = paths.event(scan_id, f"dead-{event_id}")

        def dead(scan: ScanRecord | None) -> Change[ScanRecord] | None:
            move = SCAN["mark-dead"]
            if scan is None or not move.is_allowed(scan.status):
                return None
            if is_live(scan.lease):
                raise BusyError(_READ)
            if self._database.get(line).fields is not None:
                return None
            now, message = datetime.now(UTC), failure.message
            event = Event(kind="dead", at=now, by="on_dead_letter", message=message)
            marked = {"status": move.target, "error": failure, "progress": None, "lease": None}
            return Change(scan.model_copy(update=marked), [Create(line, event.to_document())])

        return self.document(scan_id).change(dead, busy=_READ) is not None

    def _claimed(self, scan_id: str, scan: ScanRecord, holder: str) -> Change[ScanRecord]:
        now = datetime.now(UTC)
        until = now + timedelta(seconds=self._lease_seconds)
        claimed = scan.model_copy(
            update={
                "status": SCAN["claim"].target,
                "attempt": scan.attempt + 1,
                "lease": Lease(holder=holder, until=until),
                "progress": None,
                "error": None,
                "timings": Timings(queued=scan.timings.queued, claimed=now),
            }
        )
        event = Event(kind="claimed", at=now, by=holder)
        return Change(claimed, [event_line(scan_id, f"claimed-{claimed.attempt}", event)])


def request_for(scan_id: str, scan: ScanRecord) -> InferenceRequest:
    """The message that makes a worker read this scan."""
    return InferenceRequest(
        scan_id=scan_id,
        bucket=scan.object.bucket,
        name=scan.object.name,
        generation=scan.object.generation,
    )


def request_of_message(message: bytes) -> InferenceRequest:
    """The request that `request_for` made a message of; raises `ValueError` for anything else."""
    request = InferenceRequest.model_validate_json(message)
    version = request.read_again_with
    if not paths.is_scan_id(request.scan_id):
        raise ValueError("the message names no scan")
    if version is not None and not re.fullmatch(MODEL_VERSION_PATTERN, version):
        raise ValueError("the message names no model")
    return request
