"""Train the herniation network: crops of SPIDER's discs, out-of-fold estimates, calibration.

The crops are cut with the segmentation network that will serve, because the herniation network
has to live with its outlines. Labels are per disc of a patient; everything is split by patient.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve
from sklearn.model_selection import StratifiedGroupKFold
from tqdm import tqdm

from discai.anatomy import LEVELS
from discai.crops import Crop, crop_discs
from discai.errors import PermanentError
from discai.manifest import Thresholds
from discai.networks.herniation import HerniationEnsemble, compiled, inputs_of
from discai.networks.segmentation import SegmentSlice
from discai.outline import outline_spine
from discai.scan import Scan
from pipeline.dataset import Spider, Subset
from pipeline.scans import mid_slice_scan, volume_scan

SEED: Final = 20261124
FOLDS: Final = 5
REPEATS: Final = 3
EPOCHS: Final = 60
BATCH: Final = 64
LEARNING_RATE: Final = 2e-3
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
class TrainedHerniation:
    """A calibrated network and what it would have said of its own training discs unseen.

    Attributes:
        threshold: probability at which sensitivity and specificity out of fold are best together.
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
    network = fit(crops, SEED)
    t2 = mean.sequences == "t2"
    calibrate(network, mean.logits[t2], mean.truth[t2])
    slope, shift = (float(w.item()) for w in network.get_layer("calibrate").get_weights())
    calibrated = replace(mean, logits=slope * mean.logits + shift)
    threshold = best_threshold(calibrated.truth[t2], calibrated.probabilities[t2])
    return TrainedHerniation(network, threshold, calibrated)


def best_threshold(truth: Truth, probabilities: NDArray[np.float64]) -> float:
    """The probability with the highest sum of sensitivity and specificity (Youden)."""
    false_positives, sensitivity, thresholds = roc_curve(truth, probabilities)
    return float(thresholds[int((sensitivity - false_positives).argmax())])


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


def fit(crops: Sequence[LabelledCrop], seed: int) -> HerniationEnsemble:
    """A network trained on these crops, not yet calibrated.

    A disc weighs the same on however many slices it was cut.
    """
    keras.utils.set_random_seed(seed)
    network = HerniationEnsemble()
    inputs = inputs_of([crop.pixels for crop in crops], [crop.level for crop in crops])
    network.get_layer("standardise").adapt(inputs[0])
    # Each member is fitted by itself: fitting their mean would let them lean on each other.
    members = keras.Model(network.inputs, network.member_logits)
    members.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * -(-len(crops) // BATCH)),
            weight_decay=WEIGHT_DECAY,
        ),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    labels = np.array([crop.herniation for crop in crops], np.float32)
    members.fit(
        list(inputs),
        np.repeat(labels[:, None], network.members, axis=1),
        sample_weight=_share_of_disc(crops),
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
    patients = np.array([crop.patient for crop in crops])
    labels = np.array([crop.herniation for crop in crops])
    runs = []
    for repeat in range(repeats):
        logits = np.zeros(len(crops))
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED + repeat)
        for train, held_out in folds.split(crops, labels, patients):
            network = fit([crops[i] for i in train], SEED + repeat)
            logits[held_out] = crop_logits(network, [crops[i] for i in held_out])
        runs.append(disc_logits(crops, logits))
    return runs


def crop_logits(network: HerniationEnsemble, crops: Sequence[LabelledCrop]) -> NDArray[np.float64]:
    """The network's logit of each crop."""
    classify = compiled(network)
    found = classify([crop.pixels for crop in crops], [crop.level for crop in crops])
    return found.astype(np.float64)


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


def _share_of_disc(crops: Sequence[LabelledCrop]) -> NDArray[np.float32]:
    counts = Counter((crop.series, crop.level) for crop in crops)
    return np.array([1 / counts[crop.series, crop.level] for crop in crops], np.float32)


def _scans(spider: Spider, subsets: Sequence[Subset]) -> Iterator[tuple[str, int, str, Scan]]:
    """Series name, patient, sequence and scan of all that shows a graded patient."""
    for subset in subsets:
        for mid in spider.mid_slices(subset):
            yield mid.name, mid.patient, mid.sequence, mid_slice_scan(mid)
        for volume in spider.volumes(subset):
            yield f"{volume.patient}_t2_SPACE", volume.patient, "t2_SPACE", volume_scan(volume)
