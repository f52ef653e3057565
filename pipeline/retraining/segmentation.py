"""Production's segmentation network, fine-tuned on what reviewers have drawn.

A corrected box says less than an outline, so it is a weak label. On a slice that a reviewer
corrected:

- inside a box, production's outline of the disc that fills most of it, clipped to the box, is
  disc, and the rest is not; where production is unsure nothing is known;
- inside a box in which production outlines nothing, a reviewer has drawn a disc that it misses: the
  middle of the box is disc, and of the rest nothing is known;
- between and above the boxes, within their common frame, there is no disc, but for a rim around
  each box: nobody draws to the millimetre;
- the L5-S1 channel is the disc in the box of that level, and nothing elsewhere; where two boxes of
  a slice claim to be it, as label files can, neither is believed;
- everything else is unknown, vertebrae and canal too, and weighs nothing in the loss.

Most of a batch comes from the original dataset's outlines and, for its mid-slices, production's
own where they can be believed (`pipeline.training.pseudo_labels`): the network shall not forget.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.manifest import Manifest
from discai.pictures.rendering import shape_as_shown
from discai.records.scans import LabelledBox
from discai.scan import Scan
from discai.segmentation.grid import PIXEL_MM
from discai.segmentation.network import compiled, load, save
from discai.segmentation.signature import SegmentSlice
from discai.spine.outline import Outline, outline_spine
from pipeline.data.examples import UNKNOWN, Example, Source, Subset
from pipeline.data.folder import DataFolder
from pipeline.data.spider import Spider
from pipeline.data.splits import pixel_digest
from pipeline.retraining.preparation import ReadScan, parts_of
from pipeline.retraining.snapshot import LabelledScan
from pipeline.retraining.training_logs import TrainingLogs
from pipeline.training.progress import Progress
from pipeline.training.pseudo_labels import DISC, L5S1, UNCERTAIN, pseudo_examples
from pipeline.training.segmentation import Stage, dice, train_stage

#: Around a box this much is neither disc nor background.
RIM_MM: Final = 2.0
#: A box that production outlines less of shows a disc that it doesn't see.
LEAST_FILLED: Final = 0.05
#: Of a missed disc's box this part, across and down, is disc however the disc slants: of one at 30
#: degrees, 35 mm long and 10 mm thick, the box is 26 mm high.
CORE: Final = 0.4
#: A fifth of the rate that the network was made with: it should move, not start from nothing.
LEARNING_RATE: Final = 2e-4
SHARES: Final[Mapping[Source, float]] = {
    "space": 0.35, "level-mask": 0.1, "mid-slice": 0.25, "corrected": 0.3,
}  # fmt: skip
CHECKPOINT_STEPS: Final = 100
#: Outlined slices over which the curve of the Dice is taken.
FOLLOWED: Final = 40

OutlineScan = Callable[[Scan], Outline]
"""Outlines a scan with production's network; raises `PermanentError`."""


def retrain(
    network_file: Path,
    examples: Sequence[Example],
    followed: Sequence[Example],
    steps: int,
    progress: Progress,
    logs: TrainingLogs,
) -> Path:
    """Fine-tunes the network of a `.keras` file; returns that of the new one.

    Args:
        followed: whose Dice is logged at each checkpoint.
        progress: of the same training, if it was broken off; it goes on from its last checkpoint.
    """
    stage = Stage(
        "retraining",
        steps,
        LEARNING_RATE,
        SHARES,
        false_positive_weight=0.5,
        checkpoint_steps=min(CHECKPOINT_STEPS, steps),
    )
    progress.folder.mkdir(parents=True, exist_ok=True)

    def train(path: Path) -> None:
        network = load(network_file, "mixed_bfloat16")

        def checkpoint(step: int, loss: float) -> None:
            progress.keep(f"{stage.name}.weights.h5")
            reached = dice(compiled(network), followed[:FOLLOWED])
            dice_of = {f"dice {channel}": value for channel, value in reached.items()}
            logs.scalars("segmentation", {"loss": loss, **dice_of}, step)

        train_stage(network, stage, examples, progress.folder, checkpoint)
        save(network, path)

    return progress.file("segmentation.keras", train)


def outlined_examples(spider: Spider, subset: Subset) -> list[Example]:
    """The slices that people have outlined."""
    return spider.space_examples(subset) + spider.level_mask_examples(subset)


def original_examples(data: DataFolder, segment: SegmentSlice) -> list[Example]:
    """Examples of the original dataset's training patients: outlined and believed slices."""
    believed = pseudo_examples(segment, data.mid_slices("train"))
    return outlined_examples(data.spider, "train") + believed


def outliner(segment: SegmentSlice, manifest: Manifest) -> OutlineScan:
    """Outlines scans with the network of a model."""
    return lambda scan: outline_spine(
        scan, segment, manifest.thresholds, lambda _done, _total: None
    )


