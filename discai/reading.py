"""`Reading`: what a model saw in a scan, on the canonical grid, before anybody serialises it."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

CornerBox = tuple[float, float, float, float]
"""`(x0, y0, x1, y1)` in pixels of a slice; x1 and y1 are exclusive. A record's `Box` has sizes."""


Side = Literal["left", "central", "right"]
"""The patient's side of a disc's midline."""


class SliceQuantities(BaseModel):
    """Quantities of one disc on one slice; `docs/quantities.md` defines them.

    None is what can't be measured; lengths are None too where the scan has no spacing.

    Attributes:
        height_index: mean of the three heights by the depth of the bodies beside the disc.
        length_ratio: length by the same depth.
        bulge_mm: how far the disc reaches behind the line of the back walls, 0 or more.
        canal_depth_mm: front to back, along the disc's own axis, in the plane of the disc.
        narrowest_canal_mm: the least such depth within the disc's height.
        slip_mm: of the upper body over the lower one, positive to the front.
        slip_percent: slip by the depth of the lower body.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    anterior_height_mm: float | None = None
    middle_height_mm: float | None = None
    posterior_height_mm: float | None = None
    height_index: float | None = None
    length_mm: float | None = None
    length_ratio: float | None = None
    bulge_mm: float | None = None
    canal_depth_mm: float | None = None
    narrowest_canal_mm: float | None = None
    slip_mm: float | None = None
    slip_percent: float | None = None


class WholeDiscQuantities(SliceQuantities):
    """Quantities of one disc: medians over slices around its midline, and the greatest bulge.

    Attributes:
        bulge_slice: canonical slice of the greatest bulge; None where there is no bulge.
        bulge_side: the patient's side on which it lies; None where the scan doesn't tell sides.
        meyerding_grade: 0 for no forward slip, to 5.
        volume_mm3: None unless the slices cover the whole disc.
    """

    bulge_slice: int | None = None
    bulge_side: Side | None = None
    meyerding_grade: int | None = None
    volume_mm3: float | None = None


class DiscQuantities(WholeDiscQuantities):
    """Quantities of one disc, and what each slice says of it.

    Attributes:
        slices: by canonical slice, each that shows the disc.
    """

    slices: dict[int, SliceQuantities] = {}


RangedName = Literal["bulge_mm", "narrowest_canal_mm", "middle_height_mm", "height_index"]
"""The quantities of `WholeDiscQuantities` that have a usual range."""


class RangedQuantity(BaseModel):
    """A quantity of a disc beside its usual range: one end, as the other says nothing here.

    Attributes:
        usual_low: nine of ten discs that radiologists don't call herniated have no less.
        usual_high: they have no more.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    name: RangedName
    value: float
    usual_low: float | None = None
    usual_high: float | None = None


class Cause(BaseModel):
    """Something that a disc's probability of herniation comes from.

    Attributes:
        name: `protrusion` is what lies behind the line of the back walls, `dent` what lies in front
            of the canal where its front would run straight.
        without: the probability that the same model gives once this is taken away.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    name: Literal["protrusion", "dent"]
    without: float


class ClosedLine(BaseModel):
    """A closed line in a slice.

    Attributes:
        points: x and y of each in turn, in pixels from the slice's upper left corner.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    points: list[float]


class BackWalls(BaseModel):
    """The line of the back walls beside a disc on one slice, and the disc's tissue behind it.

    Attributes:
        slice: the slice's number.
        line: x and y of its upper and of its lower end, as `ClosedLine.points`.
        tissue: empty where nothing lies behind it.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    slice: int
    line: list[float]
    tissue: list[ClosedLine]


class Reason(BaseModel):
    """The reason for a disc's probability of herniation; `docs/quantities.md` says how it is found.

    Attributes:
        text: the same in words, a sentence or more.
        causes: those that raise the probability by 0.05 or more, the greatest first.
        measured: empty without a usual range; without spacing ratios alone.
        back_walls: on the slices that the probability was read from and that of the greatest bulge,
            as far as the line is seen there.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    text: str
    causes: list[Cause]
    measured: list[RangedQuantity]
    back_walls: list[BackWalls]


