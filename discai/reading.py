"""`Reading`: what a model saw in a scan, on the canonical grid, before anybody serialises it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

CornerBox = tuple[float, float, float, float]
"""`(x0, y0, x1, y1)` in pixels of a slice; x1 and y1 are exclusive. A record's `Box` has sizes."""


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
    """

    level: str
    herniation: float
    slice: int
    boxes: dict[int, CornerBox]
    confidence: float
    volume_mm3: float | None
    crops: dict[int, NDArray[np.uint8]] = field(default_factory=dict, repr=False, compare=False)

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
    """

    model_version: str
    model_digest: str
    segmentation: NDArray[np.uint8]
    discs: tuple[DiscReading, ...]
    warnings: tuple[str, ...]
    seconds: dict[str, float]
    key_slice: int
    device: str
