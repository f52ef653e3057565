"""An object was finalized in the uploads bucket: queue it as a scan and ask for its reading."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from discai.cloud.paths import LONGEST_FILE_NAME, file_name_of, is_scan, scan_id
from discai.cloud.scans import request_for
from discai.cloud.series import study_of
from discai.errors import PermanentError
from discai.records.scans import InferenceRequest, ScanRecord, StoredObject, Timings
from discai.records.states import is_unfinished
from discai.records.worklist import search_terms
from functions.events import MALFORMED_EVENT

logger = logging.getLogger(__name__)

_LARGEST_NUMBER: Final = 2**63 - 1  # that Firestore can store


class Scans(Protocol):
    """Records of scans."""

    def create(self, scan_id: str, scan: ScanRecord) -> bool:
        """Records a new scan; False if it is recorded already."""

    def get(self, scan_id: str) -> ScanRecord | None:
        """The scan as it is now."""


class Publisher(Protocol):
    """Publisher of requests to the worker."""

    def publish(self, request: InferenceRequest) -> None:
        """Returns when the request is taken; raises `RetryableError` if it is not."""


def on_scan_uploaded(data: Mapping[str, Any], scans: Scans, publisher: Publisher) -> None:
    """Creates the scan and publishes the request to read it.

    `data` is the object resource of the event. A repeated event creates nothing; it publishes
    again only while the scan has not ended and no worker has it, which heals a crash between the
    two steps, and the death of a worker.
    """
    uploaded = _uploaded(data)
    if not is_scan(uploaded.name):
        return
    key = scan_id(uploaded.bucket, uploaded.name, uploaded.generation)
    scan = _queued(key, uploaded, data.get("metadata"))
    created = scans.create(key, scan)
    if created or _is_unfinished(scans, key):
        publisher.publish(request_for(key, scan))
    logger.info("scan queued" if created else "event repeated", extra={"scanId": key})


def _uploaded(data: Mapping[str, Any]) -> StoredObject:
    try:
        stored = StoredObject.model_validate(data)
        stored.name.encode()
        stored.bucket.encode()
    except ValueError as error:  # pydantic's own, or half of a surrogate pair, which has no bytes
        raise PermanentError(MALFORMED_EVENT, "The event names no object.") from error
    if not stored.name or max(stored.generation, stored.size) > _LARGEST_NUMBER:
        raise PermanentError(MALFORMED_EVENT, "The event names no object.")
    return stored


def _queued(key: str, uploaded: StoredObject, metadata: object) -> ScanRecord:
    now = datetime.now(UTC)
    uploaded_by, said = (_text(metadata, name) for name in ("uploadedBy", "fileName"))
    file_name = file_name_of(said) if said else None
    words = (file_name or file_name_of(uploaded.name))[-LONGEST_FILE_NAME:]
    return ScanRecord(
        object=uploaded,
        file_name=file_name,
        uploaded_by=uploaded_by,
        created_at=now,
        updated_at=now,
        timings=Timings(queued=now),
        search_terms=search_terms(key, words, uploaded_by or ""),
        study=study_of(uploaded.name, metadata),
    )


def _text(metadata: object, name: str) -> str | None:
    """A text of an object's metadata, which whoever uploads may set as they like."""
    value = metadata.get(name) if isinstance(metadata, Mapping) else None
    return value if isinstance(value, str) else None


def _is_unfinished(scans: Scans, key: str) -> bool:
    scan = scans.get(key)
    return scan is not None and is_unfinished(scan)
