"""Removes everything that the cloud holds of one scan: `discai forget SCAN_ID`."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from google.api_core.exceptions import FailedPrecondition, NotFound
from google.cloud import firestore, storage

from discai.cloud import paths
from discai.cloud.claim import is_live
from discai.cloud.documents import change
from discai.cloud.environment import (
    EnvironmentSettings,
    GoogleCloudProject,
    PipelineBucket,
    ResultsBucket,
)
from discai.cloud.retrying import retryable
from discai.errors import PermanentError, RetryableError
from discai.records.models import Reread
from discai.records.scans import ScanRecord
from discai.records.yolo import file_prefixes

_SCAN_ID: Final = re.compile(r"[a-z2-7]{26}")

#: Files of the pipeline that tell of many scans: datasets' tables, and what reviewers had said.
_TABLES: Final = ("datasets/*/*.csv", "runs/**/labels")
_TABLE_ENDS: Final = (".csv", "/labels")


class ForgetSettings(EnvironmentSettings):
    """The places that may hold something of a scan."""

    google_cloud_project: GoogleCloudProject
    results_bucket: ResultsBucket
    pipeline_bucket: PipelineBucket


def forget(scan_id: str, settings: ForgetSettings) -> Iterator[str]:
    """Removes one scan and yields what was removed, name by name.

    First it notes that the scan is forgotten, so that no worker gets it and no repeated event
    brings it back; that note alone stays. Then the uploaded object at its generation, documents,
    artifacts and label files in every generation, crops in datasets of the pipeline and what their
    tables and its snapshots say of it go, the scan's own document last: so a run that was cut off
    finds its way again and goes on where it stopped. Nobody is served by half a removal, so
    `RetryableError("busy")` comes before anything is removed while a worker reads the scan. Raises
    `PermanentError("not-found")` if there is nothing of that id, and `PermanentError("bad-option")`
    if it is no scan id.

    A retraining run that goes on meanwhile may store crops of it later: forget it once more then.

    Runs as a person with the rights of an administrator, by Google's default credentials.
    """
    if not _SCAN_ID.fullmatch(scan_id):
        raise PermanentError("bad-option", f"{scan_id!r} is no scan id: 26 letters and digits.")
    database: Any = firestore.Client(settings.google_cloud_project)
    buckets: Any = storage.Client(settings.google_cloud_project)
    document = database.document(paths.scan(scan_id))
    removed = False
    with retryable("Google Cloud"):
        for name in _remove_all(scan_id, document, database, buckets, settings):
            removed = True
            yield name
    if not removed:
        raise PermanentError("not-found", f"There is nothing of a scan {scan_id}.")


def _remove_all(
    scan_id: str, document: Any, database: Any, buckets: Any, settings: ForgetSettings
) -> Iterator[str]:
    snapshot = document.get()
    if snapshot.exists:
        if not database.document(paths.forgotten(scan_id)).get().exists:
            yield from _keep_workers_away(snapshot, database)
        yield from _remove_upload(buckets, ScanRecord.from_document(snapshot.to_dict()))
    # Before the files: an export of labels that goes on meanwhile looks again after its last write.
    yield from _remove_children(document)
    for prefix in (paths.results_folder(scan_id), *file_prefixes(scan_id)):
        yield from _remove(
            buckets.list_blobs(settings.results_bucket, prefix=prefix, versions=True)
        )
    everywhere = buckets.list_blobs(
        settings.pipeline_bucket, match_glob=f"**{scan_id}**", versions=True
    )
    yield from _remove(blob for blob in everywhere if scan_id in blob.name)
    yield from _remove_mentions(scan_id, buckets.bucket(settings.pipeline_bucket))
    yield from _remove_documents(document, database)


def _keep_workers_away(snapshot: Any, database: Any) -> Iterator[str]:
    """Notes that the scan is forgotten and removes orders to read it again, both or neither.

    Raises `RetryableError("busy")` while a worker reads it, or begins to in this moment.
    """
    scan = ScanRecord.from_document(snapshot.to_dict())
    rereads = _rereads(snapshot.id, database)
    leases = [scan.lease, *(Reread.from_document(each.to_dict()).lease for each in rereads)]

    def note(batch: Any) -> None:
        batch.set(database.document(paths.forgotten(snapshot.id)), {"at": datetime.now(UTC)})
        for each in rereads:
            seen = database.write_option(last_update_time=each.update_time)
            batch.delete(each.reference, option=seen)

    # Without its lease, a worker that slept past it knows that it has lost the scan.
    if any(is_live(lease) for lease in leases) or not change(
        database, snapshot.reference, snapshot.update_time, {"lease": None}, note
    ):
        raise RetryableError(
            "busy", "A worker is reading this scan; please try again in two minutes."
        )
    yield from (each.reference.path for each in rereads)


def _rereads(scan_id: str, database: Any) -> list[Any]:
    """What models were asked to read in it again."""
    models = database.collection(paths.MODELS).list_documents()
    found = [database.document(paths.reread(model.id, scan_id)).get() for model in models]
    return [each for each in found if each.exists]


def _remove_upload(buckets: Any, scan: ScanRecord) -> Iterator[str]:
    """The raw scan; other generations of its name are other scans."""
    stored = scan.object
    yield from _remove(
        [buckets.bucket(stored.bucket).blob(stored.name, generation=stored.generation)]
    )


def _remove_mentions(scan_id: str, bucket: Any) -> Iterator[str]:
    """What tables and snapshots of the pipeline say of the scan; the rest of them stays."""
    for pattern in _TABLES:
        for blob in bucket.list_blobs(match_glob=pattern):
            if not blob.name.endswith(_TABLE_ENDS):
                continue
            text = blob.download_as_text()
            if scan_id in text:
                left = _without(scan_id, text, is_table=blob.name.endswith(".csv"))
                blob.upload_from_string(
                    left, content_type=blob.content_type, if_generation_match=blob.generation
                )
                yield f"gs://{bucket.name}/{blob.name}: what it said of the scan"


def _without(scan_id: str, text: str, *, is_table: bool) -> str:
    """A table without the scan's rows, or a snapshot of a run without the scan.

    The snapshot is `pipeline.retraining.snapshot.Snapshot`.
    """
    if is_table:
        return "".join(line for line in text.splitlines(keepends=True) if scan_id not in line)
    snapshot = json.loads(text)
    for part in snapshot.keys() & {"scans", "refused"}:
        snapshot[part] = [each for each in snapshot[part] if each["scan_id"] != scan_id]
    return json.dumps(snapshot)


def _remove(blobs: Any) -> Iterator[str]:
    for blob in blobs:
        try:
            blob.bucket.delete_blob(blob.name, generation=blob.generation)
        except NotFound:
            continue
        yield f"gs://{blob.bucket.name}/{blob.name}#{blob.generation}"


def _remove_children(document: Any) -> Iterator[str]:
    """Predictions first: without them nobody can add a label."""
    found = document.collections()
    predictions = paths.predictions(document.id).rpartition("/")[2]
    for collection in sorted(found, key=lambda each: (each.id != predictions, each.id)):
        for child in collection.list_documents():
            child.delete()
            yield child.path


def _remove_documents(document: Any, database: Any) -> Iterator[str]:
    """The scan itself, with whatever was written beside it until its last moment."""
    while (snapshot := document.get()).exists:
        yield from _remove_children(document)
        try:
            document.delete(option=database.write_option(last_update_time=snapshot.update_time))
        except FailedPrecondition:
            continue  # what is written beside a scan changes the scan as well
        yield document.path
    for reread in _rereads(document.id, database):
        reread.reference.delete()
        yield reread.reference.path
