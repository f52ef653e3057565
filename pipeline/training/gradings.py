"""Train the gradings network: one recipe, that bootstrap and retraining both use.

All gradings are learned at once, each from the discs that have it; what nobody said of a disc
teaches nothing. As for herniation, all is split by patient: networks are judged, calibrated and
given their thresholds on discs whose patients they never saw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from discai.gradings.grading import COLUMNS, FINDINGS, OUTPUTS
from discai.gradings.network import GradingsEnsemble
from discai.herniation.inputs import INPUTS
from discai.records.gradings import GRADING_NAMES, GradingName, LabelledGradings
from pipeline.training import convolutional
from pipeline.training.calibration import best_threshold, platt
from pipeline.training.crops import (
    CropTable,
    LabelledCrop,
    by_disc,
    outputs_of,
    see_what_is_ordinary,
    tabulate,
)
from pipeline.training.progress import Progress

SEED: Final = 20261130
FOLDS: Final = 5
REPEATS: Final = 3
#: Of the networks over measures.
EPOCHS: Final = 20
BATCH: Final = 64
LEARNING_RATE: Final = 3e-3
WEIGHT_DECAY: Final = 0.1
#: Standard deviation of what is added to standardised features at each step of training.
NOISE: Final = 0.6
#: A grading is learned if so many discs have, and so many lack, what each of its outputs tells.
LEAST_DISCS: Final = 10


@dataclass(frozen=True)
class GradedDiscs:
    """Logits of discs by networks that never saw their patients; one entry for each disc.

    Attributes:
        truth: `(disc, output)`, NaN where nobody said.
        logits: `(disc, output)`, calibrated.
    """

    patients: NDArray[np.int64]
    sequences: NDArray[np.str_]
    levels: NDArray[np.str_]
    truth: NDArray[np.float32]
    logits: NDArray[np.float64]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The logits as probabilities."""
        return np.asarray(1 / (1 + np.exp(-self.logits)), np.float64)


@dataclass(frozen=True)
class TrainedGradings:
    """A calibrated network and what it would have said of its own training discs unseen.

    Attributes:
        taught: the gradings that had labels enough; what the network says of others is nothing.
        thresholds: probability with the highest F1 out of fold, by finding that was taught.
    """

    network: GradingsEnsemble
    taught: tuple[GradingName, ...]
    thresholds: dict[str, float]
    out_of_fold: GradedDiscs


def train(
    crops: Sequence[LabelledCrop],
    *,
    weights: Sequence[float] | None = None,
    repeats: int = REPEATS,
    progress: Progress,
) -> TrainedGradings:
    """Train on those of the crops that have gradings; calibrate on discs out of fold.

    Args:
        weights: of each crop's disc in the loss; 1 without.
        repeats: of the patient-level folds, whose out-of-fold logits are averaged.
        progress: of the same training, if it was broken off.
    """
    rows = [index for index, crop in enumerate(crops) if crop.gradings.are_said]
    crops = [crops[index] for index in rows]
    weights = None if weights is None else [weights[index] for index in rows]
    labels = labels_of(crops)
    taught = enough_labels(crops)
    if not taught:
        raise ValueError("no grading has labels enough")
    table = tabulate(crops, weights)
    unseen = _out_of_fold(crops, table, labels, range(SEED, SEED + repeats), progress)
    slopes, shifts = _calibration(unseen, taught)
    calibrated = GradedDiscs(
        unseen.patients,
        unseen.sequences,
        unseen.levels,
        unseen.truth,
        unseen.logits * slopes + shifts,
    )
    network = fit(table, labels, SEED)
    network.calibrate(slopes, shifts)
    return TrainedGradings(network, taught, _thresholds(calibrated, taught), calibrated)


def labels_of(crops: Sequence[LabelledCrop]) -> NDArray[np.float32]:
    """Labels of each crop's disc `(crop, output)`: 0, 1, or NaN where nobody said."""
    return np.array([_label(crop.gradings) for crop in crops], np.float32).reshape(-1, OUTPUTS)


def enough_labels(crops: Sequence[LabelledCrop]) -> tuple[GradingName, ...]:
    """The gradings that the discs of these crops are enough to learn."""
    labels = labels_of([crops[disc[0]] for disc in by_disc(crops)])
    fewest = np.minimum((labels == 1).sum(axis=0), (labels == 0).sum(axis=0))
    return tuple(name for name in GRADING_NAMES if fewest[COLUMNS[name]].min() >= LEAST_DISCS)