class PfirrmannGrading(BaseModel):
    """Degeneration of a disc, 1 (none) to 5, as Pfirrmann et al. define it, Spine 26:1873 (2001).

    Attributes:
        grade: the one that the model finds; the middle of its probabilities.
        probabilities: of the grades from 1 to 5; they add up to 1.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    grade: int = Field(ge=1, le=5)
    probabilities: list[float] = Field(min_length=5, max_length=5)


class GradedFinding(BaseModel):
    """A finding that a disc has or not.

    Attributes:
        probability: calibrated, 0 to 1.
        present: whether it is as high as the threshold of the model that gave it.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    probability: float = Field(ge=0, le=1)
    present: bool


class Gradings(BaseModel):
    """Gradings of one disc beside its herniation, as SPIDER's radiologist understood them.

    Attributes:
        narrowing: of the disc space.
        spondylolisthesis: of the body above.
        modic: Modic changes of any type in the endplates beside the disc.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    pfirrmann: PfirrmannGrading
    narrowing: GradedFinding
    bulging: GradedFinding
    spondylolisthesis: GradedFinding
    modic: GradedFinding


class LateralCurve(BaseModel):
    """Curve of the lumbar spine to one side; `discai.quantities.curve` measures it.

    Attributes:
        offset_mm: the farthest that a disc's centre lies beside the line from the highest disc to
            the lowest.
        arc_deg: the angle of the arc of a circle with this height.
        level: of that disc; None where nothing suggests scoliosis, as `side` is.
        side: to which the spine is bent; None also where the scan doesn't tell sides.
        suggests_scoliosis: whether the arc is one of 10 degrees or more, and higher than the
            distance of two slices.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)

    offset_mm: float
    arc_deg: float
    level: str | None
    side: Literal["left", "right"] | None
    suggests_scoliosis: bool


@dataclass(frozen=True)
class DiscReading:
    """One disc as read.

    Attributes:
        level: as in `discai.anatomy.LEVELS_FROM_SACRUM`.
        herniation: calibrated probability of herniation (bulging is not herniation), 0 to 1.
        slice: canonical slice on which the disc is read best.
        boxes: its box on every slice that shows it.
        confidence: how sure the segmentation is that this is a disc, 0 to 1.
        volume_mm3: None where the scan has no spacing.
        crops: the pictures that its probability was read from, as `discai.herniation.crops` cuts
            them, by slice of the scan as it lay for reading.
        quantities: None where nobody measured any.
        reason: None where nobody asked for one.
        gradings: None where the model gives none.
    """

    level: str
    herniation: float
    slice: int
    boxes: dict[int, CornerBox]
    confidence: float
    volume_mm3: float | None
    crops: dict[int, NDArray[np.uint8]] = field(default_factory=dict, repr=False, compare=False)
    quantities: DiscQuantities | None = None
    reason: Reason | None = None
    gradings: Gradings | None = None

    @property
    def box(self) -> CornerBox:
        """The box on the slice on which the disc is read best."""
        return self.boxes[self.slice]


@dataclass(frozen=True)
class Reading:
    """Everything that one model says about one scan.

    Attributes:
        segmentation: uint8 `(slice, row, column)`, values as in `discai.anatomy`.
        discs: lumbar discs from the head down.
        warnings: sentences for a person (odd anatomy, low confidence).
        seconds: per step: read, segment, classify.
        key_slice: the canonical slice to open first.
        device: what ran the networks, such as `cpu, openvino 2026.4.1 f32`.
        lordosis_deg: Cobb angle from the upper endplate of L1 to the lower one of L5; None where
            one of them can't be measured.
        lateral_curve: None without spacing, and where the slices don't cover four discs.
    """

    model_version: str
    model_digest: str
    segmentation: NDArray[np.uint8]
    discs: tuple[DiscReading, ...]
    warnings: tuple[str, ...]
    seconds: dict[str, float]
    key_slice: int
    device: str
    lordosis_deg: float | None = None
    lateral_curve: LateralCurve | None = None
