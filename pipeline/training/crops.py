"""Crops with labels, cut out of graded or corrected scans, as tables for training."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from tqdm import tqdm

from discai.anatomy import LEVELS
from discai.errors import PermanentError
from discai.herniation.crops import Crop, crop_discs
from discai.herniation.inputs import INPUTS, inputs_of
from discai.herniation.layers import PICTURES, adapt, set_components
from discai.manifest import Thresholds
from discai.records.gradings import UNGRADED, LabelledGradings
from discai.segmentation.signature import SegmentSlice
from discai.spine.outline import outline_spine
from pipeline.data.folder import GradedScan

log = logging.getLogger(__name__)

#: Rows of a table that are judged at a time; the filters of all at once would fill the memory.
ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class LabelledCrop:
    """One disc on one slice with what the radiologist said about the disc.

    Attributes:
        series: such as `12_t2`; crops of one series and level are one disc.
        sequence: `t1`, `t2` or `t2_SPACE`.
        gradings: of the disc, as far as somebody gave them.
    """

    series: str
    patient: int
    sequence: str
    slice: int
    level: str
    herniation: bool
    pixels: Crop
    gradings: LabelledGradings = UNGRADED


@dataclass(frozen=True)
class CropTable:
    """Crops as the network's input, one row each.

    Attributes:
        inputs: by name, as the network has them; planes, which came from 8 bits, in float16.
        labels: 1 for herniated.
        weights: of the row in the loss; a disc weighs the same on however many slices it was cut.
    """

    inputs: dict[str, NDArray[np.float32]]
    labels: NDArray[np.float32]
    weights: NDArray[np.float32]

    def rows(self, indices: NDArray[np.int64]) -> "CropTable":
        """A part of the table."""
        inputs = {name: column[indices] for name, column in self.inputs.items()}
        return CropTable(inputs, self.labels[indices], self.weights[indices])


def by_disc(crops: Sequence[LabelledCrop]) -> list[list[int]]:
    """Positions of the crops of each disc, a disc of each series by itself."""
    found: dict[tuple[str, str], list[int]] = {}
    for index, crop in enumerate(crops):
        found.setdefault((crop.series, crop.level), []).append(index)
    return list(found.values())


def tabulate(crops: Sequence[LabelledCrop], weights: Sequence[float] | None = None) -> CropTable:
    """Measure every crop once; `weights` are those of the crops' discs, 1 without."""
    counts = Counter((crop.series, crop.level) for crop in crops)
    columns = inputs_of([crop.pixels for crop in crops], [crop.level for crop in crops])
    inputs = dict(zip(INPUTS, columns, strict=True))
    return CropTable(
        inputs=inputs | {"planes": inputs["planes"].astype(np.float16)},
        labels=np.array([crop.herniation for crop in crops], np.float32),
        weights=np.array(
            [
                weight / counts[crop.series, crop.level]
                for crop, weight in zip(crops, weights or [1.0] * len(crops), strict=True)
            ],
            np.float32,
        ),
    )


def see_what_is_ordinary(
    network: Any, table: CropTable, components: int, seed: int, prefix: str = ""
) -> None:
    """Set the pictures' components and what is standard, from discs without their labels.

    `prefix` is that of the names of the network's layers.
    """
    adapt(network, f"{prefix}shape", table.inputs["shape"])
    for name in PICTURES:
        pixels = table.inputs[name].reshape(len(table.labels), -1)
        pca = PCA(components, svd_solver="randomized", random_state=seed).fit(pixels)
        set_components(network, f"{prefix}{name}", pca.components_, pca.mean_)
        adapt(network, f"{prefix}{name}", pca.transform(pixels))


def outputs_of(network: Any, table: CropTable) -> NDArray[np.float32]:
    """Outputs of a network of the rows of a table `(row, output)`."""
    columns = [table.inputs[tensor.name] for tensor in network.inputs]
    parts = [
        network([column[start : start + ROWS_AT_ONCE] for column in columns], training=False)
        for start in range(0, len(table.labels), ROWS_AT_ONCE)
    ]
    return np.concatenate([np.asarray(part) for part in parts])


def cut_crops(
    graded: Iterable[GradedScan],
    segment: SegmentSlice,
    thresholds: Thresholds,
) -> list[LabelledCrop]:
    """The crops of the lumbar discs of the scans; SPIDER's radiologist graded thoracic ones, too.

    They are cut with the segmentation network that will serve, because the herniation network has
    to live with its outlines.
    """
    crops = []
    for scan in tqdm([scan for scan in graded if scan.herniations], desc="crops"):
        try:
            outline = outline_spine(scan.scan, segment, thresholds, lambda done, total: None)
        except PermanentError as refusal:
            log.warning("%s left out: %s", scan.series, refusal.message)
            continue
        for disc in crop_discs(outline.images, outline.probabilities, outline.spine):
            if disc.level in LEVELS and disc.level in scan.herniations:
                crops += [
                    LabelledCrop(
                        scan.series,
                        scan.patient,
                        scan.sequence,
                        index,
                        disc.level,
                        scan.herniations[disc.level],
                        crop,
                        scan.gradings.get(disc.level, UNGRADED),
                    )
                    for index, crop in disc.crops.items()
                ]
    return crops
