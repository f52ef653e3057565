"""The documents that the parts share, as they lie in Firestore: camelCase there, snake_case here.

This is the only definition. The web app's TypeScript types are generated from the JSON Schema of
these classes, and a test fails when the two differ.
"""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

ScanStatus = Literal["queued", "processing", "done", "failed", "dead"]
Step = Literal["reading", "segmenting", "classifying", "storing"]


class Record(BaseModel):
    """A document or a part of one; unknown fields are kept out, values are frozen."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore"
    )

    def to_document(self) -> dict[str, Any]:
        """The document as Firestore stores it: camelCase keys, datetimes as they are."""
        return self.model_dump(by_alias=True)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """The record of a stored document; raises `pydantic.ValidationError` if it is malformed."""
        return cls.model_validate(document)


class StoredObject(Record):
    """One object of a bucket at one generation: one scan."""

    bucket: str
    name: str
    generation: int
    size: int


class Failure(Record):
    """Why a scan failed: a code for programs, a sentence for people."""

    code: str
    message: str


class Progress(Record):
    """How far the worker is; `done` of `total` slices of the step."""

    step: Step
    done: int = 0
    total: int = 0


class Lease(Record):
    """Who works on the scan, and until when nobody else may."""

    holder: str
    until: datetime


class Timings(Record):
    """When each step of a scan's way ended (UTC, clock of the part that did it)."""

    queued: datetime | None = None
    claimed: datetime | None = None
    read: datetime | None = None
    predicted: datetime | None = None
    stored: datetime | None = None
    done: datetime | None = None


class ScanRecord(Record):
    """`scans/{scanId}`: one uploaded object on its way from queued to done."""

    object: StoredObject
    status: ScanStatus = "queued"
    progress: Progress | None = None
    error: Failure | None = None
    uploaded_by: str | None = None
    created_at: datetime
    updated_at: datetime
    timings: Timings = Timings()
    model_version: str | None = None
    key_slice: int | None = None
    slice_count: int | None = None
    last_label_at: datetime | None = None
    removed_tags: list[str] = []
    attempt: int = 0
    lease: Lease | None = None
    discs: list["DiscAtAGlance"] = []


class DiscAtAGlance(Record):
    """What the worklist shows of a disc without reading the prediction."""

    level: str
    herniation: float = Field(ge=0, le=1)


class Box(Record):
    """A box in pixels of the slice as shown; x and y are its upper left corner."""

    x: float
    y: float
    width: float
    height: float


class Disc(Record):
    """One disc of a prediction; `boxes` by slice number, `slice` the one it is best seen on."""

    level: str
    herniation: float = Field(ge=0, le=1)
    slice: int
    box: Box
    boxes: dict[str, Box]
    confidence: float = Field(ge=0, le=1)
    volume_mm3: float | None = Field(default=None, alias="volumeMm3")


class Artifacts(Record):
    """Object names in the results bucket; `{:02d}` stands for the slice number."""

    slices: str
    masks: str
    overlays: str
    segmentation: str
    prediction: str


class Prediction(Record):
    """`scans/{scanId}/predictions/{modelVersion}`: what one model read; never changed."""

    model_version: str
    model_digest: str
    created_at: datetime
    device: str
    seconds: dict[str, float]
    warnings: list[str]
    discs: list[Disc]
    artifacts: Artifacts
    slice_count: int
    key_slice: int
    slice_width: int
    slice_height: int


class Event(Record):
    """`scans/{scanId}/events/{eventId}`: one line of the case's timeline."""

    kind: Literal["queued", "claimed", "done", "failed", "dead", "retried", "handed-back"]
    at: datetime
    by: str
    message: str = ""


class InferenceRequest(Record):
    """The message on `inference-requests`: which scan to read, at which generation."""

    scan_id: str
    bucket: str
    name: str
    generation: int


class Reviewer(Record):
    """`reviewers/{email}`: who may look and label; nobody else reads or writes anything."""

    role: Literal["reviewer", "admin"]
