"""The place of a scan in its study, by what its file says."""

from pathlib import Path

from discai.records.scans import ScanRecord
from discai.records.study import SeriesFacts, StudyOfScan
from discai.scan import Scan
from discai.study import Identity, Keys
from discai.study.series import digest_of, file_digest


def place_of(
    scan: ScanRecord, series: SeriesFacts, identity: Identity | None, keys: Keys
) -> StudyOfScan:
    """The place of a scan whose object is this series.

    A series that came out of an archive keeps its number there, and its study where its own file
    names none.
    """
    known = scan.study
    if known is None:
        found = keys.of(identity, scan.object)
        return StudyOfScan(**found.model_dump(), series=series)
    numbered = series.model_copy(update={"number": known.series.number})
    if identity is None or not identity.study:
        return known.model_copy(update={"series": numbered})
    found = keys.of(identity, scan.object)
    return StudyOfScan(**found.model_dump(), series=numbered, parent=known.parent)


def facts_of(scan: Scan, path: Path) -> SeriesFacts:
    """Facts of a file that is one series, and says nothing else of it."""
    return SeriesFacts(
        number=1,
        plane=None if scan.spacing_mm is None else "sagittal",
        slices=scan.voxels.shape[0],
        digest=digest_of([file_digest(path)]),
    )
