"""Orders to file a study's results in the archive, `filing/{studyKey}`, and who carries them out.

An order is noted before anybody is asked to carry it out, and is due until a worker has looked at
every series since. What the archive has taken is noted series by series: whoever repeats the rest
after a crash makes the same instances.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from discai.cloud import paths
from discai.cloud.claim import HeldError, Hold
from discai.cloud.database import Database, Query, Where
from discai.cloud.documents import Change, Document, Stored
from discai.cloud.scans import LEASE_SECONDS, ScanRepository
from discai.records.filing import Filed, Filing, FilingOrder, FilingRequest, SeriesFiling
from discai.records.record import Failure
from discai.records.scans import Lease, ScanRecord
from discai.records.states import is_live

#: Until an archive that doesn't answer is tried again: doubled each time, up to an hour.
FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)
#: An order that was sent so long ago, and that nobody has carried out, is sent again.
PATIENCE: Final = timedelta(minutes=5)

_BEFORE_ANY: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CHANGING: Final = "The study's results are being filed right now."


class Publisher(Protocol):
    """Publisher of requests to the worker."""

    def publish(self, request: FilingRequest) -> None:
        """Returns when the request is taken; raises `RetryableError` if it is not."""


class FilingClaim(Hold[FilingOrder]):
    """One worker's exclusive hold on an order."""

    def __init__(
        self, database: Database, key: str, held: Stored[FilingOrder], lease_seconds: float
    ) -> None:
        document = _document(database, key)
        super().__init__(document, held, {"studyKey": key}, lease_seconds)
        self.order = held.record
        self._looked_at = held.record.asked_at

    def note_sending(self, scan_id: str, sending: Sequence[Filed], found: Sequence[Filed]) -> None:
        """Notes what of a series is given to the archive now, and what it was found to have.

        A worker that is cut off leaves that, so that the next one knows what to look for.
        """

        def noted(order: FilingOrder) -> Change[FilingOrder]:
            others = [each for each in order.sending if each.of != scan_id]
            self.order = order.model_copy(
                update={"sending": [*others, *sending], "filed": [*order.filed, *found]}
            )
            return Change(self.order)

        self._change(noted)

    def note(self, scan_id: str, outcome: SeriesFiling, filed: Sequence[Filed] = ()) -> None:
        """Notes what became of a series, and what of it the archive has taken."""

        def noted(order: FilingOrder) -> Change[FilingOrder]:
            self.order = order.model_copy(
                update={
                    "series": {**order.series, scan_id: outcome},
                    "sending": [each for each in order.sending if each.of != scan_id],
                    "filed": [*order.filed, *filed],
                }
            )
            return Change(self.order)

        self._change(noted)

    def finish(self) -> None:
        """Ends the order, unless it was given again meanwhile: then it stays due."""

        def finished(order: FilingOrder) -> Change[FilingOrder]:
            ended: dict[str, Any] = {"lease": None, "attempt": 0, "begun": 0, "problem": None}
            if order.asked_at == self._looked_at:
                ended["due_at"] = None
            return Change(order.model_copy(update=ended))

        self._change(finished)

    def postpone(self, problem: Failure) -> None:
        """Leaves the order to the sweep, after a pause that grows with each time in a row."""

        def postponed(order: FilingOrder) -> Change[FilingOrder]:
            now = datetime.now(UTC)
            pause = min(FIRST_PAUSE * 2 ** min(order.attempt, 16), LONGEST_PAUSE)
            waiting = {"due_at": now + pause, "sent_at": None, "attempt": order.attempt + 1}
            put_off = {"lease": None, "begun": 0, "problem": problem, **waiting}
            return Change(order.model_copy(update=put_off))

        self._change(postponed)

    def hand_back(self) -> None:
        """Leaves the order to whoever gets the next delivery."""
        self._change(lambda order: Change(order.model_copy(update={"lease": None})))


@dataclass(frozen=True)
class SeriesToFile:
    """A series that is read.

    Attributes:
        earlier: ids of the scans that had fewer of its slices.
    """

    scan_id: str
    scan: ScanRecord
    earlier: frozenset[str]


