"""Results of `discai predict` that are only made when they are asked for.

Their libraries are imported when they are needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from discai.errors import PermanentError
from discai.pictures.output import REPORT_DICOM, SEGMENTATION_NIFTI
from discai.reading import Reading
from discai.scan import Scan


@dataclass(frozen=True)
class AskedFor:
    """Results beside those that are always written.

    Attributes:
        dicom: a segmentation, a report and a page for the archive that a scan came from.
        nifti: the segmentation once more.
    """

    dicom: bool = False
    nifti: bool = False

    @property
    def names(self) -> list[str]:
        """Names of files that each result has if all could be made."""
        return [SEGMENTATION_NIFTI] * self.nifti + [REPORT_DICOM] * self.dicom

    def files(
        self, scan: Scan, reading: Reading, threshold: float, read_from: Sequence[Path]
    ) -> tuple[dict[str, bytes], list[str]]:
        """The files by their names, and sentences on what can't be made of this scan.

        `read_from` has the files that `scan.sources` counts, `threshold` is the model's for
        herniation.
        """
        files: dict[str, bytes] = {}
        notes: list[str] = []
        if self.nifti:
            from discai.export.nifti import segmentation_nifti

            files[SEGMENTATION_NIFTI] = segmentation_nifti(scan, reading)
        if self.dicom:
            try:
                files |= _dicom(scan, reading, threshold, read_from)
            except PermanentError as error:
                notes.append(error.message)
        return files, notes


NOTHING: Final = AskedFor()


def _dicom(
    scan: Scan, reading: Reading, threshold: float, read_from: Sequence[Path]
) -> dict[str, bytes]:
    from discai.export.answer import Answer
    from discai.export.dicom import as_files, dicom_results
    from discai.export.source import read_source

    answer = Answer(scan, reading, threshold, datetime.now().astimezone())
    return as_files(dicom_results(read_source(read_from, scan), answer))
