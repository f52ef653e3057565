"""An object was finalized in the uploads bucket: queue it as a scan and ask for its reading."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final, Protocol

from discai.cloud import paths
from discai.cloud.objects import StoredFile
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

    def supersede(self, scan_id: str, by: str) -> None:
        """Notes of a scan, if there is one, that another one has more of its series."""

    def taken_out_of(self, scan_id: str) -> list[str]:
        """Ids of the scans that another one has become until now."""


class Publisher(Protocol):
    """Publisher of requests to the worker."""

    def publish(self, request: InferenceRequest) -> None:
        """Returns when the request is taken; raises `RetryableError` if it is not."""


class Slices(Protocol):
    """Loose slices, and the lists that are made of them."""

    def take(self, uploaded: StoredObject) -> bool:
        """Takes an object that is a slice of a series; False if it is none."""

    def lists_beside(self, slice_list: StoredObject) -> dict[str, StoredFile]:
        """All lists of the series of one of them, by name."""


def on_scan_uploaded(
    data: Mapping[str, Any], scans: Scans, publisher: Publisher, slices: Slices
) -> None:
    """Creates the scan and publishes the request to read it, or gathers what is a loose slice.

    `data` is the object resource of the event. A repeated event creates nothing; it publishes
    again only while the scan has not ended and no worker has it, which heals a crash between the
    two steps, and the death of a worker.
    """
    uploaded = _uploaded(data)
    if not is_scan(uploaded.name):
        return
    metadata = data.get("metadata")
    if _may_be_loose(uploaded.name, metadata) and slices.take(uploaded):
        return
    key = scan_id(uploaded.bucket, uploaded.name, uploaded.generation)
    scan = _queued(key, uploaded, metadata)
    created = scans.create(key, scan)
    if paths.is_slice_list(uploaded.name):
        _supersede_earlier(uploaded, scans, slices)
    elif scan.study and scan.study.parent:
        _supersede_as(scan.study.parent, key, scans)
    if created or _is_unfinished(scans, key):
        publisher.publish(request_for(key, scan))
    logger.info("scan queued" if created else "event repeated", extra={"scanId": key})


def _may_be_loose(name: str, metadata: object) -> bool:
    """Tell if nobody has grouped it: the page and `discai upload` have, and say who uploads."""
    is_ours = paths.is_series(name) or paths.is_slice_list(name)
    return not is_ours and _text(metadata, "uploadedBy") is None


def _supersede_earlier(uploaded: StoredObject, scans: Scans, slices: Slices) -> None:
    """Has each earlier scan of the series name the next: their events come in any order."""
    lists = slices.lists_beside(uploaded)
    ids = [
        scan_id(uploaded.bucket, name, lists[name].generation)
        for name in sorted(lists, key=paths.slice_list_number)
        if paths.is_slice_list(name)
    ]
    for earlier, later in pairwise(ids):
        if scans.get(later) is not None:
            for superseded in (earlier, *scans.taken_out_of(earlier)):
                scans.supersede(superseded, by=later)


def _supersede_as(parent: str, key: str, scans: Scans) -> None:
    """Notes of a series of a list of slices what is noted of the list.

    Whoever supersedes the list notes that first and then looks for its series; here the series is
    there first: one of the two sees the other.
    """
    whole = scans.get(parent)
    if whole and whole.superseded_by:
        scans.supersede(key, by=whole.superseded_by)


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
