"""Cases to measure: scans of patients that trained nothing, with what is known about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from discai.reading import CornerBox
from discai.scan import Scan, read_scan
from pipeline.data.examples import MidSlice, Subset, Volume
from pipeline.data.scans import mid_slice_scan, volume_scan
from pipeline.data.spider import Spider, read_ivd_volumes
from pipeline.data.sudirman import Sudirman

Kind = Literal["volume", "mid-slice"]

SEQUENCES: Final = ("t1", "t2", "t2_SPACE")


@dataclass(frozen=True)
class Case:
    """A scan and the truth about it; what isn't known is empty.

    Attributes:
        name: unique, as the data folder calls it.
        masks: outlines by structure, bool `(slice, row, column)`.
        lumbar_only: only the discs L1-L2 to L5-S1 are outlined; what else there is isn't known.
        boxes: of the discs, by level.
        herniations: by level whether the radiologist saw a herniation.
    """

    name: str
    patient: int
    kind: Kind
    sequence: str
    manufacturer: str
    scan: Scan
    masks: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    lumbar_only: bool = False
    boxes: Mapping[str, CornerBox] = field(default_factory=dict)
    herniations: Mapping[str, bool] = field(default_factory=dict)


def spider_volumes(spider: Spider, subset: Subset) -> list[Case]:
    """The outlined T2-SPACE volumes of a subset."""
    return [_of_volume(spider, volume) for volume in spider.volumes(subset)]


def mid_slice_cases(
    part: Spider | Sudirman, subset: Subset, sequences: Sequence[str] = SEQUENCES
) -> list[Case]:
    """The usable mid-slices of a subset of one hospital's patients."""
    return [_of_mid_slice(part, mid) for mid in part.mid_slices(subset, sequences)]


def other_scanner_volumes(data: Path) -> list[Case]:
    """Whole T2 volumes of other people from another scanner; lumbar discs are outlined."""
    return [
        Case(
            volume.name,
            volume.patient,
            "volume",
            "t2",
            "another scanner",
            volume_scan(volume),
            masks={"disc": volume.masks["disc"]},
            lumbar_only=True,
        )
        for volume in read_ivd_volumes(data)
    ]


def unlabelled_volumes(data: Path) -> list[Case]:
    """Whole volumes without usable levels: for reading and robustness only."""
    return [
        Case(f"vertebra {path.stem}", 0, "volume", "t2", "another scanner", read_scan(path))
        for path in sorted((data / "vertebra_volumes").glob("*/*.mha"))
        if not path.stem.endswith("_mask")
    ]


def _of_volume(spider: Spider, volume: Volume) -> Case:
    return Case(
        volume.name,
        volume.patient,
        "volume",
        "t2_SPACE",
        spider.manufacturer(f"{volume.patient}_t2_SPACE"),
        volume_scan(volume),
        masks={name: volume.masks[name] for name in ("disc", "vertebra", "canal")},
        herniations=spider.herniations(volume.patient),
    )


def _of_mid_slice(part: Spider | Sudirman, mid: MidSlice) -> Case:
    return Case(
        mid.name,
        mid.patient,
        "mid-slice",
        mid.sequence,
        part.manufacturer(mid.name),
        mid_slice_scan(mid),
        boxes=mid.boxes,
        herniations=part.herniations(mid.patient),
    )
