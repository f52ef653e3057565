"""Scans that the model in production reads after an earlier one, and what changed by it.

`models/{modelVersion}/rereads/{scanId}` is the order, its progress and its result. The order is
created if it is absent, held by a lease while a worker reads, and closed in the one batch that adds
the prediction: what comes twice, at once or after a crash finds it closed or goes on with it.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from discai.cloud import paths
from discai.cloud.claim import HeldError, Hold, at_a_glance, check_holder_may
from discai.cloud.database import Create, Database, Query, Where, Write
from discai.cloud.documents import BusyError, Change, Document, Stored, event_line
from discai.cloud.production import ProductionRepository
from discai.cloud.scans import LEASE_SECONDS, ScanRepository, request_for
from discai.errors import PermanentError, RetryableError
from discai.records.answers import changed_answers, largest_shift
from discai.records.models import Reread
from discai.records.record import Failure
from discai.records.scans import Event, InferenceRequest, Lease, Prediction, ScanRecord
from discai.records.states import REREAD, is_live

#: Scans that are looked at, the newest first, for such that the model has not read.
_FARTHEST_BACK: Final = 500

_READ_BY_ANOTHER: Final = "Another worker is reading this scan."
_READ: Final = "A worker is reading this scan."
_ORDERED: Final = "This scan is being ordered by others right now."
_SUPERSEDED: Final = Failure(
    code="superseded", message="Another model was in production before this one read the scan."
)


class OlderModelError(RetryableError):
    """The worker has not followed the pointer to the model in production yet."""

    def __init__(self, serving: str) -> None:
        super().__init__("older-model", f"This worker serves {serving} still.")


class RereadClaim(Hold[Reread]):
    """One worker's exclusive hold on a scan's further reading; the scan itself is held by nobody.

    Its methods are those of `Claim`.
    """

    def __init__(
        self,
        database: Database,
        held: Stored[Reread],
        scan: ScanRecord,
        lease_seconds: float,
    ) -> None:
        reread = held.record
        document = _document(database, reread.model_version, reread.scan_id)
        super().__init__(document, held, {"scanId": reread.scan_id}, lease_seconds)
        self.scan_id = reread.scan_id
        self.scan = scan
        self._database = database
        self._scans = ScanRepository(database)

    def finish(
        self, prediction: Prediction, removed_tags: list[str], timings: dict[str, datetime]
    ) -> None:
        """Stores the prediction beside the older ones, with what it changes, all or nothing.

        The scan's times and its receipt of removed tags stay those of its first reading.
        """
        path = paths.prediction(self.scan_id, prediction.model_version)
        self._finish(prediction, Create(path, prediction.to_document()))

    def finish_again(self, prediction: Prediction) -> None:
        """The same with a prediction that is stored already."""
        self._finish(prediction)

    def fail(self, failure: Failure) -> None:
        """Says why the model can't read the scan, which stays as it was."""

        def failed(reread: Reread) -> Change[Reread]:
            check_holder_may(REREAD["fail"], reread.state)
            return Change(_failed(reread, failure))

        self._change(failed)

    def hand_back(self, reason: str) -> None:
        """Leaves the reading to the worker that gets the next delivery."""
        given_up = {"progress": None, "lease": None}
        self._change(lambda reread: Change(reread.model_copy(update=given_up)))

    def _finish(self, prediction: Prediction, *also: Write) -> None:
        version = prediction.model_version
        now, message = datetime.now(UTC), f"Read again by {version}."
        event = Event(kind="read-again", at=now, by=self._holder, message=message)
        line = event_line(self.scan_id, f"read-again-{version}", event)
        answers = self._compared(prediction)

        def read(reread: Reread) -> Change[Reread]:
            check_holder_may(REREAD["finish"], reread.state)
            ended = {"state": REREAD["finish"].target, "progress": None, "lease": None}
            after = reread.model_copy(update={**ended, "error": None, **answers})
            return Change(after, [line, self._shown(prediction), *also])

        self._change(read)

    def _compared(self, prediction: Prediction) -> dict[str, Any]:
        version = self.scan.model_version
        before = self._scans.prediction(self.scan_id, version) if version else None
        if before is None:
            return {}
        return {
            "compared_with": version,
            "changes": changed_answers(before, prediction),
            "largest_shift": largest_shift(before, prediction),
        }

    def _shown(self, prediction: Prediction) -> Write:
        """The worklist shows the new answers, unless somebody has labelled by the old ones.

        On condition that the scan is as it is now: a label that is stamped meanwhile counts.
        """
        document = self._scans.document(self.scan_id)
        scan = document.read()
        if scan is None:
            raise PermanentError("scan-gone", "The scan is not there any more.")
        labels = self._database.find(Query(paths.labels(self.scan_id), limit=1))
        shown = {} if labels else at_a_glance(prediction)
        return document.to_write(scan, scan.record.model_copy(update=shown))


