"""State that survives a restart: Firestore's documents, and scans whose message was lost.

Firestore's emulator keeps nothing by itself and its export on exit doesn't work, so its data is
exported every few seconds and before it is stopped. Pub/Sub's emulator can't be exported at all:
an upload that isn't finished is announced again, which is harmless for one that is on its way.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from discai.cloud import paths
from discai.cloud.paths import scan_id
from discai.records.states import SCAN_ENDS
from infrastructure.local.documents import OWNER, Documents
from infrastructure.local.plan import Plan

EXPORT_EVERY_SECONDS = 15.0


class FirestoreBackup:
    """Numbered exports in one folder; the newest complete one counts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def newest(self) -> Path | None:
        """The metadata file that the emulator is started with, None before the first export."""
        complete = self._complete()
        return next(complete[-1].glob("*.overall_export_metadata")) if complete else None

    async def export(self, client: httpx.AsyncClient, plan: Plan) -> None:
        """Write a new export and forget the older ones."""
        older = self._complete()
        number = int(older[-1].name) + 1 if older else 0
        unfinished = self.folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        answer = await client.post(
            f"{plan.url('firestore')}/emulator/v1/projects/{plan.project}:export",
            json={
                "database": f"projects/{plan.project}/databases/(default)",
                "export_directory": str(unfinished.parent),
                "export_name": unfinished.name,
            },
            headers=OWNER,
        )
        answer.raise_for_status()
        unfinished.rename(self.folder / f"{number:08d}")
        for folder in older:
            shutil.rmtree(folder)

    async def export_forever(self, client: httpx.AsyncClient, plan: Plan) -> None:
        """Export every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(EXPORT_EVERY_SECONDS)
            with contextlib.suppress(httpx.HTTPError):  # too busy: the next one will do
                await self.export(client, plan)

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
