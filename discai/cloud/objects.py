"""Reads and writes objects of Cloud Storage so that every call can be repeated safely."""

import base64
import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from google.api_core.exceptions import ClientError, NotFound, PreconditionFailed
from google.cloud import storage

from discai.cloud.retrying import TRANSIENT, retryable
from discai.errors import PermanentError, RetryableError
from discai.records.scans import StoredObject

#: Artifacts never change, but they show patients, and the next person at a browser is another one.
UNSTORED: Final = "private, no-store"
#: Label files change with each label.
CHANGING: Final = "private, no-cache"


@dataclass(frozen=True)
class StoredFile:
    """Entry of a listing for one small object; one that was composed of others has no MD5."""

    generation: int
    md5: str | None
    metadata: dict[str, str]

    def holds(self, data: bytes) -> bool:
        """Tell if exactly these bytes are in it."""
        return self.md5 == _md5(data)


@dataclass(frozen=True)
class Upload:
    """Entry of a listing for one uploaded file."""

    object: StoredObject
    created_at: datetime
    metadata: dict[str, str]


class ObjectStore:
    """Objects of any bucket, by name and generation."""

    def __init__(self, client: storage.Client) -> None:
        self._client: Any = client

    def download(self, stored: StoredObject, path: Path, max_bytes: int) -> None:
        """Writes the object at exactly that generation to `path`.

        Raises `PermanentError`: `too-large` above `max_bytes`, `object-gone` if it was deleted or
        replaced meanwhile. Raises `RetryableError` for what passes or what an engineer can mend.
        """
        if stored.size > max_bytes:
            raise PermanentError(
                "too-large", f"The file is larger than {max_bytes // 1024**2} MB, the most we read."
            )
        blob = self._client.bucket(stored.bucket).blob(stored.name, generation=stored.generation)
        with _unnamed_refusals():
            try:
                blob.download_to_filename(str(path))
            except NotFound as error:
                raise PermanentError(
                    "object-gone", "The file was deleted or replaced before it could be read."
                ) from error

    def read_head(self, stored: StoredObject, count: int) -> bytes:
        """The object's first bytes at that generation, at most so many; none if it is gone."""
        blob = self._client.bucket(stored.bucket).blob(stored.name, generation=stored.generation)
        with _unnamed_refusals():
            try:
                head: bytes = blob.download_as_bytes(end=count - 1, raw_download=True)
            except NotFound:
                return b""
        return head

    def require_live(self, stored: StoredObject) -> None:
        """Raises `PermanentError("object-gone")` unless that generation is the newest of its name.

        A bucket that keeps versions still hands out what was deleted or replaced.
        """
        with _unnamed_refusals():
            live = self._client.bucket(stored.bucket).get_blob(stored.name)
        if live is None or live.generation != stored.generation:
            raise PermanentError("object-gone", "The file was deleted or replaced.")

    def write(
        self, bucket: str, name: str, data: bytes, content_type: str, check: Callable[[], None]
    ) -> None:
        """Makes `data` the object `name`; a repeated write of the same bytes changes nothing.

        Other bytes under that name were left by a worker that was cut off, and are replaced unless
        a third writer comes between: that is a `RetryableError`. `check` is called before each
        write, and raises when this writer may not write any more.
        """
        check()
        blob = self._client.bucket(bucket).blob(name)
        blob.cache_control = UNSTORED
        with retryable("Cloud Storage"):
            try:
                blob.upload_from_string(data, content_type=content_type, if_generation_match=0)
            except PreconditionFailed:
                self._replace(bucket, name, data, content_type, check)

    def _replace(
        self, bucket: str, name: str, data: bytes, content_type: str, check: Callable[[], None]
    ) -> None:
        blob = self._client.bucket(bucket).get_blob(name)
        if blob is not None and blob.md5_hash == _md5(data):
            return
        generation = blob.generation if blob is not None else 0
        new = self._client.bucket(bucket).blob(name)
        new.cache_control = UNSTORED
        check()
        try:
            new.upload_from_string(data, content_type=content_type, if_generation_match=generation)
        except PreconditionFailed as error:
            raise RetryableError(
                "concurrent-write", "Another worker is storing this scan's results."
            ) from error

    def add(
        self, bucket: str, name: str, path: Path, content_type: str, metadata: dict[str, str]
    ) -> StoredObject:
        """Makes the file the object `name` unless there is one; what is there then."""
        blob = self._client.bucket(bucket).blob(name)
        blob.metadata = metadata
        return _created_or_there(
            blob, partial(blob.upload_from_filename, str(path), content_type=content_type)
        )

    def read(self, bucket: str, name: str) -> bytes:
        """The newest generation of an object; raises `PermanentError("object-gone")`."""
        with _unnamed_refusals():
            try:
                data: bytes = self._client.bucket(bucket).blob(name).download_as_bytes()
            except NotFound as error:
                raise PermanentError("object-gone", "The results were deleted.") from error
        return data

    def keep(self, bucket: str, name: str, data: bytes, content_type: str) -> StoredObject:
        """Makes `data` the object `name` unless there is one; what is there then."""
        blob = self._client.bucket(bucket).blob(name)
        return _created_or_there(
            blob, partial(blob.upload_from_string, data, content_type=content_type)
        )

    def list_files(self, bucket: str, prefix: str) -> dict[str, StoredFile]:
        """Every object whose name begins with `prefix`, by its name."""
        with retryable("Cloud Storage"):
            return {
                blob.name: StoredFile(blob.generation, blob.md5_hash, blob.metadata or {})
                for blob in self._client.list_blobs(bucket, prefix=prefix)
            }

    def list_uploads(self, bucket: str, start: str, limit: int) -> list[Upload]:
        """Every generation of the objects from a name on, by their names, at most so many."""
        with retryable("Cloud Storage"):
            return [
                Upload(
                    StoredObject(
                        bucket=bucket, name=blob.name, generation=blob.generation, size=blob.size
                    ),
                    blob.time_created,
                    blob.metadata or {},
                )
                for blob in self._client.list_blobs(
                    bucket, start_offset=start, versions=True, max_results=limit
                )
            ]

    def replace(
        self,
        bucket: str,
        name: str,
        data: bytes,
        content_type: str,
        metadata: dict[str, str],
        generation: int,
    ) -> bool:
        """Writes the object if it still has that generation (0: if it isn't there), else False."""
        blob = self._client.bucket(bucket).blob(name)
        blob.cache_control = CHANGING
        blob.metadata = metadata
        with retryable("Cloud Storage"):
            try:
                blob.upload_from_string(
                    data, content_type=content_type, if_generation_match=generation
                )
            except PreconditionFailed:
                return False
        return True

    def remove(self, bucket: str, name: str, generation: int) -> bool:
        """Deletes the object if it still has that generation, else False."""
        blob = self._client.bucket(bucket).blob(name)
        with retryable("Cloud Storage"):
            try:
                blob.delete(if_generation_match=generation)
            except (NotFound, PreconditionFailed):
                return False
        return True

    def remove_all(self, bucket: str, prefix: str) -> None:
        """Deletes every object whose name begins with `prefix`, in every generation."""
        with retryable("Cloud Storage"):
            for blob in self._client.list_blobs(bucket, prefix=prefix, versions=True):
                with contextlib.suppress(NotFound):
                    blob.bucket.delete_blob(blob.name, generation=blob.generation)

    def start_upload(
        self,
        bucket: str,
        name: str,
        *,
        size: int,
        content_type: str,
        origin: str,
        metadata: dict[str, str],
    ) -> str:
        """The URL of a resumable session that takes exactly `size` bytes of a new object."""
        blob = self._client.bucket(bucket).blob(name)
        blob.metadata = metadata
        with retryable("Cloud Storage"):
            url: str = blob.create_resumable_upload_session(
                content_type=content_type, size=size, origin=origin, if_generation_match=0
            )
        return url


@contextlib.contextmanager
def _unnamed_refusals() -> Iterator[None]:
    """Within it, what Cloud Storage refuses or fails at is told without the name of the file."""
    with retryable("Cloud Storage"):
        try:
            yield
        except TRANSIENT:  # some of them are client errors, too
            raise
        except ClientError as error:  # its own message names the file
            raise RetryableError(
                "refused", "Cloud Storage does not hand out the file of this scan."
            ) from error


def _created_or_there(blob: Any, create: Callable[..., None]) -> StoredObject:
    """The object after an upload to it, or as it is where there already is one."""
    with _unnamed_refusals():
        try:
            create(if_generation_match=0)
        except PreconditionFailed:
            blob.reload()
    return StoredObject(
        bucket=blob.bucket.name, name=blob.name, generation=blob.generation, size=blob.size
    )


def _md5(data: bytes) -> str:
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()
