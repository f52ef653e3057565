"""Buckets and objects on disk: SQLite for what is known about them, one file for each one's bytes.

A file is complete before a transaction makes its object visible, and the events of that change are
part of the same transaction: whenever the process dies, either all of it happened or nothing.
"""

import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infrastructure.local.gcs.digests import Digests
from infrastructure.local.gcs.errors import StorageError, bucket_not_found, object_not_found
from infrastructure.local.gcs.preconditions import Preconditions

Resource = dict[str, Any]
"""A bucket or object as the JSON API shows it."""

Publish = Callable[[sqlite3.Connection, Resource], None]
"""Called inside the transaction that finalises an object."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, resource TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL,
    live INTEGER NOT NULL, resource TEXT NOT NULL, file TEXT NOT NULL,
    PRIMARY KEY (bucket, name, generation)
);
CREATE UNIQUE INDEX IF NOT EXISTS live_objects ON objects (bucket, name) WHERE live;
"""

WRITABLE = (
    "metadata",
    "contentType",
    "cacheControl",
    "contentEncoding",
    "contentDisposition",
    "contentLanguage",
    "customTime",
)


@dataclass(frozen=True)
class StoredObject:
    """One generation of an object: its resource and the file with its bytes."""

    resource: Resource
    path: Path

    @property
    def size(self) -> int:
        """In bytes."""
        return int(self.resource["size"])


