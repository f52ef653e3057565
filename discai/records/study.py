"""Series and studies as they are stored: which series there are, and what was left out and why."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from discai.records.record import KEY_PATTERN, SCAN_ID_PATTERN, Failure, Record

Sequence = Literal["T1", "T2", "STIR", "PD", "other"]
Plane = Literal["sagittal", "coronal", "axial"]

Point = Annotated[list[FiniteFloat], Field(min_length=3, max_length=3)]
"""x, y and z in patient coordinates (LPS), in mm."""


class LeftOut(Record):
    """Something of a study that isn't read.

    Attributes:
        what: in words, such as `axial T2, 30 slices`.
        reason: in words, such as `not sagittal`.
        count: how often the study holds such a thing.
    """

    what: str
    reason: str
    count: int = Field(default=1, ge=1)


class SeriesFacts(Record):
    """One acquisition of a study, by what its files say of it.

    Attributes:
        number: its place among the readable series of its upload, from 1. Of a series that came by
            itself, as slices or from an archive, its scanner's number; 0 where its files say none.
        sequence: by physics (repetition, echo and inversion times); None where nothing says it.
        plane: in which it was acquired; None for pictures, which know no patient axes.
        slices: how many it has; None where that is known only once it is read.
        digest: the same for the same series, whatever its files are called.
    """

    number: int = Field(ge=0)
    sequence: Sequence | None = None
    plane: Plane | None = None
    slices: int | None = None
    digest: str = Field(pattern=r"^[0-9a-f]{32}$")


class StudyKeys(Record):
    """Keys of the study, the patient and the frame of reference of a series, which name nobody.

    Attributes:
        study_key: the same for the series of one visit.
        patient_key: the same for the studies of one patient; None where the file names nobody.
        frame_key: the same for series whose positions in millimetres can be compared; None where
            the file says nothing of that.
    """

    study_key: str = Field(pattern=KEY_PATTERN)
    patient_key: str | None = Field(default=None, pattern=KEY_PATTERN)
    frame_key: str | None = Field(default=None, pattern=KEY_PATTERN)


class StudyOfScan(StudyKeys):
    """The place of a scan in its study.

    Attributes:
        series: which of the study's series it is.
        parent: id of the scan of the archive that it was taken out of; None for an upload that is
            one series.
    """

    series: SeriesFacts
    parent: str | None = Field(default=None, pattern=SCAN_ID_PATTERN)


class SeriesOfSplit(SeriesFacts):
    """A series of an archive that became a scan of its own, of that id."""

    scan_id: str


class Split(Record):
    """Everything that an archive of several series came to.

    Attributes:
        study_key: of the study that loose slices without a readable series say to be of; None
            otherwise, since series say it themselves.
    """

    series: list[SeriesOfSplit]
    left_out: list[LeftOut]
    warnings: list[str]
    study_key: str | None = Field(default=None, pattern=KEY_PATTERN)


class SeriesResult(SeriesFacts):
    """A series of `study.json`: the folder beside it with its prediction, or why there is none."""

    folder: str
    error: Failure | None = None


class StudyDisc(Record):
    """One disc of a study, of all that its series say: `discai.records.combination` makes it.

    Attributes:
        herniation: probability from all series.
        per_series: the probability by each series that shows the disc, by the series' folder or
            the scan's id.
        disagreement: a sentence on what the series see differently; None where they agree.
        verdict: the reviewer's answer, herniated or not; not written without one.
    """

    level: str
    herniation: float = Field(ge=0, le=1)
    per_series: dict[str, float]
    disagreement: str | None = None
    verdict: bool | None = Field(default=None, exclude_if=lambda verdict: verdict is None)


class StudyResult(Record):
    """`study.json` of `discai predict`, beside the folders of the study's series.

    Attributes:
        discs: from the head down; empty for results of earlier versions, and where nothing was
            read.
    """

    series: list[SeriesResult]
    left_out: list[LeftOut]
    discs: list[StudyDisc] = Field(default_factory=list)
    warnings: list[str]
