"""State that survives a restart: Firestore's documents, and scans whose message was lost.

Firestore's emulator keeps nothing by itself and its export on exit doesn't work, so its data is
exported every few seconds and before it is stopped, and a journal has what was written since.
Pub/Sub's emulator can't be exported at all: an upload that isn't finished is announced again, which
is harmless for one that is on its way.
"""

import asyncio
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import httpx

from discai.cloud import paths
from discai.cloud.paths import scan_id
from discai.records.states import SCAN_ENDS
from infrastructure.local.data.documents import OWNER, Documents
from infrastructure.local.data.journal import Journal
from infrastructure.local.plan import Plan

EXPORT_EVERY_SECONDS = 15.0
#: So much of the time at most goes into exports, however many scans there are.
EXPORT_SHARE = 0.1
EXPORT_SECONDS = 300.0  # ends a hang


class FirestoreBackup:
    """Numbered exports in one folder, of which the newest complete one counts, and the journal.

    Attributes:
        has_gap: the journal missed some writes, so the next export must stand alone.
    """

    def __init__(self, folder: Path, project: str, journal: Journal) -> None:
        self.folder = folder
        self.journal = journal
        self.has_gap = False
        self._project = project
        self._began = 0.0  # when the newest export did
        self._seconds = 0.0  # that it took
        self._turn = asyncio.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def newest(self) -> Path | None:
        """The metadata file that the emulator is started with, None before the first export."""
        complete = self._complete()
        return next(complete[-1].glob("*.overall_export_metadata")) if complete else None

    def is_whole(self) -> bool:
        """Tell if the newest export has all that the journal knows of."""
        newest = self.journal.newest()
        return newest == 0 or newest < self._began

    async def export(self, client: httpx.AsyncClient, url: str) -> None:
        """Write a new export of the emulator at a URL and forget the older ones.

        The journal keeps what came since the export before began: an event may be late.
        """
        async with self._turn:
            began = time.time()
            older = self._complete()
            number = int(older[-1].name) + 1 if older else 0
            for broken_off in self.folder.glob("unfinished-*"):
                shutil.rmtree(broken_off, ignore_errors=True)
            # A name of its own: an emulator that was waited for in vain may write one still.
            unfinished = self.folder / f"unfinished-{time.time_ns()}"
            answer = await client.post(
                f"{url}/emulator/v1/projects/{self._project}:export",
                json={
                    "database": f"projects/{self._project}/databases/(default)",
                    "export_directory": str(unfinished.parent),
                    "export_name": unfinished.name,
                },
                headers=OWNER,
                timeout=EXPORT_SECONDS,
            )
            answer.raise_for_status()
            unfinished.rename(self.folder / f"{number:08d}")
            for folder in older:
                shutil.rmtree(folder)
            self.journal.forget_before(began if self.has_gap else self._began)
            self.has_gap = False
            self._began, self._seconds = began, time.time() - began

    async def export_forever(
        self, client: httpx.AsyncClient, url: str, say: Callable[[str], None]
    ) -> NoReturn:
        """Export every few seconds; say it if that fails twice in a row, and when it is mended."""
        failures = 0
        while True:
            await asyncio.sleep(max(EXPORT_EVERY_SECONDS, self._seconds / EXPORT_SHARE))
            try:
                await self.export(client, url)
            except httpx.ConnectError:
                continue  # it is down, and whoever starts it again has said so
            except (httpx.HTTPError, OSError, sqlite3.Error) as error:
                failures += 1
                if failures == 2:
                    reason = str(error) or type(error).__name__
                    say(f"Firestore's data can't be exported, and lies in the journal: {reason}")
            else:
                if failures >= 2:
                    say("Firestore's data is exported again.")
                failures = 0

    def settle(self) -> None:
        """Empty the journal if nothing was written since the last export; nobody writes now."""
        if self.is_whole():
            self.journal.forget_before(time.time())
        self.journal.close()

    def _complete(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if path.name.isdecimal())


async def announce_unfinished_uploads(
    client: httpx.AsyncClient, plan: Plan, documents: Documents, started_at: datetime
) -> None:
    """Repeat the event of every upload whose scan is unknown or not read yet.

    What a worker had before the cloud was `started_at` is free to be taken: that worker is gone.
    """
    async for resource in uploads(client, plan):
        if not paths.is_scan(resource["name"]):
            continue
        key = scan_id(resource["bucket"], resource["name"], int(resource["generation"]))
        scan = await documents.get(paths.scan(key))
        if (scan or {}).get("status") not in SCAN_ENDS:
            if scan and scan.get("lease") and _changed_at(scan) < started_at:
                await documents.clear(paths.scan(key), "lease")
            url = f"{plan.url('eventarc')}/finalized"
            (await client.post(url, json=resource)).raise_for_status()


def _changed_at(scan: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(scan["updatedAt"])


async def uploads(client: httpx.AsyncClient, plan: Plan) -> AsyncIterator[dict[str, Any]]:
    """Every generation of every upload."""
    url = f"{plan.url('storage')}/storage/v1/b/{plan.bucket('uploads')}/o"
    query = {"versions": "true"}
    while True:
        page = (await client.get(url, params=query)).raise_for_status().json()
        for resource in page["items"]:
            yield resource
        if "nextPageToken" not in page:
            return
        query["pageToken"] = page["nextPageToken"]
