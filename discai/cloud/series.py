"""Series of uploaded archives: each is an object beside the archive that says where it belongs."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from discai.cloud import paths
from discai.records.scans import StoredObject
from discai.records.study import StudyOfScan

_STUDY: Final = "study"


def as_metadata(study: StudyOfScan) -> dict[str, str]:
    """The place in a study as metadata of the series' object."""
    return {_STUDY: study.model_dump_json(by_alias=True)}


def study_of(name: str, metadata: object) -> StudyOfScan | None:
    """The place in a study of an object, None if it is no series or says nothing that counts."""
    said = metadata.get(_STUDY) if isinstance(metadata, Mapping) else None
    if not paths.is_series(name) or not isinstance(said, str):
        return None
    try:
        return StudyOfScan.model_validate_json(said)
    except ValidationError:
        return None


def scans_out_of(scan_id: str, archive: StoredObject, buckets: Any) -> Iterator[str]:
    """Ids of the scans that an archive has become, also where its splitting was cut off."""
    folder = paths.series_folder(archive.name)
    for blob in buckets.list_blobs(archive.bucket, prefix=folder, versions=True):
        study = study_of(blob.name, blob.metadata)
        if study and study.parent == scan_id:
            yield paths.scan_id(archive.bucket, blob.name, blob.generation)
