"""The documents that the parts share, as they lie in Firestore: camelCase there, snake_case here.

This is the only definition. The web app's TypeScript types are generated from the JSON Schema of
these classes, and a test fails when the two differ.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, FiniteFloat, StringConstraints, WithJsonSchema

from discai.anatomy import Level
from discai.reading import Gradings, LateralCurve, Reason, WholeDiscQuantities
from discai.records.gradings import LabelledGradings
from discai.records.record import SCAN_ID_PATTERN, Failure, Record
from discai.records.study import Point, Split, StudyOfScan
from discai.records.windows import Windows

ScanStatus = Literal["queued", "processing", "done", "split", "failed", "dead"]
LabelKind = Literal["correction", "acceptance"]
Judged = Literal["confirmed", "changed", "added", "unseen"]
Step = Literal["reading", "segmenting", "classifying", "storing"]


class StoredObject(Record):
    """One object of a bucket at one generation: one scan."""

    bucket: str
    name: str
    generation: int
    size: int


class Progress(Record):
    """Progress of the worker; `done` of `total` slices of the step."""

    step: Step
    done: int = 0
    total: int = 0


class Lease(Record):
    """Worker that has the scan, and the moment until which no other may take it."""

    holder: str
    until: datetime


class Timings(Record):
    """End of each step of a scan's way (UTC, clock of the part that did it)."""

    queued: datetime | None = None
    claimed: datetime | None = None
    read: datetime | None = None
    predicted: datetime | None = None
    stored: datetime | None = None
    done: datetime | None = None


class ScanRecord(Record):
    """`scans/{scanId}`: one uploaded object on its way from queued to done or split.

    The fields about labels are written by `on_label_created` only, from all labels of the scan.

    Attributes:
        file_name: the name that the file had where it was uploaded from, composed (NFC); None
            where nothing but the object says it.
        last_label_at: when the newest label was saved.
        late_label_at: when the newest label came here, if a retraining run had counted by then up
            to a moment after it was saved: it is counted for the next run.
        label_kind: of the label that counts: a correction wins over an acceptance.
        labelled_by: e-mail addresses of everybody who labelled it, in the order of the alphabet.
        label_count: how many labels it has, each saving counted.
        highest_herniation: of its discs, and `uncertainty` of the least sure one (1 on the model's
            threshold); with `search_terms`, what the worklist sorts and finds by.
        herniation_threshold: that of the model whose answers these are.
        study: its place in a study; None where nothing is known of one.
        split: the scans that an archive of several series became; None for any other scan.
        superseded_by: id of the scan of the same series with slices that came later; None where
            none did.
    """

    object: StoredObject
    file_name: str | None = None
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
    late_label_at: datetime | None = None
    label_kind: LabelKind | None = None
    labelled_by: list[str] = Field(default_factory=list)
    label_count: int = 0
    removed_tags: list[str] = Field(default_factory=list)
    attempt: int = 0
    lease: Lease | None = None
    discs: list["DiscAtAGlance"] = Field(default_factory=list)
    highest_herniation: float | None = None
    uncertainty: float | None = None
    herniation_threshold: float = Field(default=0.5, ge=0, le=1)
    search_terms: list[str] = Field(default_factory=list)
    study: StudyOfScan | None = None
    split: Split | None = None
    superseded_by: str | None = Field(default=None, pattern=SCAN_ID_PATTERN)

    @property
    def study_key(self) -> str | None:
        """Key of the study that it is a series of, or slices that aren't read; None: of none."""
        if self.study:
            return self.study.study_key
        return self.split.study_key if self.split else None


class DiscAtAGlance(Record):
    """Disc as the worklist shows it without reading the prediction."""

    level: str
    herniation: float = Field(ge=0, le=1)


#: Boxes on one slice that overlap so much (intersection over union) are of one disc: measured in
#: docs/decisions/0011-which-label-counts.md.
SAME_DISC: Final = 0.2


class Box(Record):
    """A box in pixels of the slice as shown; x and y are its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: "Box") -> float:
        """Intersection over union with a box on the same slice."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        if width <= 0 or height <= 0:
            return 0.0
        both = self.width * self.height + other.width * other.height
        return width * height / (both - width * height)


class Disc(Record):
    """One disc of a prediction.

    Attributes:
        slice: the one it is best seen on.
        boxes: by slice number.
        centre_mm: of its outline, in patient coordinates (LPS); None where the scan knows none, and
            in predictions of earlier versions.
        quantities: of the model's own outlines, with slices as shown; None in predictions of
            earlier versions.
        reason: for the probability, with points in pixels of the slices as shown; None in
            predictions of earlier versions.
    """

    level: str
    herniation: float = Field(ge=0, le=1)
    slice: int
    box: Box
    boxes: dict[str, Box]
    confidence: float = Field(ge=0, le=1)
    volume_mm3: float | None = Field(default=None, alias="volumeMm3")
    centre_mm: Point | None = None
    quantities: WholeDiscQuantities | None = None
    reason: Reason | None = None
    gradings: Gradings | None = None


class Artifacts(Record):
    """Object names in the results bucket; `{:02d}` stands for the slice number.

    Attributes:
        pictures: all slices and masks in one ZIP; None for what was read before there was one.
        slices: an object each, with `masks` and `overlays`; None since there is `pictures`.
        thumbnail: of the key slice with its discs; None for what was read before there was one.
    """

    pictures: str | None = None
    slices: str | None = None
    masks: str | None = None
    overlays: str | None = None
    segmentation: str
    prediction: str
    thumbnail: str | None = None


