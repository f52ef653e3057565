"""Removes everything that the cloud holds of one scan: `discai forget SCAN_ID`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

from google.api_core.exceptions import NotFound
from google.cloud import storage
from pydantic import Field

from discai.cloud import paths
from discai.cloud.database import ConflictError, Database, Delete, Put, Write
from discai.cloud.documents import BusyError, Change, Document, Stored, commit_as_seen, settled
from discai.cloud.environment import (
    EnvironmentSettings,
    GoogleCloudProject,
    PipelineBucket,
    ResultsBucket,
)
from discai.cloud.filed import remove_filed, without_filer
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.labels import LabelRepository
from discai.cloud.mentions import TABLE_ENDS, TABLES, remove_from_jobs, without
from discai.cloud.objects import ObjectStore
from discai.cloud.retrying import retryable
from discai.cloud.series import scans_out_of
from discai.cloud.slices import (
    readings_beside,
    remove_companions,
    remove_slices,
    remove_without_pictures,
)
from discai.cloud.studies import StudyRepository
from discai.errors import PermanentError
from discai.records.models import Reread, RetrainingRun
from discai.records.scans import Forgotten, ScanRecord, StoredObject
from discai.records.states import is_live
from discai.records.yolo import file_prefixes

_READ: Final = "A worker is reading this scan; please try again in two minutes."
_CHANGING: Final = "This scan is changing right now; please try again."


class ForgetSettings(EnvironmentSettings):
    """The places that may hold something of a scan."""

    google_cloud_project: GoogleCloudProject
    results_bucket: ResultsBucket
    pipeline_bucket: PipelineBucket
    pipeline_jobs: str = Field(
        default="",
        description="Folder of the jobs of the local Vertex AI; empty where Google keeps them.",
    )


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

    With a scan of loose slices go these, all readings of their series, the `DICOMDIR` that was
    copied along, and with the last such scan of a study its reports and whatever else has no
    picture. With an archive of several series go the scans that these became. One of them can't be
    forgotten by itself while the archive has its slices: `PermanentError("part-of-archive")`.

    Loose files of a study that has no picture are no scan: they go with the id of one of them
    (`slices/{id}`) or of their series (`gathers/{key}`). `PermanentError("has-pictures")` comes for
    such an id of slices that are a scan, and names it.

    What was filed in a hospital's own archive stays there and is listed: it may not let go of it.

    A retraining run that goes on meanwhile may store crops of it later: forget it once more then.

    Runs as a person with the rights of an administrator, by Google's default credentials.
    """
    if not paths.is_scan_id(scan_id):
        raise PermanentError("bad-option", f"{scan_id!r} is no scan id: 26 letters and digits.")
    database = FirestoreDatabase.connect(settings.google_cloud_project)
    buckets: Any = storage.Client(settings.google_cloud_project)
    _refuse_part_of_archive(scan_id, database)
    removed = False
    with retryable("Google Cloud"):
        for name in chain(
            remove_without_pictures(scan_id, database, buckets),
            _remove_with_readings(scan_id, database, buckets, settings),
        ):
            removed = True
            yield name
    if not removed:
        raise PermanentError("not-found", f"There is nothing of a scan {scan_id}.")


def _remove_with_readings(
    scan_id: str, database: Database, buckets: Any, settings: ForgetSettings
) -> Iterator[str]:
    """Removes a scan; of loose slices, the slices and each reading of their series."""
    scan = Document(database, paths.scan(scan_id), ScanRecord).get()
    if scan and paths.is_slice_list(scan.object.name):
        yield from _keep_workers_away(scan_id, database)
        others = readings_beside(scan_id, scan.object, buckets)
        for other in others:
            if Document(database, paths.scan(other), ScanRecord).get():
                _keep_workers_away(other, database)
            else:  # its event is on its way
                note = Forgotten(at=datetime.now(UTC)).to_document()
                database.commit([Put(paths.forgotten(other), note)])
        yield from remove_companions(scan.object, database, buckets)
        yield from remove_slices(scan.object, database, buckets)
        for other, stored in others.items():
            yield from _remove_all(other, database, buckets, settings)
            yield from _remove_object(buckets, stored)
    yield from _remove_all(scan_id, database, buckets, settings)


def _remove_all(
    scan_id: str, database: Database, buckets: Any, settings: ForgetSettings
) -> Iterator[str]:
    scan = Document(database, paths.scan(scan_id), ScanRecord).get()
    if scan:
        if Document(database, paths.forgotten(scan_id), Forgotten).get() is None:
            yield from _keep_workers_away(scan_id, database)
        yield from _remove_from_study(scan, database, buckets, settings)
        yield from remove_filed(scan_id, scan, database)
        for series in scans_out_of(scan_id, scan.object, buckets):
            yield from _remove_all(series, database, buckets, settings)
        yield from _remove_upload(buckets, scan)
    # Before the files: an export of labels that goes on meanwhile looks again after its last write.
    yield from _remove_children(scan_id, database)
    for prefix in (paths.results_folder(scan_id), *file_prefixes(scan_id)):
        yield from _remove(
            buckets.list_blobs(settings.results_bucket, prefix=prefix, versions=True)
        )
    everywhere = buckets.list_blobs(
        settings.pipeline_bucket, match_glob=f"**{scan_id}**", versions=True
    )
    yield from _remove(blob for blob in everywhere if scan_id in blob.name)
    yield from _remove_mentions(scan_id, buckets.bucket(settings.pipeline_bucket))
    yield from _remove_refusals(scan_id, database)
    if settings.pipeline_jobs:
        yield from remove_from_jobs(scan_id, Path(settings.pipeline_jobs))
    yield from _remove_documents(scan_id, database)


