"""Scans that the model in production reads after an earlier one, and what changed by it.

`models/{modelVersion}/rereads/{scanId}` is the order, its progress and its result. The order is
created if it is absent, held by a lease while a worker reads, and closed in the one batch that adds
the prediction: what comes twice, at once or after a crash finds it closed or goes on with it.
"""

import contextlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from google.api_core.exceptions import AlreadyExists
from google.cloud import firestore

from discai.cloud import paths
from discai.cloud.claim import Hold, at_a_glance, is_live
from discai.cloud.documents import AlsoWrite, change, timeline
from discai.cloud.production import ProductionRepository
from discai.cloud.retrying import retryable
from discai.cloud.scans import LEASE_SECONDS, ScanRepository, request_for
from discai.errors import PermanentError, RetryableError
from discai.records.answers import changed_answers, largest_shift
from discai.records.models import Reread
from discai.records.scans import Event, Failure, InferenceRequest, Lease, Prediction, ScanRecord

#: How often a change is tried anew when a document changes between the look and the write.
_LOOKS: Final = 5
#: Scans that are looked at, the newest first, for such that the model has not read.
_FARTHEST_BACK: Final = 500

_SUPERSEDED: Final = Failure(
    code="superseded", message="Another model was in production before this one read the scan."
)


class OlderModelError(RetryableError):
    """The worker has not followed the pointer to the model in production yet."""

    def __init__(self, serving: str) -> None:
        super().__init__("older-model", f"This worker serves {serving} still.")


class RereadClaim(Hold):
    """One worker's exclusive hold on a scan's further reading; the scan itself is held by nobody.

    Its methods are those of `Claim`.
    """

    def __init__(
        self,
        database: firestore.Client,
        reread: Reread,
        scan: ScanRecord,
        seen: datetime,
        lease_seconds: float,
    ) -> None:
        if reread.lease is None:
            raise ValueError("only a reading with a lease can be held")
        path = paths.reread(reread.model_version, reread.scan_id)
        super().__init__(database, path, reread.scan_id, reread.lease, seen, lease_seconds)
        self.scan = scan
        self._scan_document: Any = database.document(paths.scan(reread.scan_id))

    def finish(
        self, prediction: Prediction, removed_tags: list[str], timings: dict[str, datetime]
    ) -> None:
        """Stores the prediction beside the older ones, with what it changes, all or nothing.

        The scan's times and its receipt of removed tags stay those of its first reading.
        """
        stored = self._prediction(prediction.model_version)
        self._close(prediction, lambda batch: batch.create(stored, prediction.to_document()))

    def finish_again(self, prediction: Prediction) -> None:
        """The same with a prediction that is stored already."""
        self._close(prediction)

    def fail(self, failure: Failure) -> None:
        """Says why the model can't read the scan, which stays as it was."""
        self._release({"state": "failed", "progress": None, "error": failure.to_document()})

    def hand_back(self, reason: str) -> None:
        """Leaves the reading to the worker that gets the next delivery."""
        self._release({"progress": None})

    def _prediction(self, model_version: str) -> Any:
        return self._database.document(paths.prediction(self.scan_id, model_version))

    def _close(self, prediction: Prediction, *also: AlsoWrite) -> None:
        version = prediction.model_version
        event = Event(
            kind="read-again",
            at=datetime.now(UTC),
            by=self._holder,
            message=f"Read again by {version}.",
        )
        self._release(
            {"state": "read", "progress": None, "error": None, **self._compared(prediction)},
            timeline(self._database, self.scan_id, f"read-again-{version}", event),
            self._shows(prediction),
            *also,
        )

    def _compared(self, prediction: Prediction) -> dict[str, Any]:
        version = self.scan.model_version
        with retryable("Firestore"):
            stored = self._prediction(version).get().to_dict() if version else None
        if stored is None:
            return {}
        before = Prediction.from_document(stored)
        answers = changed_answers(before, prediction)
        return {
            "comparedWith": version,
            "changes": [answer.to_document() for answer in answers],
            "largestShift": largest_shift(before, prediction),
        }

    def _shows(self, prediction: Prediction) -> AlsoWrite:
        """The worklist shows the new answers, unless somebody has labelled by the old ones.

        On condition that the scan is as it is now: a label that is stamped meanwhile counts.
        """

        def add(batch: Any) -> None:
            scan = self._scan_document.get()
            if not scan.exists:
                raise PermanentError("scan-gone", "The scan is not there any more.")
            labels = self._database.collection(paths.labels(self.scan_id)).limit(1).get()
            batch.update(
                self._scan_document,
                {**({} if labels else at_a_glance(prediction)), "updatedAt": datetime.now(UTC)},
                option=self._database.write_option(last_update_time=scan.update_time),
            )

        return add