class PictureBytes(Record):
    """Bytes of a ZIP's pictures, which lie in it as they are: slice 0, mask 0, slice 1, mask 1, …

    Attributes:
        starts: the first byte of each picture.
        sizes: how many there are.
    """

    starts: list[int]
    sizes: list[int]


class SlicesInPatient(Record):
    """Place of the slices as shown in the patient: LPS, in mm.

    Attributes:
        origin_mm: the middle of the first slice's upper left pixel.
        right_mm: the step from a pixel to the one on its right in the picture.
        down_mm: the step from a pixel to the one below it.
        next_slice_mm: the step from a slice to the next.
    """

    origin_mm: Point
    right_mm: Point
    down_mm: Point
    next_slice_mm: Point


class Prediction(Record):
    """`scans/{scanId}/predictions/{modelVersion}`: what one model read; never changed.

    Attributes:
        herniation_threshold: the model's own; a disc is herniated from this probability on.
        pixel_mm: width of a pixel of the slices as shown; None where the scan has no spacing, and
            in predictions of earlier versions.
        place: of the slices as shown; None where the scan knows no patient coordinates, and in
            predictions of earlier versions.
        picture_bytes: of `artifacts.pictures`, so that a page can ask for one slice of it; None
            where there is no such file.
        lordosis_deg: as in `discai.reading.Reading`; None also in predictions of earlier versions.
        lateral_curve: in the same way.
        windows: of the slices, which hold all greys of the scan; None in predictions of earlier
            versions, whose slices hold 8 bits as they were shown.
    """

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
    herniation_threshold: float = Field(default=0.5, ge=0, le=1)
    pixel_mm: float | None = None
    place: SlicesInPatient | None = None
    picture_bytes: PictureBytes | None = None
    lordosis_deg: float | None = None
    lateral_curve: LateralCurve | None = None
    windows: Windows | None = None


class LabelledBox(Record):
    """One disc as a reviewer left it, in pixels of the slice as shown.

    Attributes:
        judged: by the reviewer: the model's box and answer `confirmed`, either of them `changed`,
            a box `added`, or `unseen`: left as the model had it, which is no answer of a person.
            None in labels of earlier versions: see `discai.records.verdict.is_judged`.
    """

    x: FiniteFloat = Field(ge=0)
    y: FiniteFloat = Field(ge=0)
    width: FiniteFloat = Field(gt=0)
    height: FiniteFloat = Field(gt=0)
    level: Level
    herniation: bool
    judged: Judged | None = Field(default=None, exclude_if=lambda judged: judged is None)


#: The largest file that is taken as one scan.
SCAN_MAX_BYTES: Final = 2 * 2**30

#: What one label may hold by Firestore's rules; a reviewer's save of more is labels of one moment.
LABEL_MAX_BOXES: Final = 24
#: Boxes of one that has gradings, too.
LABEL_MAX_BOXES_GRADED: Final = 18
LABEL_MAX_SLICES: Final = 8

SliceNumber = Annotated[
    str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,3})$"), WithJsonSchema({"type": "string"})
]


class Label(Record):
    """`scans/{scanId}/labels/{labelId}`: what one reviewer saved; never changed.

    A save of more than a label may hold is several, written in one batch: those of one author,
    kind and moment count as one.

    Attributes:
        kind: `correction` of the boxes, or `acceptance` of the prediction as it is.
        slices: by slice number, the boxes of the key slice and of each other slice that was
            edited; an empty list says that no disc is to be seen there.
        gradings: by the level that the reviewer gave the disc, those that they confirmed or
            changed; absent in documents where they did so to none.
        author: the reviewer's uid.
        created_at: the server's time.
        model_version: whose prediction the reviewer looked at.
    """

    kind: LabelKind
    slices: dict[SliceNumber, list[LabelledBox]] = Field(min_length=1)
    gradings: dict[Level, LabelledGradings] = Field(
        default_factory=dict, exclude_if=lambda gradings: not gradings
    )
    author: str
    author_email: str
    created_at: datetime
    model_version: str


class HandledLabels(Record):
    """`scans/{scanId}/handled/labels`: up to which label a scan's were exported and stamped.

    Attributes:
        until: the database's moment of writing the newest of them; whatever it wrote before is
            among them, so the events of those have nothing left to do.
    """

    until: datetime


class Event(Record):
    """`scans/{scanId}/events/{eventId}`: one line of the case's timeline."""

    kind: Literal[
        "queued",
        "claimed",
        "done",
        "split",
        "failed",
        "dead",
        "retried",
        "handed-back",
        "corrected",
        "accepted",
        "used-in-run",
        "refused-in-run",
        "read-again",
    ]
    at: datetime
    by: str
    message: str = ""


class InferenceRequest(Record):
    """The message on `inference-requests`: which scan to read, at which generation.

    Attributes:
        read_again_with: the model version that shall read a scan which another one has read, as
            `models/{modelVersion}/rereads/{scanId}` has noted.
    """

    scan_id: str
    bucket: str
    name: str
    generation: int
    read_again_with: str | None = None


class Forgotten(Record):
    """`forgotten/{scanId}`: when `discai forget` began to remove the scan, which stays gone."""

    at: datetime


class Reviewer(Record):
    """`reviewers/{email}`: who may look and label; nobody else reads or writes anything."""

    role: Literal["reviewer", "admin"]
