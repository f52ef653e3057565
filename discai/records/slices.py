"""Loose slices: DICOM files that come one by one and gather until their series is quiet."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from discai.records.record import KEY_PATTERN, Record
from discai.records.scans import StoredObject

GatherState = Literal["open", "closing", "closed"]


class Gather(Record):
    """`gathers/{key}`: one series whose slices come as files of their own.

    Attributes:
        bucket: the one that they lie in.
        folder: the topmost one that they came into; empty for the bucket's root.
        study_key: of the study that they say to be of; None where they say none.
        state: `open` while slices come, `closing` while their list is written, then `closed`; a
            late slice opens it again.
        opened_at: when the first slice came, or the first after it was closed.
        slices: how many have come, as far as was counted.
        expected: how many an archive has of it, once it takes the series for whole; None before,
            and again after a late slice.
    """

    bucket: str
    folder: str
    study_key: str | None = Field(default=None, pattern=KEY_PATTERN)
    state: GatherState = "open"
    opened_at: datetime
    updated_at: datetime
    slices: int = 0
    expected: int | None = None


class LooseSlice(Record):
    """`slices/{sliceId}`: one DICOM file that is a slice, and no scan by itself.

    Attributes:
        gather: key of its series.
        object: where it lies.
        is_image: False for reports, presentation states and other files without pixels.
        at: when it came.
    """

    gather: str
    object: StoredObject
    is_image: bool
    at: datetime


class SliceList(Record):
    """A list of a series' slices, as JSON in the bucket of uploads; reading it reads the series."""

    slices: list[StoredObject]
