"""The database as repositories see it: documents with versions, and writes on condition.

`discai.cloud.firestore` is the real one; tests have one in memory that keeps the same contract.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

Fields = dict[str, Any]
"""A document's fields, or some of them, by their names in the database."""


@dataclass(frozen=True)
class Snapshot:
    """A document as it was at one moment.

    Attributes:
        path: as in `discai.cloud.paths`.
        fields: all of them; None if there is no such document.
        version: the moment of its last change; None if there is no such document.
    """

    path: str
    fields: Fields | None
    version: datetime | None

    @property
    def id(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Create:
    """Adds a document, on condition that there is none."""

    path: str
    fields: Fields


@dataclass(frozen=True)
class Put:
    """Writes a document, whatever is there."""

    path: str
    fields: Fields


@dataclass(frozen=True)
class Update:
    """Replaces these fields, at least one, on condition that the document is at this version."""

    path: str
    fields: Fields
    version: datetime


@dataclass(frozen=True)
class Delete:
    """Removes a document, on condition that it is at this version; None: whatever is there."""

    path: str
    version: datetime | None = None


@dataclass(frozen=True)
class Absent:
    """Writes nothing, on condition that there is no such document."""

    path: str


Write = Create | Put | Update | Delete | Absent


class ConflictError(Exception):
    """A document is not as a write wants it; nothing was written."""


@dataclass(frozen=True)
class Where:
    """A condition on one field; documents without the field don't meet it."""

    field: str
    operator: Literal["==", ">"]
    value: Any


@dataclass(frozen=True)
class Query:
    """Documents of one collection.

    Attributes:
        everywhere: of all collections whose path ends with this name, below whatever document.
        order_by: a field; documents without it are left out, those where it is null come first.
        descending: the largest first.
        limit: at most so many.
        after: by their paths, those behind this one; not together with `order_by`.
    """

    collection: str
    where: Where | None = None
    order_by: str | None = None
    descending: bool = False
    limit: int | None = None
    everywhere: bool = False
    after: str = ""


@dataclass(frozen=True)
class Counted:
    """Number of documents that a query finds, and the moment for which that holds."""

    count: int
    at: datetime


class Database(Protocol):
    """Documents by their paths. Every method raises `RetryableError` if it may work later."""

    def get(self, path: str, timeout_seconds: float | None = None) -> Snapshot:
        """The document as it is now; with a timeout, the first failure is the last."""

    def find(self, query: Query) -> list[Snapshot]:
        """The documents that a query finds."""

    def count(self, query: Query) -> Counted:
        """Number of documents that a query finds, without reading them."""

    def collections(self, path: str) -> list[str]:
        """The paths of the collections below a document, whether or not there is a document."""

    def documents(self, collection: str) -> list[str]:
        """The paths of a collection's documents, also of those that only have some below them."""

    def commit(self, writes: Sequence[Write]) -> list[datetime]:
        """Makes all writes in one moment, or raises `ConflictError` and makes none.

        Returns the version of the document after each write; of one that is not there any more,
        the moment of the commit. A write that changes nothing leaves the version as it was.
        """
