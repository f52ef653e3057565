"""Firestore, as `discai.cloud.database` describes a database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.api_core.exceptions import AlreadyExists, FailedPrecondition, NotFound
from google.cloud import firestore
from google.protobuf.timestamp_pb2 import Timestamp

from discai.cloud.database import (
    Absent,
    ConflictError,
    Counted,
    Create,
    Delete,
    Put,
    Query,
    Snapshot,
    Update,
    Write,
)
from discai.cloud.retrying import retryable


class FirestoreDatabase:
    """A project's documents."""

    def __init__(self, client: firestore.Client) -> None:
        self._client: Any = client

    @classmethod
    def connect(cls, project: str | None = None) -> Self:
        """The database of a project, or of the environment's, with Google's default credentials."""
        return cls(firestore.Client(project))

    @retryable("Firestore")
    def get(self, path: str, timeout_seconds: float | None = None) -> Snapshot:
        """See `Database`."""
        once = {} if timeout_seconds is None else {"retry": None, "timeout": timeout_seconds}
        return _snapshot(self._client.document(path).get(**once))

    @retryable("Firestore")
    def find(self, query: Query) -> list[Snapshot]:
        """See `Database`."""
        return [_snapshot(found) for found in self._query(query).stream()]

    @retryable("Firestore")
    def count(self, query: Query) -> Counted:
        """See `Database`."""
        [[result]] = self._query(query).count().get()
        return Counted(int(result.value), result.read_time)

    @retryable("Firestore")
    def collections(self, path: str) -> list[str]:
        """See `Database`."""
        return [f"{path}/{found.id}" for found in self._client.document(path).collections()]

    @retryable("Firestore")
    def documents(self, collection: str) -> list[str]:
        """See `Database`."""
        return [found.path for found in self._client.collection(collection).list_documents()]

    @retryable("Firestore")
    def commit(self, writes: Sequence[Write]) -> list[datetime]:
        """See `Database`."""
        batch = self._client.batch()
        for write in writes:
            self._add(batch, write)
        try:
            results = batch.commit()
        except (AlreadyExists, FailedPrecondition, NotFound) as error:
            raise ConflictError(str(error)) from error
        return [
            batch.commit_time if isinstance(write, Delete | Absent) else result.update_time
            for write, result in zip(writes, results, strict=True)
        ]

    def _add(self, batch: Any, write: Write) -> None:
        document = self._client.document(write.path)
        match write:
            case Create(fields=fields):
                batch.create(document, fields)
            case Put(fields=fields):
                batch.set(document, fields)
            case Update(fields=fields, version=version):
                batch.update(document, fields, self._client.write_option(last_update_time=version))
            case Delete(version=None):
                batch.delete(document)
            case Delete(version=version):
                batch.delete(document, self._client.write_option(last_update_time=version))
            case Absent():
                # Deletes nothing: a batch has no other way to ask that a document is not there.
                batch.delete(document, self._client.write_option(exists=False))

    def _query(self, query: Query) -> Any:
        found = (
            self._client.collection_group(query.collection)
            if query.everywhere
            else self._client.collection(query.collection)
        )
        if query.where:
            where = query.where
            condition = firestore.FieldFilter(where.field, where.operator, where.value)
            found = found.where(filter=condition)
        if query.order_by:
            order = firestore.Query.DESCENDING if query.descending else firestore.Query.ASCENDING
            found = found.order_by(query.order_by, direction=order)
        if query.after:
            behind = {"__name__": self._client.document(query.after)}
            found = found.order_by("__name__").start_after(behind)
        return found if query.limit is None else found.limit(query.limit)


def _snapshot(found: Any) -> Snapshot:
    version = found.update_time
    if isinstance(version, Timestamp):  # of a query, while that of a single document is a datetime
        version = DatetimeWithNanoseconds.from_timestamp_pb(version)
    return Snapshot(found.reference.path, found.to_dict(), version)
