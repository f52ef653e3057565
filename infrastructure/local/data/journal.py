"""Journal of what was written to Firestore's emulator, which keeps nothing by itself.

Exports take a while, so they are made every few seconds; the emulator tells of each write as soon
as it is made, by a trigger on all documents, and the journal has it on disk a moment later. An
entry is the event's body as it came, a `DocumentEventData`.
"""

import asyncio
import base64
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

TRIGGER = "journal"
EVERY_DOCUMENT = "{document=**}"

SCHEMA = "CREATE TABLE IF NOT EXISTS writes (taken REAL NOT NULL, event BLOB NOT NULL)"

Entry = tuple[float, bytes]


class Journal:
    """The entries of one cloud; its launcher and its stand-ins open them both.

    An entry is on disk, whatever happens to the machine's power, when the method that adds it
    returns.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA secure_delete = ON")
        self._connection.execute(SCHEMA)
        self._waiting: list[Entry] = []
        self._writing = asyncio.Lock()

    async def take(self, request: Request) -> Response:
        """Answer the emulator's event; 204 once it is on disk."""
        self._waiting.append((time.time(), base64.b64decode(await request.body())))
        async with self._writing:  # whoever comes first writes what all others brought meanwhile
            if entries := self._waiting:
                self._waiting = []
                await asyncio.to_thread(self.add, entries)
        return Response(status_code=204)

    def add(self, entries: Iterable[Entry]) -> None:
        """Add entries, each with the time at which it came."""
        with self._connection as connection:
            connection.executemany("INSERT INTO writes VALUES (?, ?)", entries)

    def events(self) -> list[bytes]:
        """All events, as they came."""
        rows = self._connection.execute("SELECT event FROM writes ORDER BY taken").fetchall()
        return [event for (event,) in rows]

    def newest(self) -> float:
        """Time at which the newest entry came, 0 if there is none."""
        ((newest,),) = self._connection.execute("SELECT max(taken) FROM writes").fetchall()
        return float(newest or 0)

    def forget_before(self, moment: float) -> None:
        """Remove the entries that had come before a moment, and their bytes from the disk.

        Entries may be of scans that have been forgotten since.
        """
        with self._connection as connection:
            connection.execute("DELETE FROM writes WHERE taken < ?", (moment,))
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