def fit(table: CropTable, labels: NDArray[np.float32], seed: int) -> GradingsEnsemble:
    """A network that was fitted to the rows of a table with these labels; not calibrated."""
    keras.utils.set_random_seed(seed)
    network = GradingsEnsemble()
    (part,) = network.parts
    see_what_is_ordinary(network, table, network.components, SEED, "part_0_")
    given = dict(zip(INPUTS, network.inputs, strict=True))
    measured = [name for name in INPUTS if name != "planes"]
    features = keras.Model([given[name] for name in measured], part.features)(
        [table.inputs[name] for name in measured]
    )
    _fit_measured(keras.Model(part.features, part.measured), np.asarray(features), table, labels)
    seen = [given[name] for name in ("shape", "level", "planes")]
    convolutional.fit(keras.Model(seen, part.pictured), table, seed, labels)
    return network


def _label(said: LabelledGradings) -> list[float]:
    grade = said.pfirrmann
    above = [float("nan") if grade is None else float(grade > step) for step in range(1, 5)]
    findings = [getattr(said, name) for name in FINDINGS]
    return above + [float("nan") if each is None else float(each) for each in findings]


def _fit_measured(
    network: keras.Model,
    features: NDArray[np.float32],
    table: CropTable,
    labels: NDArray[np.float32],
) -> None:
    """Fit the networks over measures; features are shaken, so that none leans on one alone."""
    random = np.random.default_rng(SEED)
    chances = table.weights / table.weights.sum(dtype=np.float64)
    steps = EPOCHS * -(-len(labels) // BATCH)
    rows = random.choice(len(labels), (steps, BATCH), p=chances).ravel()
    network.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps), weight_decay=WEIGHT_DECAY
        ),
        convolutional.known_crossentropy,
    )
    noise = NOISE * random.standard_normal((len(rows), features.shape[1]), np.float32)
    network.fit(
        features[rows] + noise, labels[rows], batch_size=BATCH, epochs=1, shuffle=False, verbose=0
    )


def _out_of_fold(
    crops: Sequence[LabelledCrop],
    table: CropTable,
    labels: NDArray[np.float32],
    seeds: Sequence[int],
    progress: Progress,
) -> GradedDiscs:
    """Uncalibrated logits of every disc, the mean over the seeds, by networks that never saw it."""
    patients = np.array([crop.patient for crop in crops])
    logits = np.zeros((len(seeds), len(crops), OUTPUTS))
    folds = min(FOLDS, len(set(patients)))
    for of_seed, seed in zip(logits, seeds, strict=True):
        divided = GroupKFold(folds, shuffle=True, random_state=seed).split(labels, groups=patients)
        for number, (learned, asked) in enumerate(divided):
            unseen = partial(_unseen, table.rows(learned), labels[learned], table.rows(asked), seed)
            of_seed[asked] = progress.once(f"gradings-seed-{seed}-fold-{number}", unseen)
    mean, discs = logits.mean(axis=0), by_disc(crops)
    firsts = [indices[0] for indices in discs]
    return GradedDiscs(
        patients=patients[firsts],
        sequences=np.array([crops[index].sequence for index in firsts]),
        levels=np.array([crops[index].level for index in firsts]),
        truth=labels[firsts],
        logits=np.array([mean[indices].mean(axis=0) for indices in discs]),
    )


def _unseen(
    learned: CropTable, labels: NDArray[np.float32], asked: CropTable, seed: int
) -> NDArray[np.float32]:
    return outputs_of(fit(learned, labels, seed), asked)


def _calibration(
    discs: GradedDiscs, taught: Sequence[GradingName]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Slope and shift of each output; those of gradings that weren't taught stay as they are."""
    slopes, shifts = np.ones(OUTPUTS, np.float32), np.zeros(OUTPUTS, np.float32)
    for output in (index for name in taught for index in range(OUTPUTS)[COLUMNS[name]]):
        known = np.isfinite(discs.truth[:, output])
        slopes[output], shifts[output] = platt(
            discs.logits[known, output], discs.truth[known, output] == 1
        )
    return slopes, shifts


def _thresholds(discs: GradedDiscs, taught: Sequence[GradingName]) -> dict[str, float]:
    thresholds: dict[str, float] = {}
    for name in (name for name in FINDINGS if name in taught):
        column = COLUMNS[name].start
        known = np.isfinite(discs.truth[:, column])
        found = best_threshold(discs.truth[known, column] == 1, discs.probabilities[known, column])
        thresholds[name] = round(found, 4)
    return thresholds
