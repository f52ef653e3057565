"""`Reading`: what a model saw in a scan, on the canonical grid, before anybody serialises it."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
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
    """

    level: str
    herniation: float
    slice: int
    boxes: dict[int, CornerBox]
    confidence: float
    volume_mm3: float | None
    crops: dict[int, NDArray[np.uint8]] = field(default_factory=dict, repr=False, compare=False)
    quantities: DiscQuantities | None = None

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
