"""Train the herniation network: crops of SPIDER's discs, out-of-fold estimates, calibration.

The crops are cut with the segmentation network that will serve, because the herniation network
has to live with its outlines. Labels are per disc of a patient; everything is split by patient.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

from discai.anatomy import LEVELS
from discai.crops import Crop, crop_discs
from discai.errors import PermanentError
from discai.manifest import Thresholds
from discai.networks.herniation import HerniationEnsemble, inputs_of
from discai.networks.segmentation import SegmentSlice
from discai.outline import outline_spine
from discai.scan import Scan
from pipeline.dataset import Spider, Subset
from pipeline.scans import mid_slice_scan, volume_scan

SEED: Final = 20261124
FOLDS: Final = 5
REPEATS: Final = 3
EPOCHS: Final = 40
BATCH: Final = 128
LEARNING_RATE: Final = 3e-3
WEIGHT_DECAY: Final = 2e-2

Truth = NDArray[np.bool_]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LabelledCrop:
    """One disc on one slice with what the radiologist said about the disc.

    Attributes:
        series: such as `12_t2`; crops of one series and level are one disc.
        sequence: `t1`, `t2` or `t2_SPACE`.
    """

    series: str
    patient: int
    sequence: str
    slice: int
    level: str
    herniation: bool
    pixels: Crop


@dataclass(frozen=True)
class DiscLogits:
    """One entry for each disc of each series, arrays of one length."""

    patients: NDArray[np.int64]
    sequences: NDArray[np.str_]
    levels: NDArray[np.str_]
    truth: Truth
    logits: NDArray[np.float64]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The logits as probabilities."""
        return 1 / (1 + np.exp(-self.logits))


@dataclass(frozen=True)
class Table:
    """Crops as the network's input, one row each.

    Attributes:
        shape: measures of the outlines.
        level: one-hot.
        labels: 1 for herniated.
        weights: a disc weighs the same on however many slices it was cut.
    """

    shape: NDArray[np.float32]
    level: NDArray[np.float32]
    labels: NDArray[np.float32]
    weights: NDArray[np.float32]

    def rows(self, indices: NDArray[np.int64]) -> "Table":
        """A part of the table."""
        return Table(*(column[indices] for column in astuple(self)))


def tabulate(crops: Sequence[LabelledCrop]) -> Table:
    """Measure every crop once."""
    counts = Counter((crop.series, crop.level) for crop in crops)
    return Table(
        *inputs_of([crop.pixels for crop in crops], [crop.level for crop in crops]),
        labels=np.array([crop.herniation for crop in crops], np.float32),
        weights=np.array([1 / counts[crop.series, crop.level] for crop in crops], np.float32),
    )


@dataclass(frozen=True)
class TrainedHerniation:
    """A calibrated network and what it would have said of its own training discs unseen.

    Attributes:
        threshold: probability with the highest F1 out of fold.
        out_of_fold: calibrated logits, the mean over the repeats.
    """

    network: HerniationEnsemble
    threshold: float
    out_of_fold: DiscLogits


def train(crops: Sequence[LabelledCrop], repeats: int = REPEATS) -> TrainedHerniation:
    """Train on these crops; calibrate and choose the threshold on out-of-fold logits of T2 discs.

    T2 is what herniation is read from; T1 and T2-SPACE train along.
    """
    runs = out_of_fold(crops, repeats)
    mean = replace(runs[0], logits=np.mean([run.logits for run in runs], axis=0))
    network = fit(tabulate(crops), SEED)
    t2 = mean.sequences == "t2"
    calibrate(network, mean.logits[t2], mean.truth[t2])
    slope, shift = (float(w.item()) for w in network.get_layer("calibrate").get_weights())
    calibrated = replace(mean, logits=slope * mean.logits + shift)
    threshold = best_threshold(calibrated.truth[t2], calibrated.probabilities[t2])
    return TrainedHerniation(network, threshold, calibrated)


def best_threshold(truth: Truth, probabilities: NDArray[np.float64]) -> float:
    """The probability with the highest F1: herniation is rare, and most alarms should be true."""
    precision, recall, thresholds = precision_recall_curve(truth, probabilities)
    scores = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    return float(thresholds[int(scores[:-1].argmax())])


