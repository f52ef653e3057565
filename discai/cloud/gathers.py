"""`gathers/{key}` and `slices/{id}` in Firestore: loose slices until they are a scan.

Hundreds of slices come at once, so an event writes a document of its own and hardly ever that of
its series. Nothing is lost for all that: an event first writes its slice and then looks if the
series is open; who closes first writes that it is `closing` and then looks for slices. One of
the two sees the other.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from discai.cloud import paths
from discai.cloud.database import ConflictError, Database, Query, Where
from discai.cloud.documents import Change, Document, Stored
from discai.records.scans import StoredObject
from discai.records.slices import Gather, GatherState, LooseSlice
from discai.records.states import GATHER, Move

_CHANGING: Final = "This series is changing right now."


class GatherRepository:
    """Series whose slices come one by one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has(self, slice_id: str) -> bool:
        """Tell if a slice has been taken."""
        return self._slice(slice_id).get() is not None

    def add(
        self,
        key: str,
        folder: str,
        stored: StoredObject,
        *,
        is_image: bool,
        study_key: str | None = None,
    ) -> None:
        """Takes a slice of a series, once; it is part of whatever list is written from now on.

        Raises `BusyError` if others open the series in the same moment, again and again.
        """
        slice_id = paths.scan_id(stored.bucket, stored.name, stored.generation)
        taken = LooseSlice(gather=key, object=stored, is_image=is_image, at=datetime.now(UTC))
        # Before it, so that a series whose slices are there is never without a document.
        self._open(key, stored.bucket, folder, study_key)
        self._slice(slice_id).create(taken)
        self._open(key, stored.bucket, folder, study_key)

    def unfinished(self, limit: int) -> Iterator[tuple[str, Stored[Gather]]]:
        """Series that are open or whose closing has begun, by their keys, at most so many."""
        states: tuple[GatherState, ...] = ("closing", "open")
        for state in states:
            query = Query(paths.GATHERS, Where("state", "==", state), limit=limit)
            for found in self._database.find(query):
                if found.fields is not None and found.version is not None:
                    record = Gather.from_document(found.fields)
                    yield found.id, Stored(record, found.version, found.fields)

    def get(self, key: str) -> Stored[Gather] | None:
        """The series as it is now."""
        return self._document(key).read()

    def expect(self, key: str, count: int) -> None:
        """Notes how many slices an open series has when it is whole."""

        def expected(gather: Gather | None) -> Change[Gather] | None:
            if gather is None or gather.state != "open" or gather.expected == count:
                return None
            return Change(gather.model_copy(update={"expected": count}))

        self._document(key).change(expected, busy=_CHANGING)

    def slices(self, key: str) -> list[LooseSlice]:
        """All slices of a series that have been taken, in no order."""
        found = self._database.find(Query(paths.SLICES, Where("gather", "==", key)))
        return [LooseSlice.from_document(each.fields or {}) for each in found]

    def count(self, key: str, seen: Stored[Gather], slices: int) -> Stored[Gather] | None:
        """Notes how many slices have come; None if the series has changed since it was seen."""
        return self._as_seen(key, seen, seen.record.model_copy(update={"slices": slices}))

    def begin_closing(self, key: str, seen: Stored[Gather]) -> Stored[Gather] | None:
        """The series as it is to be closed; None if it has changed since it was seen."""
        if seen.record.state == "closing":
            return seen  # whoever began was cut off, or is at it
        return self._moved(key, seen, seen.record, GATHER["begin-closing"])

    def close(self, key: str, seen: Stored[Gather], slices: int) -> bool:
        """Ends the closing that was begun; False if a slice came meanwhile, or another was first.

        Then the series is looked at again.
        """
        closed = seen.record.model_copy(update={"slices": slices})
        return self._moved(key, seen, closed, GATHER["close"]) is not None

    def _moved(
        self, key: str, seen: Stored[Gather], gather: Gather, move: Move[GatherState]
    ) -> Stored[Gather] | None:
        if not move.is_allowed(seen.record.state):
            return None
        return self._as_seen(key, seen, gather.model_copy(update={"state": move.target}))

    def _as_seen(self, key: str, seen: Stored[Gather], gather: Gather) -> Stored[Gather] | None:
        document = self._document(key)
        dated = gather.model_copy(update={"updated_at": datetime.now(UTC)})
        try:
            (version,) = self._database.commit([document.to_write(seen, dated)])
        except ConflictError:
            return None
        return Stored(dated, version, dated.to_document())

    def _open(self, key: str, bucket: str, folder: str, study_key: str | None) -> None:
        def opened(gather: Gather | None) -> Change[Gather] | None:
            now = datetime.now(UTC)
            if gather is None:
                place = {"bucket": bucket, "folder": folder, "study_key": study_key}
                return Change(Gather(**place, opened_at=now, updated_at=now))
            move = GATHER["open-again"]
            if not move.is_allowed(gather.state):
                return None
            opened_again = {"state": move.target, "opened_at": now, "expected": None}
            return Change(gather.model_copy(update=opened_again))

        self._document(key).change(opened, busy=_CHANGING)

    def _document(self, key: str) -> Document[Gather]:
        return Document(self._database, paths.gather(key), Gather)

    def _slice(self, slice_id: str) -> Document[LooseSlice]:
        return Document(self._database, paths.loose_slice(slice_id), LooseSlice)
