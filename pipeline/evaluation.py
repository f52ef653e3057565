"""What the model is worth on patients that it never saw, each number with its interval."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from discai.anatomy import CANAL, FIRST_DISC, FIRST_VERTEBRA, LAST_VERTEBRA, LEVELS
from discai.discs import label_components
from discai.errors import PermanentError
from discai.predictor import Predictor
from discai.reading import Reading
from discai.scan import Scan, read_scan
from pipeline.dataset import MidSlice, Spider, Volume, read_ivd_volumes
from pipeline.estimates import STATISTICS, DiscCase, Estimate, estimate_mean, estimate_on_discs
from pipeline.scans import mid_slice_scan, volume_scan, without_spacing
from pipeline.segmentation_metrics import dice

Case = TypeVar("Case", Volume, MidSlice)

#: A disc of a volume is found where this share of its true voxels has its name.
LEAST_COVERED: Final = 0.3
#: Truth components below this share of the largest are crumbs of the outline.
CRUMB_SHARE: Final = 0.05

#: The pictures of `other_planes/` that are axial or coronal; the others are sagittal.
OTHER_PLANES: Final = (
    "train_with_pain_spine_0024",
    "train_with_pain_spine_0048",
    "train_with_pain_spine_0056",
    "train_with_pain_spine_0064",
    "train_without_pain_spine_0002",
    "train_without_pain_spine_0010",
    "train_without_pain_spine_0026",
    "train_without_pain_spine_0058",
    "validation_with_pain_spine_0004",
    "validation_with_pain_spine_0012",
    "validation_without_pain_spine_0006",
)


def evaluate(predictor: Predictor, data: Path) -> dict[str, Any]:
    """Every number of the model card, measured on patients that trained nothing.

    Returns nested dictionaries whose leaves are `Estimate` as dictionaries or counts.
    """
    spider = Spider(data)
    volumes = list(spider.volumes("test"))
    external = list(read_ivd_volumes(data))
    mid_slices = list(spider.mid_slices("test", ("t1", "t2", "t2_SPACE")))
    of_volume = _read_all(predictor, [volume_scan(volume) for volume in volumes], "volumes")
    of_external = _read_all(predictor, [volume_scan(volume) for volume in external], "external")
    scans = [mid_slice_scan(mid) for mid in mid_slices]
    of_mid = _read_all(predictor, scans, "mid-slices")
    of_plain = _read_all(predictor, [without_spacing(scan) for scan in scans], "plain pictures")
    return {
        "dice": {
            channel: asdict(_dice_estimate(volumes, of_volume, channel))
            for channel in ("disc", "vertebra", "canal")
        },
        "dice_other_scanner": {"disc": asdict(_dice_estimate(external, of_external, "disc"))},
        "levels": {
            "volumes": asdict(_level_estimate(volumes, of_volume, _levels_of_volume)),
            "mid_slices": asdict(_level_estimate(mid_slices, of_mid, _levels_of_mid_slice)),
            "plain_pictures": asdict(_level_estimate(mid_slices, of_plain, _levels_of_mid_slice)),
            "other_scanner": asdict(_level_estimate(external, of_external, _levels_of_volume)),
        },
        "herniation": {
            sequence: herniation_estimates(_disc_cases(spider, mid_slices, of_mid, sequence))
            for sequence in ("t2", "t1")
        },
        "refused": _refused(predictor, data),
    }


def herniation_estimates(cases: Sequence[DiscCase]) -> dict[str, Any]:
    """AUROC, average precision and calibration error over discs, with how many are herniated."""
    return {
        "herniated": sum(case.truth for case in cases),
        **{name: asdict(estimate_on_discs(cases, on)) for name, on in STATISTICS.items()},
    }


def _read_all(predictor: Predictor, scans: Sequence[Scan], what: str) -> list[Reading | None]:
    """The reading of each scan, None where it was refused."""
    readings: list[Reading | None] = []
    for scan in tqdm(scans, desc=what):
        try:
            readings.append(predictor.read(scan))
        except PermanentError:
            readings.append(None)
    return readings


def _dice_estimate(
    volumes: Sequence[Volume], readings: Sequence[Reading | None], channel: str
) -> Estimate:
    """Dice of the painted segmentation; a refused volume counts as nothing found."""
    scores = [
        dice(volume.masks[channel], _painted(reading, channel)) if reading else 0.0
        for volume, reading in zip(volumes, readings, strict=True)
    ]
    return estimate_mean([volume.patient for volume in volumes], scores)


def _painted(reading: Reading, channel: str) -> NDArray[np.bool_]:
    values = reading.segmentation
    if channel == "vertebra":
        return (values >= FIRST_VERTEBRA) & (values <= LAST_VERTEBRA)
    return values == CANAL if channel == "canal" else values >= FIRST_DISC


def _level_estimate(
    cases: Sequence[Case],
    readings: Sequence[Reading | None],
    judge: Callable[[Case, Reading | None], list[bool]],
) -> Estimate:
    """The share of lumbar discs that were found and named rightly."""
    patients, right = [], []
    for case, reading in zip(cases, readings, strict=True):
        verdicts = judge(case, reading)
        right += verdicts
        patients += [case.patient] * len(verdicts)
    return estimate_mean(patients, right)


def _levels_of_mid_slice(mid: MidSlice, reading: Reading | None) -> list[bool]:
    """The true boxes have a wide margin: a disc is right if its middle lies in its level's box."""
    found = {disc.level: disc.box for disc in reading.discs} if reading else {}
    return [
        level in found and _middle_is_in(found[level], box)
        for level, box in mid.boxes.items()
        if level in LEVELS
    ]