class FilingRepository:
    """Orders in Firestore."""

    def __init__(self, database: Database, lease_seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._lease_seconds = lease_seconds
        self._scans = ScanRepository(database)

    def get(self, key: str) -> FilingOrder | None:
        """The order of a study, or None if there never was one."""
        return _document(self._database, key).get()

    def order(self, scan_id: str, filing: Filing) -> FilingRequest | None:
        """Notes that the study of a scan is to be looked at; the request to publish.

        None without a scan that is read, or without its study.
        """
        scan = self._scans.get(scan_id)
        if scan is None or scan.study is None or scan.status != "done":
            return None
        now = datetime.now(UTC)
        given = {"filing": filing, "asked_at": now, "due_at": now, "sent_at": now, "begun": 0}

        def ordered(order: FilingOrder | None) -> Change[FilingOrder]:
            if order is None:
                return Change(FilingOrder.model_validate({**given, "updated_at": now}))
            return Change(order.model_copy(update=given))

        key = scan.study.study_key
        _document(self._database, key).change(ordered, busy=_CHANGING)
        return FilingRequest(study_key=key)

    def claim(self, key: str, worker: str) -> FilingClaim | None:
        """The exclusive hold on an order that is due, or None if there is nothing to do.

        Raises `HeldError` while another worker holds it.
        """
        holder = f"{worker}/{uuid.uuid4().hex[:12]}"

        def claimed(order: FilingOrder | None) -> Change[FilingOrder] | None:
            if order is None or not _is_due(order):
                return None
            if order.lease and order.lease.holder == holder:
                return Change(order)  # the write had succeeded, though the network said otherwise
            if order.lease and is_live(order.lease):
                raise HeldError(order.lease.until)
            until = datetime.now(UTC) + timedelta(seconds=self._lease_seconds)
            held_by = {"lease": Lease(holder=holder, until=until), "begun": order.begun + 1}
            return Change(order.model_copy(update=held_by))

        held = _document(self._database, key).change(claimed, busy=_CHANGING)
        return FilingClaim(self._database, key, held, self._lease_seconds) if held else None

    def overdue(self, limit: int) -> Iterator[FilingRequest]:
        """Requests for orders that are due and that no worker was asked to carry out of late.

        At most so many of the oldest are looked at. Each is noted as sent: publish it.
        """
        due = Where("dueAt", ">", _BEFORE_ANY)
        for found in self._database.find(Query(paths.FILING, due, order_by="dueAt", limit=limit)):
            sent = _document(self._database, found.id).change(_sent_again, busy=_CHANGING)
            if sent:
                yield FilingRequest(study_key=found.id)

    def give_up(self, key: str, problem: Failure) -> bool:
        """Ends an order that no delivery could carry out; False if it needs no end.

        Raises `HeldError` while a worker holds it.
        """

        def given_up(order: FilingOrder | None) -> Change[FilingOrder] | None:
            if order is None or not _is_due(order):
                return None
            if order.lease and is_live(order.lease):
                raise HeldError(order.lease.until)
            return Change(
                order.model_copy(update={"due_at": None, "lease": None, "problem": problem})
            )

        return _document(self._database, key).change(given_up, busy=_CHANGING) is not None

    def series_of(self, key: str) -> list[SeriesToFile]:
        """The study's series that are read, without those that were forgotten."""
        found = self._database.find(Query(paths.SCANS, Where("study.studyKey", "==", key)))
        scans = {each.id: ScanRecord.from_document(each.fields or {}) for each in found}
        read = {
            scan_id: scan
            for scan_id, scan in sorted(scans.items())
            if scan.status == "done"
            and scan.model_version
            and not self._scans.is_forgotten(scan_id)
        }
        return [
            SeriesToFile(scan_id, scan, _earlier_than(scan_id, read))
            for scan_id, scan in read.items()
            if scan.superseded_by not in read
        ]


class FilingOrders:
    """Orders as whoever changes a study gives them, by the setting."""

    def __init__(self, orders: FilingRepository, publisher: Publisher, filing: Filing) -> None:
        self._orders = orders
        self._publisher = publisher
        self._filing = filing

    def give(self, scan_id: str) -> None:
        """Has the results of a scan's study filed; nothing where the setting is `off`.

        Raises `RetryableError` if that is noted, and the sweep comes to it, but nobody was asked.
        """
        if self._filing == "off":
            return
        if request := self._orders.order(scan_id, self._filing):
            self._publisher.publish(request)

    def send_overdue(self, limit: int) -> int:
        """Asks workers to carry out orders that nobody has come to; how many there were."""
        if self._filing == "off":
            return 0
        sent = 0
        for request in self._orders.overdue(limit):
            self._publisher.publish(request)
            sent += 1
        return sent


def _earlier_than(scan_id: str, scans: Mapping[str, ScanRecord]) -> frozenset[str]:
    earlier: set[str] = set()
    while (
        found := {each for each, scan in scans.items() if scan.superseded_by in {scan_id, *earlier}}
        - earlier
    ):
        earlier |= found
    return frozenset(earlier)


def _is_due(order: FilingOrder) -> bool:
    """Tell if a worker that was asked shall look; clocks differ, so being asked is enough."""
    return order.due_at is not None and (
        order.sent_at is not None or order.due_at <= datetime.now(UTC)
    )


def _sent_again(order: FilingOrder | None) -> Change[FilingOrder] | None:
    now = datetime.now(UTC)
    if order is None or order.due_at is None or order.due_at > now:
        return None
    if is_live(order.lease) or (order.sent_at and order.sent_at > now - PATIENCE):
        return None
    return Change(order.model_copy(update={"sent_at": now}))


def _document(database: Database, key: str) -> Document[FilingOrder]:
    return Document(database, paths.filing(key), FilingOrder)
