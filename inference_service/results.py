"""Results of a series for the archive, made once more of what is stored of its reading.

Identity goes from the series' own headers into the results in memory; nothing here is logged.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from discai.cloud.archived import ArchivedSlices
from discai.cloud.objects import ObjectStore
from discai.cloud.opening import fetch
from discai.errors import PermanentError
from discai.export.answer import Answer, ReviewersVerdict
from discai.export.dicom import as_files, dicom_results
from discai.export.source import Source, read_source
from discai.export.uids import ResultUids
from discai.pictures.output import PAGE_DICOM, REPORT_DICOM, SEGMENTATION_DICOM
from discai.reading import CornerBox, DiscQuantities, DiscReading, Reading, WholeDiscQuantities
from discai.records.filing import FiledKind
from discai.records.scans import Box, Prediction, ScanRecord
from discai.scan import Scan, mha
from discai.study import names_its_study, opened, sort_study

#: The code of series that no DICOM results can be made of: there is nothing to file.
NO_RESULTS: Final = "no-dicom-results"

_KINDS: Final[Mapping[str, FiledKind]] = {
    SEGMENTATION_DICOM: "SEG",
    REPORT_DICOM: "SR",
    PAGE_DICOM: "PDF",
}


@dataclass(frozen=True, repr=False)
class Result:
    """One result: its file, and its SOP instance UID."""

    kind: FiledKind
    uid: str
    file: bytes


@dataclass(frozen=True, repr=False)
class SeriesResults:
    """Source of a series' results, and what a model read in it."""

    scan: Scan
    source: Source
    prediction: Prediction
    reading: Reading

    def uids(self, kind: FiledKind, model_version: str, label: str | None) -> ResultUids:
        """UIDs of a result, whether or not there is one."""
        return self.source.result_uids(kind, model_version, label or "")

    def make(
        self, verdict: ReviewersVerdict | None, predecessor: ResultUids | None
    ) -> list[Result]:
        """All results; the same answer makes the same files. Raises as `read_series` does."""
        threshold, read_at = self.prediction.herniation_threshold, self.prediction.created_at
        answer = Answer(self.scan, self.reading, threshold, read_at, verdict, predecessor)
        results = dicom_results(self.source, answer)
        files = as_files(results)
        return [
            Result(kind, str(results[name].SOPInstanceUID), files[name])
            for name, kind in _KINDS.items()
        ]


def read_series(
    objects: ObjectStore,
    bucket: str,
    scan: ScanRecord,
    prediction: Prediction,
    archived: ArchivedSlices | None = None,
) -> SeriesResults:
    """Reads a series once more, and what was stored of its reading in the results' bucket.

    Raises:
        PermanentError: `no-dicom-results` for a series that is no DICOM or whose headers nothing
            can be made of, and whatever keeps it from being read.
    """
    with tempfile.TemporaryDirectory() as folder:
        read, source = _read(objects, scan, Path(folder), archived)
        mask = Path(folder) / "segmentation.mha"
        mask.write_bytes(objects.read(bucket, prediction.artifacts.segmentation))
        return SeriesResults(read, source, prediction, reading_again(prediction, mask, read))


def reading_again(prediction: Prediction, mask: Path, scan: Scan) -> Reading:
    """The reading of a scan that a prediction and its segmentation describe."""
    stored = mha.read(mask).array
    if stored.shape != scan.grid.shape:
        raise PermanentError(
            NO_RESULTS,
            "There are no DICOM results, since the scan is read otherwise than when it was "
            "segmented.",
        )
    _, rows, columns = scan.voxels.shape
    scale = prediction.slice_height / rows, prediction.slice_width / columns
    discs = [
        DiscReading(
            disc.level,
            disc.herniation,
            disc.slice,
            {int(index): _corners(box, scale) for index, box in disc.boxes.items()},
            disc.confidence,
            disc.volume_mm3,
            quantities=_without_slices(disc.quantities),
        )
        for disc in prediction.discs
    ]
    return Reading(
        prediction.model_version,
        prediction.model_digest,
        scan.from_stored(stored).astype(np.uint8),
        tuple(discs),
        tuple(prediction.warnings),
        prediction.seconds,
        prediction.key_slice,
        prediction.device,
        prediction.lordosis_deg,
        prediction.lateral_curve,
    )


def _read(
    objects: ObjectStore, scan: ScanRecord, folder: Path, archived: ArchivedSlices | None
) -> tuple[Scan, Source]:
    path = fetch(objects, scan.object, folder, archived)
    if not names_its_study(path):
        raise _no_dicom()
    with opened(path) as files:
        study = sort_study(files)
        if len(study.series) != 1:  # read as one scan by an earlier version
            raise _no_dicom()
        read = study.only_scan()
        return read, read_source(list(study.series[0].files), read)


def _without_slices(stored: WholeDiscQuantities | None) -> DiscQuantities | None:
    return DiscQuantities.model_validate(stored.model_dump()) if stored else None


def _corners(box: Box, scale: tuple[float, float]) -> CornerBox:
    by_row, by_column = scale
    return (
        box.x / by_column,
        box.y / by_row,
        (box.x + box.width) / by_column,
        (box.y + box.height) / by_row,
    )


def _no_dicom() -> PermanentError:
    return PermanentError(NO_RESULTS, "There are no DICOM results, since the scan is no DICOM.")
