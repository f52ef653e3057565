"""`StudyRecord`: what all series of one visit say together."""

from datetime import datetime

from pydantic import Field

from discai.records.record import KEY_PATTERN, Record
from discai.records.scans import ScanStatus
from discai.records.study import LeftOut, SeriesFacts, StudyDisc


class SeriesOfStudy(SeriesFacts):
    """One series of a study, which is the scan of that id.

    Attributes:
        file_name: that of its upload, as the scan has it.
        key_slice: on which its discs are seen best; None while it isn't read.
        created_at: when it came.
        superseded_by: as the scan has it; such a series is no other one of the study.
    """

    status: ScanStatus
    file_name: str | None = None
    key_slice: int | None = None
    created_at: datetime
    superseded_by: str | None = None


class StudyRecord(Record):
    """`studies/{studyKey}`: the series of one visit, and one answer for each disc.

    Attributes:
        patient_key: whose it is; None where no file names anybody.
        created_at: when its first series came.
        series: by scan id.
        left_out: things beside the series, in their archives or as loose slices, that aren't read,
            and why.
        discs: from the head down.
        warnings: sentences that no single series can give.
    """

    patient_key: str | None = Field(default=None, pattern=KEY_PATTERN)
    created_at: datetime
    updated_at: datetime
    series: dict[str, SeriesOfStudy]
    left_out: list[LeftOut]
    discs: list[StudyDisc]
    warnings: list[str]
