"""Objects in memory, as `discai.cloud.objects` has them, for tests of what is made of them."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from discai.cloud.objects import ObjectStore, StoredFile, Upload
from discai.errors import PermanentError
from discai.records.scans import StoredObject


@dataclass
class MemoryObjects(ObjectStore):
    """Small files and a list of uploads.

    Attributes:
        files: texts by bucket and name.
        marks: what each file's metadata say.
        uploads: what lies in the bucket of uploads.
        heads: bytes of uploads, by name and generation.
        listings: how many uploads were listed in all.
        data: bytes of other files, by bucket and name.
    """

    files: dict[tuple[str, str], str] = field(default_factory=dict)
    marks: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    uploads: list[Upload] = field(default_factory=list)
    heads: dict[tuple[str, int], bytes] = field(default_factory=dict)
    listings: int = 0
    data: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def download(self, stored: StoredObject, path: Path, max_bytes: int) -> None:
        path.write_bytes(self.read(stored.bucket, stored.name))

    def read(self, bucket: str, name: str) -> bytes:
        if (bucket, name) not in self.data:
            raise PermanentError("object-gone", "The file was deleted.")
        return self.data[bucket, name]

    def list_files(self, bucket: str, prefix: str) -> dict[str, StoredFile]:
        return {
            name: self._stored(bucket, name)
            for place, name in self.files
            if place == bucket and name.startswith(prefix)
        }

    def replace(
        self,
        bucket: str,
        name: str,
        data: bytes,
        content_type: str,
        metadata: dict[str, str],
        generation: int,
    ) -> bool:
        if generation == 0 and (bucket, name) in self.files:
            return False
        self.files[bucket, name] = data.decode()
        self.marks[bucket, name] = metadata
        return True

    def keep(self, bucket: str, name: str, data: bytes, content_type: str) -> StoredObject:
        self.replace(bucket, name, data, content_type, {}, 0)
        size = len(self.files[bucket, name])
        return StoredObject(bucket=bucket, name=name, generation=1, size=size)

    def read_head(self, stored: StoredObject, count: int) -> bytes:
        return self.heads.get((stored.name, stored.generation), b"")[:count]

    def remove(self, bucket: str, name: str, generation: int) -> bool:
        return self.files.pop((bucket, name), None) is not None

    def list_uploads(self, bucket: str, start: str, limit: int) -> list[Upload]:
        found = [each for each in self.uploads if each.object.name >= start]
        page = sorted(found, key=lambda each: (each.object.name, each.object.generation))[:limit]
        self.listings += len(page)
        return page

    def upload(self, name: str, age: timedelta, generation: int = 1) -> StoredObject:
        """Puts a file there whose upload ended so long ago."""
        stored = StoredObject(bucket="uploads", name=name, generation=generation, size=1)
        self.uploads.append(Upload(stored, datetime.now(UTC) - age, {"uploadedBy": "r@clinic.org"}))
        return stored

    def _stored(self, bucket: str, name: str) -> StoredFile:
        digest = hashlib.md5(self.files[bucket, name].encode(), usedforsecurity=False).digest()
        return StoredFile(1, base64.b64encode(digest).decode(), self.marks[bucket, name])
