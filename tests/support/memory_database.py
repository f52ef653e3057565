"""A database in memory that keeps the contract of `discai.cloud.database`, as the emulator does."""

import threading
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from discai.cloud.database import (
    Absent,
    ConflictError,
    Counted,
    Create,
    Delete,
    Fields,
    Put,
    Query,
    Snapshot,
    Update,
    Where,
    Write,
)

_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class _Kept:
    fields: Fields
    version: datetime


class MemoryDatabase:
    """Documents of one test; several threads may use it at once."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        self._now = datetime.now(UTC)

    def get(self, path: str, timeout_seconds: float | None = None) -> Snapshot:
        with self._lock:
            return self._snapshot(path)

    def find(self, query: Query) -> list[Snapshot]:
        with self._lock:
            found = [self._snapshot(path) for path in self._found(query)]
        return found if query.limit is None else found[: query.limit]

    def count(self, query: Query) -> Counted:
        with self._lock:
            return Counted(len(self._found(query)), self._moment())

    def collections(self, path: str) -> list[str]:
        with self._lock:
            below = [known.split("/") for known in self._kept if known.startswith(f"{path}/")]
        depth = path.count("/") + 1
        return sorted({"/".join(parts[: depth + 1]) for parts in below})

    def documents(self, collection: str) -> list[str]:
        with self._lock:
            below = [known.split("/") for known in self._kept if known.startswith(f"{collection}/")]
        depth = collection.count("/") + 1
        return sorted({"/".join(parts[: depth + 1]) for parts in below})

    def commit(self, writes: Sequence[Write]) -> list[datetime]:
        with self._lock:
            after = dict(self._kept)
            moment = self._moment()
            for write in writes:
                _apply(write, after, moment)
            self._kept = after
            return [
                after[write.path].version if write.path in after else moment for write in writes
            ]

    def _moment(self) -> datetime:
        """Later than every moment before."""
        self._now = max(self._now + _TICK, datetime.now(UTC))
        return self._now

    def _snapshot(self, path: str) -> Snapshot:
        kept = self._kept.get(path)
        if kept is None:
            return Snapshot(path, None, None)
        return Snapshot(path, deepcopy(kept.fields), kept.version)

    def _found(self, query: Query) -> list[str]:
        found = [
            path
            for path, kept in sorted(self._kept.items())
            if _is_in(path, query)
            and path > query.after
            and (query.where is None or _meets(kept.fields, query.where))
            and (query.order_by is None or query.order_by in kept.fields)
        ]
        if query.order_by:
            field = query.order_by
            found.sort(key=lambda path: _rank(self._kept[path].fields[field]))
            if query.descending:
                found.reverse()
        return found


def _apply(write: Write, kept: dict[str, _Kept], moment: datetime) -> None:
    before = kept.get(write.path)
    match write:
        case Create() | Absent() if before:
            raise ConflictError(f"{write.path} is there.")
        case Update(fields={}) if not write.fields:
            raise ValueError("An update can't be empty.")
        case Update(version=version) if before is None or before.version != version:
            raise ConflictError(f"{write.path} is not at {version}.")
        case Delete(version=version) if version and (before is None or before.version != version):
            raise ConflictError(f"{write.path} is not at {version}.")
        case Create(fields=fields) | Put(fields=fields):
            after = deepcopy(fields)
        case Update(fields=fields):
            after = {**(before.fields if before else {}), **deepcopy(fields)}
        case _:
            kept.pop(write.path, None)
            return
    if before is None or before.fields != after:
        kept[write.path] = _Kept(after, moment)


def _is_in(path: str, query: Query) -> bool:
    collection = path.rpartition("/")[0]
    if query.everywhere:
        collection = collection.rpartition("/")[2]
    return collection == query.collection


def _meets(fields: Fields, where: Where) -> bool:
    value: Any = fields
    for name in where.field.split("."):
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    if where.operator == "==":
        return bool(value == where.value)
    return value is not None and bool(value > where.value)


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is not None, value)