def _levels_of_volume(volume: Volume, reading: Reading | None) -> list[bool]:
    """SPIDER and the other volumes outline every disc from L5-S1 up: truth is the order."""
    ordered = _components_upward(volume)[: len(LEVELS)]
    return [
        reading is not None
        and float((reading.segmentation[disc] == FIRST_DISC + index).mean()) >= LEAST_COVERED
        for index, disc in enumerate(ordered)
    ]


def _components_upward(volume: Volume) -> list[NDArray[np.bool_]]:
    labels = label_components(volume.masks["disc"].astype(np.float32), 0.5, volume.spacing_mm)
    discs = [labels == label for label in range(1, int(labels.max()) + 1)]
    largest = max(np.count_nonzero(disc) for disc in discs)
    whole = [disc for disc in discs if np.count_nonzero(disc) > CRUMB_SHARE * largest]
    return sorted(whole, key=lambda disc: -np.nonzero(disc)[1].mean())


def _middle_is_in(box: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether a box `(x0, y0, x1, y1)` has its middle in the other."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return other[0] <= x <= other[2] and other[1] <= y <= other[3]


def _disc_cases(
    spider: Spider,
    mid_slices: Sequence[MidSlice],
    readings: Sequence[Reading | None],
    sequence: str,
) -> list[DiscCase]:
    return [
        DiscCase(
            mid.patient, disc.level, spider.herniations(mid.patient)[disc.level], disc.herniation
        )
        for mid, reading in zip(mid_slices, readings, strict=True)
        if reading and mid.sequence == sequence
        for disc in reading.discs
    ]


def _refused(predictor: Predictor, data: Path) -> dict[str, int]:
    """How many axial and coronal pictures are refused, and how many sagittal ones are read."""
    paths = sorted((data / "other_planes").glob("*.png"))
    readings = _read_all(predictor, [read_scan(path) for path in paths], "other planes")
    read = {path.stem: reading is not None for path, reading in zip(paths, readings, strict=True)}
    sagittal = read.keys() - set(OTHER_PLANES)
    return {
        "other_planes": len(OTHER_PLANES),
        "other_planes_refused": sum(not read[name] for name in OTHER_PLANES),
        "sagittal": len(sagittal),
        "sagittal_read": sum(read[name] for name in sagittal),
    }