def cut_crops(
    spider: Spider, subsets: Sequence[Subset], segment: SegmentSlice, thresholds: Thresholds
) -> list[LabelledCrop]:
    """The crops of the lumbar discs of every mid-slice and T2-SPACE volume of the subsets."""
    crops = []
    for series, patient, sequence, scan in tqdm(list(_scans(spider, subsets)), desc="crops"):
        try:
            outline = outline_spine(scan, segment, thresholds, lambda done, total: None)
        except PermanentError as refusal:
            log.warning("%s left out: %s", series, refusal.message)
            continue
        herniations = spider.herniations(patient)
        for disc in crop_discs(outline.images, outline.probabilities, outline.spine):
            if disc.level in LEVELS:
                crops += [
                    LabelledCrop(
                        series, patient, sequence, index, disc.level, herniations[disc.level], crop
                    )
                    for index, crop in disc.crops.items()
                ]
    return crops


def fit(table: Table, seed: int) -> HerniationEnsemble:
    """A network trained on these crops, not yet calibrated."""
    keras.utils.set_random_seed(seed)
    network = HerniationEnsemble()
    network.get_layer("standardise").adapt(table.shape)
    # Each member is fitted by itself: fitting their mean would let them lean on each other.
    members = keras.Model(network.inputs, network.member_logits)
    steps = EPOCHS * -(-len(table.labels) // BATCH)
    members.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps),
            weight_decay=WEIGHT_DECAY,
        ),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    members.fit(
        [table.shape, table.level],
        np.repeat(table.labels[:, None], network.members, axis=1),
        sample_weight=table.weights,
        batch_size=BATCH,
        epochs=EPOCHS,
        verbose=0,
    )
    return network


def calibrate(network: HerniationEnsemble, logits: NDArray[np.float64], truth: Truth) -> None:
    """Set the network's calibration by Platt's method from out-of-fold logits of discs."""
    platt = LogisticRegression(C=np.inf).fit(logits[:, None], truth)
    network.get_layer("calibrate").set_weights([platt.coef_, platt.intercept_])


def out_of_fold(crops: Sequence[LabelledCrop], repeats: int) -> list[DiscLogits]:
    """Uncalibrated logits of every disc by networks that never saw its patient, per repeat."""
    table = tabulate(crops)
    patients = np.array([crop.patient for crop in crops])
    runs = []
    for repeat in range(repeats):
        logits = np.zeros(len(crops))
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED + repeat)
        for train_rows, held_out in folds.split(table.shape, table.labels, patients):
            network = fit(table.rows(train_rows), SEED + repeat)
            unseen = table.rows(held_out)
            logits[held_out] = np.asarray(network([unseen.shape, unseen.level]))[:, 0]
        runs.append(disc_logits(crops, logits))
    return runs


def disc_logits(crops: Sequence[LabelledCrop], logits: NDArray[np.float64]) -> DiscLogits:
    """The mean logit of each disc over its crops, as serving takes it."""
    by_disc: dict[tuple[str, str], list[int]] = {}
    for index, crop in enumerate(crops):
        by_disc.setdefault((crop.series, crop.level), []).append(index)
    firsts = [crops[indices[0]] for indices in by_disc.values()]
    return DiscLogits(
        patients=np.array([crop.patient for crop in firsts]),
        sequences=np.array([crop.sequence for crop in firsts]),
        levels=np.array([crop.level for crop in firsts]),
        truth=np.array([crop.herniation for crop in firsts]),
        logits=np.array([logits[indices].mean() for indices in by_disc.values()]),
    )


def _scans(spider: Spider, subsets: Sequence[Subset]) -> Iterator[tuple[str, int, str, Scan]]:
    """Series name, patient, sequence and scan of all that shows a graded patient."""
    for subset in subsets:
        for mid in spider.mid_slices(subset):
            yield mid.name, mid.patient, mid.sequence, mid_slice_scan(mid)
        for volume in spider.volumes(subset):
            yield f"{volume.patient}_t2_SPACE", volume.patient, "t2_SPACE", volume_scan(volume)
