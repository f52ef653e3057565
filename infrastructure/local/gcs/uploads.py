"""Resumable uploads: chunks in any number of requests, resumed where the last one broke off."""

import asyncio
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infrastructure.local.gcs.digests import Digests
from infrastructure.local.gcs.errors import StorageError, invalid
from infrastructure.local.gcs.preconditions import Preconditions
from infrastructure.local.gcs.store import Resource, Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, name TEXT NOT NULL, properties TEXT NOT NULL,
    conditions TEXT NOT NULL, size INTEGER, origin TEXT, file TEXT NOT NULL,
    started REAL NOT NULL, result TEXT
);
"""
KEPT_SECONDS = 7 * 24 * 3600  # as long as Cloud Storage keeps a session


@dataclass(frozen=True)
class Session:
    """One upload on its way.

    Attributes:
        size: in bytes if it was said at the start; then it must become just that.
        origin: of the web page that may send the chunks, None if no page started it.
        result: the finished object's resource.
    """

    id: str
    bucket: str
    name: str
    properties: Mapping[str, Any]
    conditions: Preconditions
    size: int | None
    origin: str | None
    path: Path
    result: Resource | None

    @property
    def received(self) -> int:
        """Number of bytes that are safely here."""
        return self.path.stat().st_size if self.path.exists() else 0


@dataclass(frozen=True)
class ContentRange:
    """`Content-Range` of a chunk.

    Attributes:
        start: None if the request only asks how far the upload is.
        end: behind the chunk's last byte; None if it isn't said.
        total: None if more chunks of an unknown number follow.
        whole: there was no header: this request carries all that there is.
    """

    start: int | None
    total: int | None
    end: int | None = None
    whole: bool = False

    @classmethod
    def parse(cls, header: str | None) -> "ContentRange":
        """Raises 400 if it is malformed."""
        if header is None:
            return cls(start=0, total=None, whole=True)
        match = re.fullmatch(r"bytes (?:\*|(\d+)-(\d+|\*))/(\d+|\*)", header.strip())
        if match is None:
            raise invalid(f"Failed to parse Content-Range header: {header}")
        start, last, total = (None if each == "*" else each for each in match.groups())
        return cls(
            start=None if start is None else int(start),
            total=None if total is None else int(total),
            end=None if last is None else int(last) + 1,
        )


class Uploads:
    """The open upload sessions of a store; they survive a restart."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._digests: dict[str, Digests] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        store.connection.executescript(SCHEMA)
        with store.connection:
            store.connection.execute(
                "DELETE FROM uploads WHERE started < ?", (time.time() - KEPT_SECONDS,)
            )

    def files(self) -> list[str]:
        """The files that open sessions write to."""
        rows = self.store.connection.execute("SELECT file FROM uploads WHERE result IS NULL")
        return [row[0] for row in rows]

    def start(
        self,
        bucket: str,
        name: str,
        properties: Mapping[str, Any],
        conditions: Preconditions,
        *,
        size: int | None,
        origin: str | None,
    ) -> str:
        """A new session's id; raises 404 or 412 at once rather than after the upload."""
        live = self.store.find(bucket, name)
        conditions.check(live.resource if live else None)
        upload_id = uuid.uuid4().hex
        with self.store.connection:
            self.store.connection.execute(
                "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
                (
                    *(upload_id, bucket, name, json.dumps(dict(properties))),
                    *(json.dumps(conditions.to_dict()), size, origin),
                    *(self.store.new_file().name, time.time()),
                ),
            )
        return upload_id

    def get(self, upload_id: str) -> Session:
        """The session; raises 404 if it is unknown, cancelled or over a week old."""
        row = self.store.connection.execute(
            "SELECT bucket, name, properties, conditions, size, origin, file, result "
            "FROM uploads WHERE id = ?",
            (upload_id,),
        ).fetchone()
        if row is None:
            raise StorageError(404, "notFound", "Upload session not found or expired.")
        bucket, name, properties, conditions, size, origin, file, result = row
        return Session(
            upload_id,
            bucket,
            name,
            json.loads(properties),
            Preconditions(**json.loads(conditions)),
            size,
            origin,
            self.store.folder / file,
            json.loads(result) if result else None,
        )

    def cancel(self, session: Session) -> None:
        """Forget the session and what it has received."""
        with self.store.connection:
            self.store.connection.execute("DELETE FROM uploads WHERE id = ?", (session.id,))
        session.path.unlink(missing_ok=True)
        self._digests.pop(session.id, None)
        self._locks.pop(session.id, None)

    async def receive(
        self,
        upload_id: str,
        content_range: ContentRange,
        chunks: AsyncIterator[bytes],
        hashes: Mapping[str, str],
    ) -> Session:
        """Append a chunk; the session has a `result` once all bytes are here.

        What arrived before a connection broke counts, and bytes that were here already are skipped.

        Raises:
            StorageError: 503 if the chunk begins after what is here, 400 if there are more or fewer
                bytes than were announced, and everything that `Store.put` raises.
        """
        async with self._locks.setdefault(upload_id, asyncio.Lock()):
            session = self.get(upload_id)
            if session.result:
                return session
            total = content_range.total
            if session.size is not None and total not in (None, session.size):
                raise self._not_as_announced(session, session.size)
            if content_range.start is not None:
                await self._append(session, content_range, chunks)
            received = session.received
            if content_range.whole:
                total = received
                if session.size not in (None, received):
                    raise self._not_as_announced(session, session.size)
            if total is None or received < total:
                return session
            return await self._finish(session, hashes)

    async def _append(
        self, session: Session, content_range: ContentRange, chunks: AsyncIterator[bytes]
    ) -> None:
        start, received = content_range.start or 0, session.received
        if start > received:
            raise StorageError(503, "backendError", f"Bytes {received}-{start - 1} are missing.")
        ends = (content_range.end, content_range.total, session.size)
        end = min((each for each in ends if each is not None), default=None)
        position = start
        digests = self._digests.get(session.id)
        if received == 0:
            digests = self._digests[session.id] = Digests()
        with session.path.open("ab") as file:
            async for chunk in chunks:
                new = chunk[max(0, received - position) :]
                position += len(chunk)
                if end is not None and position > end:
                    raise self._not_as_announced(session, end)
                file.write(new)
                if digests:
                    digests.update(new)

    def _not_as_announced(self, session: Session, size: int | None) -> StorageError:
        """The error of an upload of another size, which is over by that."""
        self.cancel(session)
        return invalid(f"The upload is larger or smaller than the {size} bytes announced.")

    async def _finish(self, session: Session, hashes: Mapping[str, str]) -> Session:
        session.path.touch()  # an empty object has no chunk
        digests = self._digests.pop(session.id, None)
        if digests is None or digests.size != session.received:  # begun before a restart
            digests = await asyncio.to_thread(Digests.of_file, session.path)
        try:
            stored = self.store.put(
                session.bucket,
                session.name,
                session.path,
                digests,
                {**session.properties, **hashes},
                session.conditions,
            )
        except StorageError:
            self.cancel(session)
            raise
        with self.store.connection:
            self.store.connection.execute(
                "UPDATE uploads SET result = ? WHERE id = ?",
                (json.dumps(stored.resource), session.id),
            )
        self._locks.pop(session.id, None)
        return self.get(session.id)
