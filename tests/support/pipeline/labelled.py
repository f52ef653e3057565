"""Labelled scans and their discs, drawn by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from discai.herniation.crops import CROP_SHAPE
from discai.records.scans import LabelledBox, StoredObject
from pipeline.data.splits import pixel_digest
from pipeline.retraining.preparation import OutlinedDisc, ScanDiscs
from pipeline.retraining.snapshot import LabelledScan

START = datetime(2026, 1, 1, tzinfo=UTC)
#: As outlined: L4-L5 above L5-S1, on slices 7 to 9.
DISCS = {"L4-L5": (20.0, 40.0, 60.0, 50.0), "L5-S1": (22.0, 80.0, 62.0, 92.0)}


def discs(pixels: int = 0) -> ScanDiscs:
    crops = {number: np.full(CROP_SHAPE, number, np.uint8) for number in (7, 8, 9)}
    found = [OutlinedDisc(dict.fromkeys((7, 8, 9), box), crops) for box in DISCS.values()]
    return ScanDiscs(found, 100, 120, pixel_digest(np.full((17, 8, 8), pixels)))


def discs_of_its_own(labelled: LabelledScan) -> ScanDiscs:
    """Each scan has its pixels; `A` is a copy of `a`."""
    return discs(pixels=ord(labelled.scan_id[0].lower()))


def drawn(
    level: str, herniation: bool = False, around: str | None = None, **change: Any
) -> LabelledBox:
    """A reviewer's box, two pixels off the outline of a disc (by default that of its level)."""
    x0, y0, x1, y1 = DISCS[around or level]
    place: dict[str, Any] = {"x": x0 + 2, "y": y0 - 2, "width": x1 - x0, "height": y1 - y0}
    return LabelledBox.model_validate({"level": level, "herniation": herniation, **place, **change})


def scan(
    *boxes: LabelledBox,
    name: str = "a",
    minute: int = 0,
    slices: dict[int, list[LabelledBox]] | None = None,
) -> LabelledScan:
    return LabelledScan(
        scan_id=name * 26,
        object=StoredObject(bucket="uploads", name=f"{name}.mha", generation=1, size=1),
        model_version="2026-11-24a",
        source="correction",
        authors=["0123456789ab"],
        labelled_at=START + timedelta(minutes=minute),
        slices=slices or {8: list(boxes)},
    )