class RereadRepository:
    """Orders to read scans again, and who carries them out."""

    def __init__(self, database: Database, lease_seconds: float = LEASE_SECONDS) -> None:
        self._database = database
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
        gets `OlderModelError`, and `HeldError` says that another worker is reading.
        """
        holder = f"{worker}/{uuid.uuid4().hex[:12]}"

        def claimed(reread: Reread | None) -> Change[Reread] | None:
            if reread is None or not REREAD["claim"].is_allowed(reread.state):
                return None
            # Asked after the look: what is forgotten from then on, the write below is refused.
            is_gone = self._scans.is_forgotten(scan_id) or self._scans.get(scan_id) is None
            if reread.lease and reread.lease.holder == holder and not is_gone:
                return Change(reread)  # the write had succeeded, though the network said otherwise
            if reread.lease and is_live(reread.lease):
                raise HeldError(reread.lease.until)
            if is_gone:
                self.drop(scan_id, model_version)
                return None
            if not self._is_in_production(model_version):
                return Change(_failed(reread, _SUPERSEDED))
            if serving != model_version:
                raise OlderModelError(serving)
            until = datetime.now(UTC) + timedelta(seconds=self._lease_seconds)
            lease = Lease(holder=holder, until=until)
            held_by = {"lease": lease, "begun": reread.begun + 1}
            return Change(reread.model_copy(update=held_by))

        held = self._document(model_version, scan_id).change(claimed, busy=_READ_BY_ANOTHER)
        scan = self._scans.get(scan_id) if held and held.record.lease else None
        if held is None or scan is None:
            return None
        return RereadClaim(self._database, held, scan, self._lease_seconds)

    def get(self, scan_id: str, model_version: str) -> Reread | None:
        """The order for a scan and its result, or None if there never was one."""
        return self._document(model_version, scan_id).get()

    def abandoned(self, since: datetime, limit: int) -> Iterator[InferenceRequest]:
        """Requests of readings by the model in production that nobody has come to since a moment.

        At most so many that wait are looked at. Each is noted as asked for: publish it.
        """

        def asked(reread: Reread | None) -> Change[Reread] | None:
            if reread is None or not REREAD["claim"].is_allowed(reread.state):
                return None
            if reread.updated_at > since or is_live(reread.lease):
                return None
            return Change(reread.model_copy(update={"updated_at": datetime.now(UTC)}))

        pointer = self._production.pointer()
        if pointer is None:
            return
        version, waiting = pointer.model_version, Where("state", "==", REREAD["order"].target)
        for found in self._database.find(Query(paths.rereads(version), waiting, limit=limit)):
            is_asked = self._document(version, found.id).change(asked, busy=_ORDERED)
            if is_asked and (scan := self._scans.get(found.id)):
                request = request_for(found.id, scan)
                yield request.model_copy(update={"read_again_with": version})

    def give_up(self, scan_id: str, model_version: str, failure: Failure) -> bool:
        """Marks a reading failed that no delivery could finish; False if it needs none."""

        def given_up(reread: Reread | None) -> Change[Reread] | None:
            if reread is None or not REREAD["give-up"].is_allowed(reread.state):
                return None
            if is_live(reread.lease):
                raise BusyError(_READ)
            return Change(_failed(reread, failure))

        return self._document(model_version, scan_id).change(given_up, busy=_READ) is not None

    def drop(self, scan_id: str, model_version: str) -> None:
        """Removes an order, if it is there, that outlived its scan: it names the file."""
        self._document(model_version, scan_id).delete()

    def _is_in_production(self, model_version: str) -> bool:
        pointer = self._production.pointer()
        return pointer is not None and pointer.model_version == model_version

    def _unread(self, model_version: str) -> Iterator[tuple[str, ScanRecord]]:
        """Finished scans without a prediction of the model, the newest first."""
        for scan_id, scan in self._scans.newest_done(_FARTHEST_BACK):
            if scan.model_version == model_version:
                continue
            if self._scans.prediction(scan_id, model_version) is None:
                yield scan_id, scan

    def _note(self, model_version: str, scan_id: str, scan: ScanRecord, by: str) -> None:
        now = datetime.now(UTC)
        order = Reread(
            scan_id=scan_id,
            model_version=model_version,
            object_name=scan.object.name,
            state=REREAD["order"].target,
            asked_at=now,
            asked_by=by,
            updated_at=now,
        )

        def ordered(reread: Reread | None) -> Change[Reread] | None:
            if reread and not REREAD["order"].is_allowed(reread.state):
                return None
            return Change(order)

        self._document(model_version, scan_id).change(ordered, busy=_ORDERED)

    def _document(self, model_version: str, scan_id: str) -> Document[Reread]:
        return _document(self._database, model_version, scan_id)


def _document(database: Database, model_version: str, scan_id: str) -> Document[Reread]:
    return Document(database, paths.reread(model_version, scan_id), Reread)


def _failed(reread: Reread, failure: Failure) -> Reread:
    failed = {"state": REREAD["fail"].target, "error": failure}
    return reread.model_copy(update={**failed, "progress": None, "lease": None})
