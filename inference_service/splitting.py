"""Series of an uploaded archive, each stored as an upload of its own, which then is read as any."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from discai.cloud.claim import Claim
from discai.cloud.objects import ObjectStore
from discai.cloud.paths import file_name_of, is_slice_list, scan_id, series_object
from discai.cloud.series import as_metadata
from discai.records.scans import StoredObject
from discai.records.study import SeriesFacts, SeriesOfSplit, Split, StudyOfScan
from discai.study import Keys, Series, Study

_CONTENT_TYPE: Final = "application/zip"


def split(objects: ObjectStore, claim: Claim, study: Study, keys: Keys) -> Split:
    """Stores every series beside the archive, and says which scans they are.

    A series has the same name each time, and is never replaced: a worker that does it again after
    one that was cut off, or at the same time, makes the same scans.
    """
    return Split(
        series=[
            SeriesOfSplit(
                **_facts(claim, series).model_dump(),
                scan_id=_scan_of(_store(objects, claim, series, keys)),
            )
            for series in study.series
        ],
        left_out=list(study.left_out),
        warnings=list(study.warnings),
    )


def _facts(claim: Claim, series: Series) -> SeriesFacts:
    """Facts that are stored: what a list of slices held is one series of the scanner's."""
    return series.facts_by_scanner if is_slice_list(claim.scan.object.name) else series.facts


def _store(objects: ObjectStore, claim: Claim, series: Series, keys: Keys) -> StoredObject:
    upload = claim.scan.object
    known_as = claim.scan.file_name or file_name_of(upload.name)
    found = keys.of(series.identity, upload)
    study = StudyOfScan(**found.model_dump(), series=_facts(claim, series), parent=claim.scan_id)
    metadata = {"fileName": f"{known_as} {series.label}", **as_metadata(study)}
    if claim.scan.uploaded_by:
        metadata["uploadedBy"] = claim.scan.uploaded_by
    name = series_object(upload.name, series.number, series.digest)
    with TemporaryDirectory() as folder:
        packed = Path(folder) / "series.zip"
        series.pack(packed)
        claim.check()
        return objects.add(upload.bucket, name, packed, _CONTENT_TYPE, metadata)


def _scan_of(stored: StoredObject) -> str:
    return scan_id(stored.bucket, stored.name, stored.generation)