class Store:
    """All buckets of one local project.

    Attributes:
        connection: the database, shared with whoever must be in the same transaction.
        folder: where the files with the bytes are.
        publish: tells the outside about a finalised object, within the transaction.
    """

    def __init__(
        self, connection: sqlite3.Connection, folder: Path, publish: Publish = lambda *_: None
    ) -> None:
        self.connection = connection
        self.folder = folder
        self.publish = publish
        self._last_generation = 0
        folder.mkdir(parents=True, exist_ok=True)
        connection.executescript(SCHEMA)

    # Buckets

    def create_bucket(self, properties: Mapping[str, Any]) -> Resource:
        """A new bucket; raises 409 if it exists."""
        name = str(properties["name"])
        resource = {
            "kind": "storage#bucket",
            "id": name,
            "location": "US",
            "storageClass": "STANDARD",
            "metageneration": "1",
            "timeCreated": timestamp(),
            "updated": timestamp(),
            **properties,
        }
        try:
            with self.connection:
                self.connection.execute(
                    "INSERT INTO buckets VALUES (?, ?)", (name, json.dumps(resource))
                )
        except sqlite3.IntegrityError as error:
            raise StorageError(409, "conflict", "You already own this bucket.") from error
        return resource

    def bucket(self, name: str) -> Resource:
        """The bucket's resource; raises 404."""
        row = self.connection.execute(
            "SELECT resource FROM buckets WHERE name = ?", (name,)
        ).fetchone()
        if row is None:
            raise bucket_not_found()
        return dict(json.loads(row[0]))

    def buckets(self) -> list[Resource]:
        """Every bucket, by name."""
        rows = self.connection.execute("SELECT resource FROM buckets ORDER BY name")
        return [json.loads(row[0]) for row in rows]

    def update_bucket(self, name: str, changes: Mapping[str, Any]) -> Resource:
        """The bucket with some properties replaced."""
        resource = {**self.bucket(name), **changes, "updated": timestamp()}
        with self.connection:
            self.connection.execute(
                "UPDATE buckets SET resource = ? WHERE name = ?", (json.dumps(resource), name)
            )
        return resource

    # Objects

    def new_file(self) -> Path:
        """A name for bytes to come; a file that no row mentions is removed at the next start."""
        return self.folder / uuid.uuid4().hex

    def find(self, bucket: str, name: str, generation: int | None = None) -> StoredObject | None:
        """The live object or one generation of it, None if there is none."""
        self.bucket(bucket)
        row = self.connection.execute(
            "SELECT resource, file FROM objects "
            "WHERE bucket = ? AND name = ? AND iif(? IS NULL, live, generation = ?)",
            (bucket, name, generation, generation),
        ).fetchone()
        return StoredObject(json.loads(row[0]), self.folder / row[1]) if row else None

    def get(self, bucket: str, name: str, generation: int | None = None) -> StoredObject:
        """As `find`, but raises 404 if there is none."""
        if (found := self.find(bucket, name, generation)) is None:
            raise object_not_found(bucket, name)
        return found

    def put(
        self,
        bucket: str,
        name: str,
        path: Path,
        digests: Digests,
        properties: Mapping[str, Any],
        conditions: Preconditions,
        component_count: int | None = None,
    ) -> StoredObject:
        """Make the finished file the live object, and tell the outside, in one transaction.

        With a `component_count` it was composed of so many, and has no MD5 to show.

        Raises:
            StorageError: 404, 412, or 400 if the sender's checksums differ; the file is then gone.
        """
        try:
            digests.check(properties)
            previous = self.find(bucket, name)
            conditions.check(previous.resource if previous else None)
        except StorageError:
            path.unlink(missing_ok=True)
            raise
        resource = self._new_resource(bucket, name, digests, properties, component_count)
        with self.connection:
            if previous:
                self._retire(previous)
            self.connection.execute(
                "INSERT INTO objects VALUES (?, ?, ?, 1, ?, ?)",
                (bucket, name, int(resource["generation"]), json.dumps(resource), path.name),
            )
            self.publish(self.connection, resource)
        self._remove_unreferenced(previous)
        return StoredObject(resource, path)

    def update(
        self, found: StoredObject, changes: Mapping[str, Any], *, replace: bool
    ) -> StoredObject:
        """The object with other properties; metadata is merged unless `replace`."""
        resource = dict(found.resource)
        for key in WRITABLE:
            if key in changes:
                resource[key] = changes[key]
        if "metadata" in changes:
            before = {} if replace else found.resource.get("metadata", {})
            merged = {**before, **(changes["metadata"] or {})}
            resource["metadata"] = {
                key: value for key, value in merged.items() if value is not None
            }
        resource["metageneration"] = str(int(resource["metageneration"]) + 1)
        resource["updated"] = timestamp()
        with self.connection:
            self.connection.execute(
                "UPDATE objects SET resource = ? WHERE bucket = ? AND name = ? AND generation = ?",
                (json.dumps(resource), *key_of(resource)),
            )
        return StoredObject(resource, found.path)

    def delete(self, found: StoredObject, *, for_good: bool) -> None:
        """Delete a generation; in a versioned bucket only `for_good` removes the bytes."""
        with self.connection:
            if for_good:
                self._remove(found)
            else:
                self._retire(found)
        self._remove_unreferenced(found)

    def list(
        self,
        bucket: str,
        prefix: str,
        after: str,
        limit: int,
        *,
        start: str = "",
        versions: bool = False,
    ) -> Iterable[Resource]:
        """Up to `limit` objects with the prefix, named after `after` and not before `start`."""
        self.bucket(bucket)
        rows = self.connection.execute(
            "SELECT resource FROM objects WHERE bucket = ? AND name > ? AND name >= ? "
            "AND substr(name, 1, ?) = ? AND (live OR ?) ORDER BY name, generation LIMIT ?",
            (bucket, after, start, len(prefix), prefix, versions, limit),
        )
        return [json.loads(row[0]) for row in rows]

    def remove_orphans(self, keep: Iterable[str] = ()) -> None:
        """Remove files that neither an object nor an open upload (`keep`) mentions."""
        known = {row[0] for row in self.connection.execute("SELECT file FROM objects")} | set(keep)
        for path in self.folder.iterdir():
            if path.name not in known:
                path.unlink()

    # Details

    def _new_resource(
        self,
        bucket: str,
        name: str,
        digests: Digests,
        properties: Mapping[str, Any],
        component_count: int | None,
    ) -> Resource:
        self._last_generation = max(self._last_generation + 1, time.time_ns() // 1000)
        now = timestamp()
        generation = str(self._last_generation)
        return {
            "kind": "storage#object",
            "id": f"{bucket}/{name}/{generation}",
            "name": name,
            "bucket": bucket,
            "generation": generation,
            "metageneration": "1",
            "contentType": "application/octet-stream",
            "storageClass": "STANDARD",
            "size": str(digests.size),
            **(
                {"componentCount": component_count} if component_count else {"md5Hash": digests.md5}
            ),
            "crc32c": digests.crc32c,
            "etag": f"{digests.crc32c}/{generation}",
            "timeCreated": now,
            "updated": now,
            "timeStorageClassUpdated": now,
            **{key: properties[key] for key in WRITABLE if properties.get(key)},
        }

    def _retire(self, found: StoredObject) -> None:
        if not self.bucket(found.resource["bucket"]).get("versioning", {}).get("enabled"):
            self._remove(found)
            return
        resource = {**found.resource, "timeDeleted": timestamp()}
        self.connection.execute(
            "UPDATE objects SET live = 0, resource = ? "
            "WHERE bucket = ? AND name = ? AND generation = ?",
            (json.dumps(resource), *key_of(resource)),
        )

    def _remove(self, found: StoredObject) -> None:
        self.connection.execute(
            "DELETE FROM objects WHERE bucket = ? AND name = ? AND generation = ?",
            key_of(found.resource),
        )

    def _remove_unreferenced(self, found: StoredObject | None) -> None:
        if found and self.find(*key_of(found.resource)) is None:
            found.path.unlink(missing_ok=True)  # whoever reads it keeps the open file


def key_of(resource: Resource) -> tuple[str, str, int]:
    """Bucket, name and generation: the primary key."""
    return resource["bucket"], resource["name"], int(resource["generation"])


def timestamp() -> str:
    """Now, as RFC 3339 with milliseconds in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
