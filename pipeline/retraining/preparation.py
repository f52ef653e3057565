"""Step two of retraining: crops of the discs that reviewers have judged, beside the original ones.

A reviewer's box names a disc of the production model's outlines: the one whose own box on that
slice it overlaps most. The crops are those that serving would cut of that disc, the label is the
reviewer's level and finding. What can't be used is left out with its reason.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pandas as pd

from discai.anatomy import Level
from discai.cloud import paths
from discai.cloud.objects import ObjectStore
from discai.cloud.opening import fetch, read_fetched
from discai.errors import PermanentError
from discai.herniation.crops import Crop
from discai.pictures.rendering import shape_as_shown
from discai.predictor import Predictor
from discai.reading import CornerBox
from discai.records.gradings import UNGRADED
from discai.records.models import Dataset
from discai.records.scans import SAME_DISC, Box, LabelledBox
from discai.records.verdict import is_judged
from discai.scan import Scan, read_scan
from pipeline.data.splits import Part, divide, pixel_digest
from pipeline.retraining.crop_dataset import DatasetCrop
from pipeline.retraining.snapshot import LabelledScan, Refused
from pipeline.training.crops import LabelledCrop

#: What a scan is called whose sequence is unknown: uploads don't say.
UPLOADED: Final = "uploaded"


_REPORT_NAME: Final = "refused.csv"
_REPORT_COLUMNS: Final = ["scan", "reason", "advice"]

#: Why a scan has no part in the dataset.
_NO_PART: Final = {
    "evaluation-set": "The scan belongs to the evaluation set, or its patient does.",
    "copy-kept-back": "A copy of the scan is kept from training.",
    "patient-kept-back": "Another scan of the patient is kept from training.",
}


@dataclass(frozen=True)
class OutlinedDisc:
    """One disc of a scan as the production model outlines it.

    Attributes:
        boxes: by slice, in pixels of the slice as shown.
        crops: by slice, around the midline.
    """

    boxes: dict[int, CornerBox]
    crops: dict[int, Crop]


@dataclass(frozen=True)
class ScanDiscs:
    """The discs of a labelled scan, and what its pixels are known by."""

    discs: list[OutlinedDisc]
    width: int
    height: int
    pixel_digest: str


ReadScan = Callable[[LabelledScan], Scan]
"""Reads the file of a labelled scan; raises `PermanentError`."""

ReadDiscs = Callable[[LabelledScan], ScanDiscs]
"""Outlines the discs of a labelled scan; raises `PermanentError` if it can't be read."""


def corrected_crops(
    scans: Sequence[LabelledScan], read: ReadDiscs, frozen: frozenset[str]
) -> tuple[list[DatasetCrop], list[Refused]]:
    """The crops of all labelled scans; `frozen` are the pixel digests that must not train.

    Copies of one scan, as two uploads leave them, each keep what was said of them, and are one
    patient, as are the series and studies of one. If one of the copies is held out, the others are
    left out: they show the same discs. What else is of that patient doesn't train either.
    """
    readable: list[tuple[LabelledScan, ScanDiscs]] = []
    refused: list[Refused] = []
    for scan in scans:
        try:
            readable.append((scan, read(scan)))
        except PermanentError as error:
            refused.append(Refused.because(scan.scan_id, error))
    parts = parts_of(scans, {scan.scan_id: discs.pixel_digest for scan, discs in readable}, frozen)
    crops: list[DatasetCrop] = []
    for scan, discs in readable:
        part = parts[scan.scan_id]
        if part.use in _NO_PART:
            why = PermanentError(part.use, _NO_PART[part.use])
            refused.append(Refused.because(scan.scan_id, why))
        else:
            found, unused = _crops_of(scan, discs, part)
            crops += found
            refused += unused
    return crops, refused


def parts_of(
    scans: Iterable[LabelledScan], digests: Mapping[str, str], frozen: frozenset[str]
) -> dict[str, Part]:
    """The part of each labelled scan whose pixels are known, by its id."""
    scans = list(scans)
    return divide({scan.scan_id: scan.keys for scan in scans}, corrected_at(scans), digests, frozen)


def scan_reader(objects: ObjectStore, results_bucket: str) -> ReadScan:
    """Reads the uploaded files of labelled scans, as long as they are kept.

    Of scans that lie in an archive, which no run has access to, the worker has kept the voxels.
    """

    def read(labelled: LabelledScan) -> Scan:
        objects.require_live(labelled.object)
        with tempfile.TemporaryDirectory() as folder:
            if not paths.is_archived(labelled.object.name):
                return read_fetched(fetch(objects, labelled.object, Path(folder)))
            kept = Path(folder, "scan.mha")
            kept.write_bytes(objects.read(results_bucket, paths.kept_scan(labelled.scan_id)))
            return read_scan(kept)

    return read


def reader(objects: ObjectStore, results_bucket: str, predictor: Predictor) -> ReadDiscs:
    """Finds the discs of labelled scans with a model."""
    read = scan_reader(objects, results_bucket)
    return lambda labelled: find_discs(read(labelled), predictor)


