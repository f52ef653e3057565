"""Loose slices that are to be forgotten: those of a scan, and files that no scan is made of."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from google.api_core.exceptions import NotFound

from discai.cloud import paths
from discai.cloud.database import Database, Delete, Put, Query, Where
from discai.cloud.documents import Document
from discai.errors import PermanentError
from discai.records.scans import Forgotten, StoredObject
from discai.records.slices import Gather, LooseSlice


def readings_beside(
    scan_id: str, slice_list: StoredObject, buckets: Any
) -> dict[str, StoredObject]:
    """All other lists of the series of a list of slices, by the ids of their scans."""
    bucket, folder = slice_list.bucket, slice_list.name.rpartition("/")[0]
    return {
        key: StoredObject(
            bucket=bucket, name=blob.name, generation=blob.generation, size=blob.size or 0
        )
        for blob in buckets.list_blobs(bucket, prefix=f"{folder}/", versions=True)
        if paths.is_slice_list(blob.name)
        and (key := paths.scan_id(bucket, blob.name, blob.generation)) != scan_id
    }


def remove_companions(slice_list: StoredObject, database: Database, buckets: Any) -> Iterator[str]:
    """Removes what was copied along with a series that is to be forgotten, and yields their names.

    The lists of a medium (`DICOMDIR`) name every patient on it, and nobody here reads them: those
    of the folder go. Reports and other things without pictures go with the last series of their
    study that has some. To be called before the series' own slices are removed, which say of what
    study they are.
    """
    if not paths.is_archived(slice_list.name):
        folder = paths.folder_of_slices(slice_list.name)
        yield from _remove_directories(slice_list.bucket, folder, buckets)
    for other in _others_without_pictures(paths.gather_of(slice_list.name), database):
        yield from _remove_gather(other, database, buckets)


def remove_without_pictures(found_as: str, database: Database, buckets: Any) -> Iterator[str]:
    """Removes loose files that no scan is made of, since they show nothing, and yields their names.

    They are found by the id of one of them (`slices/{id}`) or of their series (`gathers/{key}`);
    nothing is removed if there is no such thing. Where nothing of their study has pictures, all
    of it goes. What was given goes last, so that a run that was cut off is gone on with by it.

    Raises `PermanentError("has-pictures")` for slices of a scan: that is to be forgotten.
    """
    given = paths.loose_slice(found_as)
    loose = Document(database, given, LooseSlice).get()
    key = loose.gather if loose else found_as
    slices = [each for _, each in _slices(key, database)]
    gather = Document(database, paths.gather(key), Gather).get()
    if any(each.is_image for each in slices):
        raise _has_pictures(key, slices[0].object, buckets)
    if gather and gather.folder != paths.ARCHIVE:
        yield from _remove_directories(gather.bucket, gather.folder, buckets)
    for other in _others_without_pictures(key, database):
        yield from _remove_gather(other, database, buckets)
    yield from _remove_gather(key, database, buckets, last=given)


def _others_without_pictures(key: str, database: Database) -> list[str]:
    """Keys of the other series of a series' study, if none of them has a picture."""
    ours = Document(database, paths.gather(key), Gather).get()
    if ours is None or ours.study_key is None:
        return []
    of_study = database.find(Query(paths.GATHERS, Where("studyKey", "==", ours.study_key)))
    others = [found.id for found in of_study if found.id != key]
    slices = [each for other in others for _, each in _slices(other, database)]
    return [] if any(each.is_image for each in slices) else others


def _has_pictures(key: str, stored: StoredObject, buckets: Any) -> PermanentError:
    """The error that names the scan of slices, if it is there by now."""
    lists = paths.slice_lists(paths.slice_folder(stored.name), key)
    scans = [
        paths.scan_id(stored.bucket, blob.name, blob.generation)
        for blob in buckets.list_blobs(stored.bucket, prefix=lists)
        if paths.is_slice_list(blob.name)
    ]
    how = f"forget that: discai forget {scans[-1]}" if scans else "it can be forgotten once it is."
    return PermanentError("has-pictures", f"These slices are a scan, or will be; {how}")


def remove_slices(slice_list: StoredObject, database: Database, buckets: Any) -> Iterator[str]:
    """Removes the slices of a series, objects and documents, and yields their names.

    The document of the series goes first, so that no other list is written of them; that of a
    slice after its object, which would else be taken for one whose event was lost.
    """
    yield from _remove_gather(paths.gather_of(slice_list.name), database, buckets)


def _remove_gather(
    key: str, database: Database, buckets: Any, last: str | None = None
) -> Iterator[str]:
    """Removes a series, the slice whose document is `last` after all others."""
    if database.get(paths.gather(key)).fields is not None:
        database.commit([Delete(paths.gather(key))])
        yield paths.gather(key)
    slices = sorted(_slices(key, database), key=lambda found: found[0] == last)
    note = Forgotten(at=datetime.now(UTC)).to_document()
    if any(paths.is_archived(each.object.name) for _, each in slices):
        # The archive still has them, and may tell of them again.
        database.commit([Put(paths.forgotten(key), note)])
    for path, each in slices:
        stored = each.object
        # Its event may come once more: an object that is gone is no slice, but would be a scan.
        database.commit([Put(paths.forgotten(path.rpartition("/")[2]), note)])
        yield from _remove_object(buckets.bucket(stored.bucket), stored.name, stored.generation)
        database.commit([Delete(path)])
        yield path


def _slices(key: str, database: Database) -> list[tuple[str, LooseSlice]]:
    """Slices of a series by the paths of their documents."""
    found = database.find(Query(paths.SLICES, Where("gather", "==", key)))
    return [(each.path, LooseSlice.from_document(each.fields or {})) for each in found]


def _remove_directories(bucket: str, folder: str, buckets: Any) -> Iterator[str]:
    within = {"prefix": f"{folder}/"} if folder else {"delimiter": "/"}
    for blob in buckets.list_blobs(bucket, versions=True, **within):
        if paths.is_directory_of_medium(blob.name):
            yield from _remove_object(buckets.bucket(bucket), blob.name, blob.generation)


def _remove_object(bucket: Any, name: str, generation: int) -> Iterator[str]:
    try:
        bucket.delete_blob(name, generation=generation)
    except NotFound:
        return
    yield f"gs://{bucket.name}/{name}#{generation}"