def _remove_from_study(
    scan: ScanRecord, database: Database, buckets: Any, settings: ForgetSettings
) -> Iterator[str]:
    """Works out the scan's study without it: it is noted as forgotten by now."""
    key = scan.study_key
    if key is None:
        return
    labels = LabelRepository(database, ObjectStore(buckets), settings.results_bucket)
    StudyRepository(database, labels).refresh(key)
    yield f"{paths.study(key)}: what it said of the scan"


def _refuse_part_of_archive(scan_id: str, database: Database) -> None:
    scan = Document(database, paths.scan(scan_id), ScanRecord).get()
    if scan is None or scan.study is None or scan.study.parent is None:
        return
    if Document(database, paths.scan(scan.study.parent), ScanRecord).get():
        raise PermanentError(
            "part-of-archive",
            "The archive that this series came in has its slices, too; forget that: "
            f"discai forget {scan.study.parent}",
        )


def _keep_workers_away(scan_id: str, database: Database) -> list[str]:
    """Notes that the scan is forgotten and removes orders to read it again, both or neither.

    Returns the paths of the orders. Raises `RetryableError("busy")` while a worker reads it or
    files results of its study, or begins to in this moment.
    """
    document = Document(database, paths.scan(scan_id), ScanRecord)
    note = Forgotten(at=datetime.now(UTC)).to_document()

    def attempt() -> tuple[list[str], list[Write]]:
        scan, rereads = document.read(), _rereads(scan_id, database)
        if scan is None:
            return [], []
        leases = [scan.record.lease, *(order.record.lease for order in rereads.values())]
        if any(is_live(lease) for lease in leases):
            raise BusyError(_READ)
        # Without its lease, a worker that slept past it knows that it has lost the scan.
        left = document.to_write(scan, scan.record.model_copy(update={"lease": None}))
        orders = [Delete(path, order.version) for path, order in rereads.items()]
        away = without_filer(scan.record, database)
        return list(rereads), [left, Put(paths.forgotten(scan_id), note), *orders, *away]

    removed, _ = commit_as_seen(database, attempt, _READ)
    return removed


def _rereads(scan_id: str, database: Database) -> dict[str, Stored[Reread]]:
    """Orders to models to read it again, by path."""
    models = [path.rpartition("/")[2] for path in database.documents(paths.MODELS)]
    orders = [Document(database, paths.reread(model, scan_id), Reread) for model in models]
    return {order.path: found for order in orders if (found := order.read())}


def _remove_upload(buckets: Any, scan: ScanRecord) -> Iterator[str]:
    """The raw scan; other generations of its name are other scans."""
    yield from _remove_object(buckets, scan.object)


def _remove_object(buckets: Any, stored: StoredObject) -> Iterator[str]:
    yield from _remove(
        [buckets.bucket(stored.bucket).blob(stored.name, generation=stored.generation)]
    )


def _remove_mentions(scan_id: str, bucket: Any) -> Iterator[str]:
    """Remove what tables and snapshots of the pipeline say of the scan; the rest of them stays."""
    for pattern in TABLES:
        for blob in bucket.list_blobs(match_glob=pattern):
            if not blob.name.endswith(TABLE_ENDS):
                continue
            text = blob.download_as_text()
            if scan_id in text:
                left = without(scan_id, text, is_table=blob.name.endswith(".csv"))
                blob.upload_from_string(
                    left, content_type=blob.content_type, if_generation_match=blob.generation
                )
                yield f"gs://{bucket.name}/{blob.name}: what it said of the scan"


def _remove_refusals(scan_id: str, database: Database) -> Iterator[str]:
    """Remove what retraining runs say of the scan's labels."""

    def without_it(run: RetrainingRun | None) -> Change[RetrainingRun] | None:
        if run is None or all(each.scan_id != scan_id for each in run.refused):
            return None
        left = [each for each in run.refused if each.scan_id != scan_id]
        return Change(run.model_copy(update={"refused": left}))

    for path in database.documents(paths.RUNS):
        if Document(database, path, RetrainingRun).change(without_it, busy=_CHANGING):
            yield f"{path}: what it said of the scan"


def _remove(blobs: Any) -> Iterator[str]:
    for blob in blobs:
        try:
            blob.bucket.delete_blob(blob.name, generation=blob.generation)
        except NotFound:
            continue
        yield f"gs://{blob.bucket.name}/{blob.name}#{blob.generation}"


def _remove_children(scan_id: str, database: Database) -> Iterator[str]:
    """Removes predictions first: without them nobody can add a label."""
    predictions = paths.predictions(scan_id)
    found = database.collections(paths.scan(scan_id))
    for collection in sorted(found, key=lambda each: (each != predictions, each)):
        for path in database.documents(collection):
            database.commit([Delete(path)])
            yield path


def _remove_documents(scan_id: str, database: Database) -> list[str]:
    """Removes the scan itself, with whatever was written beside it until its last moment."""
    path = paths.scan(scan_id)
    removed: list[str] = []

    def attempt() -> bool | None:
        version = database.get(path).version
        if version is None:
            return True
        removed.extend(_remove_children(scan_id, database))
        try:
            database.commit([Delete(path, version)])
        except ConflictError:
            return None  # what is written beside a scan changes the scan as well
        removed.append(path)
        return True

    settled(attempt, _CHANGING)
    for order in _rereads(scan_id, database):
        database.commit([Delete(order)])
        removed.append(order)
    return removed
