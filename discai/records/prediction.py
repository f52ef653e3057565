"""`prediction.json`, as programs read it: what `discai serve` describes of its answer.

`discai.pictures.output.prediction_json` makes it; a test holds the two together. Slices, boxes and
points are counted in the scan's file.
"""

from pydantic import Field

from discai.anatomy import Level
from discai.reading import Gradings, LateralCurve, Reason, SliceQuantities, WholeDiscQuantities
from discai.records.record import Record
from discai.records.study import Point


class PredictedScan(Record):
    """Layout of the scan's file."""

    shape: list[int] = Field(description="Of the array, its slowest axis first.")
    spacing_mm: list[float] | None = Field(description="Along the same axes; null for pictures.")
    orientation: str = Field(description="Three letters, fastest axis first.")
    key_slice: int = Field(description="The slice to open first.")


class PredictedSliceQuantities(SliceQuantities):
    """Quantities of a disc on one slice; `docs/quantities.md` defines them."""

    slice: int


class PredictedQuantities(WholeDiscQuantities):
    """Quantities of a disc; `docs/quantities.md` defines them."""

    slices: list[PredictedSliceQuantities]


class PredictedDisc(Record):
    """One lumbar disc."""

    level: Level
    herniation: float = Field(ge=0, le=1, description="Calibrated probability of herniation.")
    slice: int = Field(description="On which the disc is read best.")
    box: list[float] = Field(
        min_length=4, max_length=4, description="x0, y0, x1 and y1 in pixels of that slice."
    )
    confidence: float = Field(ge=0, le=1, description="How surely this is a disc.")
    centre_mm: Point | None = Field(description="In patient coordinates (LPS).")
    quantities: PredictedQuantities | None
    reason: Reason | None
    gradings: Gradings | None


class PredictedSpine(Record):
    """Quantities of the whole spine."""

    lordosis_deg: float | None
    lateral_curve: LateralCurve | None


class PredictionFile(Record):
    """Everything that one model says about one scan."""

    model_version: str
    model_digest: str
    device: str
    scan: PredictedScan
    discs: list[PredictedDisc] = Field(description="From the head down.")
    spine: PredictedSpine
    warnings: list[str] = Field(description="Sentences for a person.")
    seconds: dict[str, float] = Field(description="By step.")