def find_discs(scan: Scan, predictor: Predictor) -> ScanDiscs:
    """The lumbar discs of a scan as the model that serves finds them."""
    reading = predictor.read(scan)
    _, rows, columns = scan.voxels.shape
    height, width = shape_as_shown(scan)
    scale = (width / columns, height / rows)
    discs = [OutlinedDisc(_shown(disc.boxes, scale), disc.crops) for disc in reading.discs]
    return ScanDiscs(discs, width, height, pixel_digest(scan.voxels))


def corrected_at(scans: Iterable[LabelledScan]) -> dict[str, datetime]:
    """The moment of the last label of each corrected scan, by the scan's id."""
    return {scan.scan_id: scan.labelled_at for scan in scans if scan.source == "correction"}


def describe(digest: str, crops: Sequence[DatasetCrop], refused: Sequence[Refused]) -> Dataset:
    """The dataset as the run's record has it.

    Counts of discs whose answer somebody has given, but for `scans` and `crops`, which are all.
    """
    discs = {(crop.crop.series, crop.crop.level): crop for crop in crops if crop.answered}
    sources = [crop.source for crop in discs.values()]
    return Dataset(
        digest=digest,
        scans=len({crop.crop.series for crop in crops}),
        patients=len({crop.crop.patient for crop in crops}),
        crops=len(crops),
        herniated=sum(crop.crop.herniation for crop in discs.values()),
        from_corrections=sources.count("correction"),
        from_acceptances=sources.count("acceptance"),
        original=sources.count("original"),
        refused=len(refused),
    )


def write_report(folder: Path, refused: Sequence[Refused]) -> None:
    """Write beside the dataset what was left out and why."""
    rows = [(each.scan_id, each.reason, each.advice) for each in refused]
    pd.DataFrame(rows, columns=_REPORT_COLUMNS).to_csv(folder / _REPORT_NAME, index=False)


def read_report(folder: Path) -> list[Refused]:
    """Read back what was written beside a dataset; nothing where there is no report."""
    path = folder / _REPORT_NAME
    if not path.exists():
        return []
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return [Refused(*row) for row in table.reindex(columns=_REPORT_COLUMNS, fill_value="").values]


def _crops_of(
    scan: LabelledScan, discs: ScanDiscs, part: Part
) -> tuple[list[DatasetCrop], list[Refused]]:
    crops: list[DatasetCrop] = []
    refused: list[Refused] = []
    # Several slices may show one disc: it is herniated if it is so on any of them.
    verdicts: dict[int, list[LabelledBox]] = {}
    for number, boxes in scan.slices.items():
        for box in boxes:
            try:
                verdicts.setdefault(_disc_of(box, number, discs), []).append(box)
            except PermanentError as error:
                refused.append(Refused.because(scan.scan_id, error))
    for index, said in verdicts.items():
        try:
            level = _level_of(index, verdicts)
        except PermanentError as error:
            refused.append(Refused.because(scan.scan_id, error))
            continue
        answers = [box for box in said if is_judged(box, scan.source)]
        herniation = any(box.herniation for box in answers or said)
        for slice_number, pixels in discs.discs[index].crops.items():
            label = LabelledCrop(
                series=scan.scan_id,
                patient=part.patient,
                sequence=UPLOADED,
                slice=slice_number,
                level=level,
                herniation=herniation,
                pixels=pixels,
                gradings=scan.gradings.get(level, UNGRADED),
            )
            crops.append(
                DatasetCrop(
                    label,
                    scan.source,
                    part.use == "held-out",
                    tuple(scan.authors),
                    said[0],
                    bool(answers),
                )
            )
    return crops, refused


def _disc_of(box: LabelledBox, number: int, discs: ScanDiscs) -> int:
    """The index of the disc that a reviewer's box on a slice means."""
    if box.x + box.width > discs.width + 1 or box.y + box.height > discs.height + 1:
        raise PermanentError("out-of-bounds", f"The box of {box.level} reaches outside the slice.")
    drawn = Box(x=box.x, y=box.y, width=box.width, height=box.height)
    overlaps = [
        (drawn.overlap(_box(disc.boxes[number])), index)
        for index, disc in enumerate(discs.discs)
        if number in disc.boxes and disc.crops
    ]
    best, index = max(overlaps, default=(0.0, -1))
    if best < SAME_DISC:
        raise PermanentError(
            "no-outline", f"The model outlines no disc where {box.level} was drawn."
        )
    return index


def _level_of(index: int, verdicts: dict[int, list[LabelledBox]]) -> Level:
    """The one level that was given to a disc and to no other; `verdicts` are boxes by disc."""
    levels = {box.level for box in verdicts[index]}
    if len(levels) > 1:
        raise PermanentError("two-levels", "Two levels were given to one disc.")
    elsewhere = {box.level for other, said in verdicts.items() if other != index for box in said}
    if shared := levels & elsewhere:
        raise PermanentError("two-discs", f"{shared.pop()} was given to more than one disc.")
    return levels.pop()


def _box(corners: CornerBox) -> Box:
    x0, y0, x1, y1 = corners
    return Box(x=x0, y=y0, width=x1 - x0, height=y1 - y0)


def _shown(boxes: dict[int, CornerBox], scale: tuple[float, float]) -> dict[int, CornerBox]:
    column, row = scale
    return {
        number: (x0 * column, y0 * row, x1 * column, y1 * row)
        for number, (x0, y0, x1, y1) in boxes.items()
    }
