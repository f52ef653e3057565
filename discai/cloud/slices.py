"""Loose slices of a scan that is to be forgotten, and the other readings of their series."""

from collections.abc import Iterator
from typing import Any

from google.api_core.exceptions import NotFound

from discai.cloud import paths
from discai.cloud.database import Database, Delete, Query, Where
from discai.records.scans import StoredObject
from discai.records.slices import LooseSlice


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


def remove_slices(slice_list: StoredObject, database: Database, buckets: Any) -> Iterator[str]:
    """Removes the slices of a series, objects and documents, and yields their names.

    The document of the series goes first, so that no other list is written of them; that of a
    slice after its object, which would else be taken for one whose event was lost.
    """
    key = paths.gather_of(slice_list.name)
    if database.get(paths.gather(key)).fields is not None:
        database.commit([Delete(paths.gather(key))])
        yield paths.gather(key)
    for found in database.find(Query(paths.SLICES, Where("gather", "==", key))):
        stored = LooseSlice.from_document(found.fields or {}).object
        try:
            buckets.bucket(stored.bucket).delete_blob(stored.name, generation=stored.generation)
            yield f"gs://{stored.bucket}/{stored.name}#{stored.generation}"
        except NotFound:
            pass
        database.commit([Delete(found.path)])
        yield found.path
