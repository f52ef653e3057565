"""Writes of the journal as Firestore's REST API takes them, to put them back onto an export."""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

import httpx
from google.events.cloud.firestore import DocumentEventData
from google.protobuf.json_format import MessageToDict

from discai.cloud import paths
from discai.records.states import SCAN
from infrastructure.local.data.documents import OWNER

Version = tuple[int, int]
Write = dict[str, Any]

COMMIT_SECONDS = 300.0  # ends a hang: a busy machine's JVM may take a minute for its first
DONE, QUEUED = ({"stringValue": SCAN[move].target} for move in ("finish", "retry"))
WRITES_AT_ONCE = 200
BYTES_AT_ONCE = 2 * 2**20  # the emulator takes four, and a document has one at most


def writes_of(events: Iterable[bytes]) -> list[Write]:
    """The last state of each document, in whatever order and however often its events came."""
    newest: dict[str, tuple[Version, Write]] = {}
    for body in events:
        event = DocumentEventData.deserialize(body)
        pb = DocumentEventData.pb(event)
        if pb.value.name:
            name, version = pb.value.name, version_of(pb.value)
            fields = {key: MessageToDict(value) for key, value in pb.value.fields.items()}
            write: Write = {"update": {"name": name, "fields": fields}}
        else:
            name, (when, step) = pb.old_value.name, version_of(pb.old_value)
            write, version = {"delete": name}, (when, step + 1)  # right after what it deleted
        if not name:
            continue  # a document was asked to be absent, and was
        if name not in newest or newest[name][0] <= version:
            newest[name] = (version, write)
    return [write for _, write in newest.values()]


def version_of(document: Any) -> Version:
    """The time of a document's last change, in ns; a deletion is one step later."""
    return document.update_time.seconds * 10**9 + document.update_time.nanos, 0


async def replay(emulator_url: str, project: str, writes: list[Write]) -> int:
    """Make the writes in an emulator that nobody else uses; returns how many it refused."""
    root = f"{emulator_url}/v1/projects/{project}/databases/(default)/documents"
    async with httpx.AsyncClient(timeout=COMMIT_SECONDS, headers=OWNER) as client:

        async def refused(some: list[Write]) -> int:
            answer = await client.post(f"{root}:commit", json={"writes": some})
            if not answer.is_client_error:
                answer.raise_for_status()
                return 0
            if len(some) == 1:
                return 1
            return sum([await refused([each]) for each in some])  # all but those that are wrong

        async def is_there(path: str) -> bool:
            answer = await client.get(f"{root}/{path}")
            return not answer.is_client_error

        await queue_what_lost_its_prediction(writes, is_there)
        return sum([await refused(batch) for batch in batches(writes)])


async def queue_what_lost_its_prediction(
    writes: Iterable[Write], is_there: Callable[[str], Awaitable[bool]]
) -> None:
    """Put scans back into the queue whose prediction is neither among the writes nor in the export.

    The emulator tells of a commit document by document, and may have been killed in between.
    """
    updates = {
        each["update"]["name"].partition("/documents/")[2]: each["update"]["fields"]
        for each in writes
        if "update" in each
    }
    for path, fields in updates.items():
        status, version = (fields.get(key, {}) for key in ("status", "modelVersion"))
        if path.count("/") != 1 or status != DONE or "stringValue" not in version:
            continue
        prediction = paths.prediction(paths.scan_of(path), version["stringValue"])
        if prediction not in updates and not await is_there(prediction):
            fields["status"] = QUEUED


def batches(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """The writes in lists that the emulator takes at once."""
    batch: list[Write] = []
    size = 0
    for write in writes:
        length = len(json.dumps(write))
        if batch and (len(batch) == WRITES_AT_ONCE or size + length > BYTES_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(write)
        size += length
    if batch:
        yield batch