def corrected_examples(
    scans: Sequence[LabelledScan], read: ReadScan, outline: OutlineScan, frozen: frozenset[str]
) -> list[Example]:
    """The corrected slices of all scans that may train; `frozen` are pixels that must not.

    Nor must what is of a patient who is held out. Scans that can't be read or outlined are left
    out: the report beside the dataset names them. All are read once to know their pixels, and those
    that train once more: their voxels together may not find room in memory.
    """
    corrected = [labelled for labelled in scans if labelled.source == "correction"]
    digests = {
        labelled.scan_id: pixel_digest(scan.voxels) for labelled, scan in _readable(corrected, read)
    }
    parts = parts_of(scans, digests, frozen)
    trained = [each for each in corrected if each.scan_id in parts]
    trained = [each for each in trained if parts[each.scan_id].use == "train"]
    examples = []
    for labelled, scan in _readable(trained, read):
        try:
            outlined = outline(scan)
        except PermanentError:
            continue
        examples += weak_examples(labelled, scan, outlined, parts[labelled.scan_id].patient)
    return examples


def weak_examples(
    labelled: LabelledScan, scan: Scan, outline: Outline, patient: int
) -> list[Example]:
    """An example for each slice on which a reviewer's boxes lie."""
    height, width = shape_as_shown(scan)
    count, rows, columns = scan.voxels.shape
    scale = (outline.grid.scale[0] * rows / height, outline.grid.scale[1] * columns / width)
    examples = []
    for number, boxes in labelled.slices.items():
        if not boxes or number >= count:
            continue
        index = count - 1 - number if 0 in outline.flips else number
        drawn = [
            (box.level, _on_network(box, scale, (height, width), outline.flips)) for box in boxes
        ]
        examples.append(
            Example(
                name=f"{labelled.scan_id} slice {number}",
                patient=patient,
                source="corrected",
                image=outline.images[index],
                target=weak_target(outline.probabilities[index], drawn, teach_missed=True),
            )
        )
    return examples


def weak_target(
    probabilities: NDArray[np.float32],
    drawn: Sequence[tuple[str, NDArray[np.int64]]],
    *,
    teach_missed: bool = False,
) -> NDArray[np.uint8]:
    """The target `(row, column, channel)` of one slice on the network's grid.

    `drawn` are levels and boxes `(top, left, bottom, right)`, `probabilities` are production's.
    With `teach_missed` the middle of a box in which production outlines nothing is disc.
    """
    target = np.full(probabilities.shape, UNKNOWN, np.uint8)
    boxes = np.array([box for _, box in drawn])
    (top, left), (bottom, right) = boxes[:, :2].min(0), boxes[:, 2:].max(0)
    target[top:bottom, left:right, [DISC, L5S1]] = 0
    rim = round(RIM_MM / PIXEL_MM)
    for top, left, bottom, right in boxes:
        around = np.s_[max(0, top - rim) : bottom + rim, max(0, left - rim) : right + rim]
        target[around][..., [DISC, L5S1]] = UNKNOWN
    claims = sum(level == "L5-S1" for level, _ in drawn)
    for level, (top, left, bottom, right) in drawn:
        inside = np.s_[top:bottom, left:right]
        disc = _disc_in(probabilities[inside][..., DISC])
        if teach_missed and (disc == UNKNOWN).all():
            disc = _middle_of(disc.shape)
        target[inside][..., DISC] = disc
        # A disc of another level is not an L5-S1 disc, seen or not.
        named = disc if claims == 1 else UNKNOWN
        target[inside][..., L5S1] = named if level == "L5-S1" else 0
    return target


def _readable(scans: Sequence[LabelledScan], read: ReadScan) -> Iterator[tuple[LabelledScan, Scan]]:
    for labelled in scans:
        try:
            scan = read(labelled)
        except PermanentError:
            continue
        yield labelled, scan


def _disc_in(probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Weak outline of the disc inside a box, from production's probabilities there."""
    low, high = UNCERTAIN
    outlined = (probabilities >= (low + high) / 2).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(outlined)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if not areas.size or areas.max() < LEAST_FILLED * outlined.size:
        return np.full(outlined.shape, UNKNOWN, np.uint8)
    disc = np.asarray(labels == 1 + areas.argmax(), np.uint8)
    disc[(probabilities > low) & (probabilities < high)] = UNKNOWN
    return disc


def _middle_of(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Weak outline of a disc that nothing is known of but its box: an ellipse in its middle."""
    rows, columns = (np.linspace(-1, 1, size) for size in shape)
    inside = (rows[:, None] / CORE) ** 2 + (columns[None, :] / CORE) ** 2 <= 1
    return np.where(inside, 1, UNKNOWN).astype(np.uint8)


def _on_network(
    box: LabelledBox, scale: tuple[float, float], shown: tuple[int, int], flips: tuple[int, ...]
) -> NDArray[np.int64]:
    """A reviewer's box as `(top, left, bottom, right)` of network pixels."""
    rows, columns = (box.y, box.y + box.height), (box.x, box.x + box.width)
    if 1 in flips:
        rows = (shown[0] - rows[1], shown[0] - rows[0])
    if 2 in flips:
        columns = (shown[1] - columns[1], shown[1] - columns[0])
    corners = np.array([rows, columns]).T * np.array(scale)
    return np.asarray(np.maximum(corners.round(), 0), np.int64).ravel()
