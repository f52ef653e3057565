"""An object was finalized in the uploads bucket: queue it as a scan and ask for its reading."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Protocol

import pydantic

from discai.cloud.paths import is_scan, scan_id
from discai.cloud.scans import request_for
from discai.errors import PermanentError
from discai.records.scans import InferenceRequest, ScanRecord, StoredObject, Timings
from discai.records.states import is_unfinished
from discai.records.worklist import search_terms

logger = logging.getLogger(__name__)


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
    scan = _queued(key, uploaded, data.get("metadata") or {})
    created = scans.create(key, scan)
    if created or _is_unfinished(scans, key):
        publisher.publish(request_for(key, scan))
    logger.info("scan queued" if created else "event repeated", extra={"scanId": key})


def _uploaded(data: Mapping[str, Any]) -> StoredObject:
    try:
        return StoredObject.model_validate(dict(data))
    except (pydantic.ValidationError, TypeError, ValueError) as error:
        raise PermanentError("malformed-event", "The event names no object.") from error


def _queued(key: str, uploaded: StoredObject, metadata: Mapping[str, str]) -> ScanRecord:
    now = datetime.now(UTC)
    uploaded_by = metadata.get("uploadedBy")
    file_name = PurePosixPath(uploaded.name).name
    return ScanRecord(
        object=uploaded,
        uploaded_by=uploaded_by,
        created_at=now,
        updated_at=now,
        timings=Timings(queued=now),
        search_terms=search_terms(key, file_name, uploaded_by or ""),
    )


def _is_unfinished(scans: Scans, key: str) -> bool:
    scan = scans.get(key)
    return scan is not None and is_unfinished(scan)