class RereadRepository:
    """Orders to read scans again, and who carries them out."""

    def __init__(self, database: firestore.Client, lease_seconds: float = LEASE_SECONDS) -> None:
        self._database: Any = database
        self._lease_seconds = lease_seconds
        self._scans = ScanRepository(database)
        self._production = ProductionRepository(database)

    def order(self, model_version: str, count: int, by: str) -> list[InferenceRequest]:
        """Notes the newest `count` scans that this model has not read; the requests to publish.

        Asked again, also after a crash, it gives those that still wait and those that failed.
        Raises `PermanentError("not-in-production")`.
        """
        if not self._is_in_production(model_version):
            raise PermanentError(
                "not-in-production", f"The model {model_version} is not in production."
            )
        requests: list[InferenceRequest] = []
        for scan_id, scan in self._unread(model_version):
            if len(requests) == count:
                break
            self._note(model_version, scan_id, scan, by)
            request = request_for(scan_id, scan)
            requests.append(request.model_copy(update={"read_again_with": model_version}))
        return requests

    def claim(
        self, scan_id: str, model_version: str, serving: str, worker: str
    ) -> RereadClaim | None:
        """The exclusive hold on a further reading, or None if there is nothing to do.

        `serving` is the model of the worker that asks: one that has not followed the pointer yet
        gets `OlderModelError`, and `RetryableError("busy")` says that another worker is reading.
        """
        holder = f"{worker}/{uuid.uuid4().hex[:12]}"
        for _ in range(_LOOKS):
            reread, seen = self._look(model_version, scan_id)
            if reread is None or reread.state != "waiting":
                return None
            # Asked after the look: what is forgotten from then on, the write below is refused.
            scan = None if self._scans.is_forgotten(scan_id) else self._scans.get(scan_id)
            if scan and reread.lease and reread.lease.holder == holder:
                # The write below had succeeded, though the network said otherwise.
                return RereadClaim(self._database, reread, scan, seen, self._lease_seconds)
            if is_live(reread.lease):
                break
            if scan is None:
                self.drop(scan_id, model_version)
                continue
            if not self._is_in_production(model_version):
                self._fail(reread, seen, _SUPERSEDED)
                continue
            if serving != model_version:
                raise OlderModelError(serving)
            until = datetime.now(UTC) + timedelta(seconds=self._lease_seconds)
            claimed = reread.model_copy(update={"lease": Lease(holder=holder, until=until)})
            if updated := self._change(reread, seen, claimed.to_document()):
                return RereadClaim(self._database, claimed, scan, updated, self._lease_seconds)
        raise RetryableError("busy", "Another worker is reading this scan.")

    def give_up(self, scan_id: str, model_version: str, failure: Failure) -> bool:
        """Marks a reading failed that no delivery could finish; False if it needs none."""
        for _ in range(_LOOKS):
            reread, seen = self._look(model_version, scan_id)
            if reread is None or reread.state != "waiting":
                return False
            if is_live(reread.lease):
                break
            if self._fail(reread, seen, failure):
                return True
        raise RetryableError("busy", "A worker is reading this scan.")

    def drop(self, scan_id: str, model_version: str) -> None:
        """Removes an order, if it is there, that outlived its scan: it names the file."""
        with retryable("Firestore"):
            self._database.document(paths.reread(model_version, scan_id)).delete()

    def _is_in_production(self, model_version: str) -> bool:
        pointer = self._production.pointer()
        return pointer is not None and pointer.model_version == model_version

    def _unread(self, model_version: str) -> Iterator[tuple[str, ScanRecord]]:
        """Finished scans without a prediction of the model, the newest first."""
        done = firestore.FieldFilter("status", "==", "done")
        newest = self._database.collection(paths.SCANS).where(filter=done)
        newest = newest.order_by("createdAt", direction=firestore.Query.DESCENDING)
        with retryable("Firestore"):
            found = newest.limit(_FARTHEST_BACK).get()
        for snapshot in found:
            scan = ScanRecord.from_document(snapshot.to_dict())
            if scan.model_version == model_version:
                continue
            if self._scans.prediction(snapshot.id, model_version) is None:
                yield snapshot.id, scan

    def _note(self, model_version: str, scan_id: str, scan: ScanRecord, by: str) -> None:
        now = datetime.now(UTC)
        reread = Reread(
            scan_id=scan_id,
            model_version=model_version,
            object_name=scan.object.name,
            state="waiting",
            asked_at=now,
            asked_by=by,
            updated_at=now,
        )
        noted, seen = self._look(model_version, scan_id)
        # Somebody else who asks in the same moment writes the same.
        if noted is None:
            with retryable("Firestore"), contextlib.suppress(AlreadyExists):
                self._database.document(paths.reread(model_version, scan_id)).create(
                    reread.to_document()
                )
        elif noted.state == "failed":
            self._change(noted, seen, reread.to_document())

    def _look(self, model_version: str, scan_id: str) -> tuple[Reread | None, datetime]:
        with retryable("Firestore"):
            snapshot = self._database.document(paths.reread(model_version, scan_id)).get()
        stored = snapshot.to_dict()
        return (Reread.from_document(stored) if stored else None), snapshot.update_time

    def _fail(self, reread: Reread, seen: datetime, failure: Failure) -> bool:
        fields = {"state": "failed", "progress": None, "lease": None}
        return bool(self._change(reread, seen, {**fields, "error": failure.to_document()}))

    def _change(self, reread: Reread, seen: datetime, fields: dict[str, Any]) -> datetime | None:
        document = self._database.document(paths.reread(reread.model_version, reread.scan_id))
        with retryable("Firestore"):
            return change(self._database, document, seen, fields, lambda batch: None)
