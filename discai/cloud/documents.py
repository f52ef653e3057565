"""The one way to change a document: look at it, decide, and write if it is still the same.

Nothing is read and written in a transaction, so contention costs another look and never a lock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar, overload

from discai.cloud import paths
from discai.cloud.database import (
    ConflictError,
    Create,
    Database,
    Delete,
    Fields,
    Put,
    Update,
    Write,
)
from discai.errors import RetryableError
from discai.records.record import Record
from discai.records.scans import Event

T = TypeVar("T", bound=Record)
R = TypeVar("R")

#: How often a change is tried of documents that others change between the look and the write.
ATTEMPTS: Final = 8
#: The same for whoever holds a document: the work of minutes is not lost to somebody's busy moment.
HOLDERS_ATTEMPTS: Final = 200


class BusyError(RetryableError):
    """Documents kept changing between the look and the write."""

    def __init__(self, message: str) -> None:
        super().__init__("busy", message)


@dataclass(frozen=True)
class Stored(Generic[T]):
    """A record as its document has it at one version; `fields` are the document's own."""

    record: T
    version: datetime
    fields: Fields


@dataclass(frozen=True)
class Change(Generic[T]):
    """The record that a document shall be, and what is written beside it in the same moment."""

    record: T
    also: Sequence[Write] = ()


Decide = Callable[[T | None], Change[T] | None]
"""Says what becomes of a record, None if there is no document; returns None to leave it."""


class Document(Generic[T]):
    """The document at a path, as a record of one kind."""

    def __init__(self, database: Database, path: str, kind: type[T]) -> None:
        self.path = path
        self._database = database
        self._kind = kind

    def get(self, timeout_seconds: float | None = None) -> T | None:
        """The record, or None if there is no document; for the timeout see `Database.get`."""
        stored = self.read(timeout_seconds)
        return stored.record if stored else None

    def read(self, timeout_seconds: float | None = None) -> Stored[T] | None:
        """The record with its version, for `to_write`."""
        found = self._database.get(self.path, timeout_seconds)
        if found.fields is None or found.version is None:
            return None
        return Stored(self._kind.from_document(found.fields), found.version, found.fields)

    def create(self, record: T, *also: Write) -> bool:
        """Adds the document; False, and nothing is written, if it was there before."""
        try:
            self._database.commit([Create(self.path, record.to_document()), *also])
        except ConflictError:
            return False
        return True

    def put(self, record: T) -> None:
        """Writes the record, whatever is there."""
        self._database.commit([Put(self.path, record.to_document())])

    def delete(self) -> None:
        """Removes the document, if it is there."""
        self._database.commit([Delete(self.path)])

    def to_write(self, seen: Stored[T] | None, record: T) -> Write:
        """The write that makes the document this record, if it still is as it was seen.

        Only fields that differ are written, and `updatedAt` where records of this kind have it.
        """
        return self._write(seen, self._dated(record))

    @overload
    def change(
        self,
        decide: Callable[[T | None], Change[T]],
        *,
        busy: str,
        seen: Stored[T] | None = None,
        attempts: int = ATTEMPTS,
    ) -> Stored[T]: ...

    @overload
    def change(
        self,
        decide: Decide[T],
        *,
        busy: str,
        seen: Stored[T] | None = None,
        attempts: int = ATTEMPTS,
    ) -> Stored[T] | None: ...

    def change(
        self,
        decide: Decide[T],
        *,
        busy: str,
        seen: Stored[T] | None = None,
        attempts: int = ATTEMPTS,
    ) -> Stored[T] | None:
        """Makes the document what `decide` says of the record in it, however often it changes.

        Returns the document as it is then; None if `decide` leaves it. Nothing is written where it
        is already as it shall be. `seen` spares the first look. Raises `BusyError` with the
        sentence `busy`, and whatever `decide` raises.
        """
        known = seen

        def attempt() -> tuple[tuple[Stored[T] | None, T] | None, list[Write]]:
            nonlocal known
            found, known = known or self.read(), None
            change = decide(found.record if found else None)
            if change is None:
                return None, []
            if found and change.record == found.record and not change.also:
                return (found, found.record), []
            record = self._dated(change.record)
            return (found, record), [self._write(found, record), *change.also]

        made, versions = commit_as_seen(self._database, attempt, busy, attempts)
        if made is None:
            return None
        found, record = made
        if not versions:
            return found
        before = found.fields if found else {}
        return Stored(record, versions[0], {**before, **record.to_document()})

    def _dated(self, record: T) -> T:
        if "updated_at" not in self._kind.model_fields:
            return record
        return record.model_copy(update={"updated_at": datetime.now(UTC)})

    def _write(self, seen: Stored[T] | None, record: T) -> Write:
        fields = record.to_document()
        if seen is None:
            return Create(self.path, fields)
        changed = {
            name: value
            for name, value in fields.items()
            if name not in seen.fields or seen.fields[name] != value
        }
        # An update has at least one field, and its condition counts where nothing changes as well.
        return Update(self.path, changed or fields, seen.version)


def commit_as_seen(
    database: Database,
    attempt: Callable[[], tuple[R, list[Write]]],
    busy: str,
    attempts: int = ATTEMPTS,
) -> tuple[R, list[datetime]]:
    """Has `attempt` look at documents and say what to write, until its writes are committed.

    Each write asks that its document is as it was seen, so all are made, or none and the attempt is
    repeated. Returns its result, and a version for each write. Raises `BusyError`.
    """

    def once() -> tuple[R, list[datetime]] | None:
        result, writes = attempt()
        try:
            return result, database.commit(writes) if writes else []
        except ConflictError:
            return None

    return settled(once, busy, attempts)


def settled(attempt: Callable[[], R | None], busy: str, attempts: int = ATTEMPTS) -> R:
    """The first result of an attempt; None says that others interfered, and that is repeated.

    Raises `BusyError` with the sentence `busy` if they do each time.
    """
    for _ in range(attempts):
        if (result := attempt()) is not None:
            return result
    raise BusyError(busy)


def event_line(scan_id: str, event_id: str, event: Event) -> Write:
    """A line for a scan's timeline; ids are made of what happened, so it is never there twice."""
    return Put(paths.event(scan_id, event_id), event.to_document())
