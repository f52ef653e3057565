"""Annotations: notes of people on the pictures of a series, besides labels."""

from datetime import datetime
from typing import Literal

from pydantic import Field, FiniteFloat

from discai.records.record import Record


class SlicePoint(Record):
    """A point in pixels of the slice as shown, from its upper left corner."""

    x: FiniteFloat = Field(ge=0)
    y: FiniteFloat = Field(ge=0)


class Distance(Record):
    """`scans/{scanId}/annotations/{annotationId}`: a distance that a reviewer has measured.

    It is never changed; who measured it may remove it. How long it is follows from the prediction's
    `pixel_mm`, so it is kept nowhere else.

    Attributes:
        slice: the one that shows both points.
        author: the reviewer's uid.
        created_at: the server's time.
        model_version: whose slices the reviewer looked at.
    """

    kind: Literal["distance"] = "distance"
    slice: int = Field(ge=0, le=9999)
    start: SlicePoint
    end: SlicePoint
    author: str
    author_email: str
    created_at: datetime
    model_version: str
