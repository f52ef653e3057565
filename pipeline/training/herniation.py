"""Train the herniation network: one recipe, in parts, that bootstrap and retraining both use.

A forest learns from the labels, and the networks over measures from the forest; the convolutional
networks learn from the labels themselves.
Everything is split by patient: what a network says of a disc counts only if it never saw the
patient. Hyperparameters are anything that gives a value by name: a dictionary or Keras Tuner's.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from discai.anatomy import LEVELS
from discai.herniation.inputs import INPUTS
from discai.herniation.network import HerniationEnsemble, load, save
from pipeline.training import convolutional, distillation
from pipeline.training.calibration import OutOfFoldLogits, best_threshold, platt
from pipeline.training.crops import (
    CropTable,
    LabelledCrop,
    by_disc,
    outputs_of,
    see_what_is_ordinary,
    tabulate,
)
from pipeline.training.progress import Once, Progress, always_compute

SEED: Final = 20261124
FOLDS: Final = 5
REPEATS: Final = 3
BATCH: Final = 256
WEIGHT_DECAY: Final = 1e-3
#: Steps are so short that calling them one by one would cost more than they do.
STEPS_PER_CALL: Final = 16
#: How many convolutional networks are trained: two are steadier than one, at twice the time.
CONVOLUTIONAL: Final = 2

#: What a search may choose from; the first of each is the recipe of the model card.
SEARCH_SPACE: Final[Mapping[str, Sequence[Any]]] = {
    "units": (96, 48, 32),
    "components": (15, 10, 25),
    "leaf": (4, 2, 8),
    "share": (0.3, 0.15, 0.6),
    "epochs": (16, 8, 24),
    "learning_rate": (3e-3, 1e-3, 6e-3),
}
RECIPE: Final[Mapping[str, Any]] = {name: values[0] for name, values in SEARCH_SPACE.items()}


class Hyperparameters(Protocol):
    """A value for each name in `SEARCH_SPACE`."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True)
class TrainedHerniation:
    """A calibrated network and what it would have said of its own training discs unseen.

    Attributes:
        threshold: probability with the highest F1 out of fold.
        out_of_fold: calibrated logits, the mean over the repeats.
        otherwise: those of the discs that were asked about in another form, likewise.
        slope: and `shift`: the calibration, of the mean uncalibrated logit.
    """

    network: HerniationEnsemble
    threshold: float
    out_of_fold: OutOfFoldLogits
    otherwise: OutOfFoldLogits
    slope: float
    shift: float


def train(
    crops: Sequence[LabelledCrop],
    *,
    weights: Sequence[float] | None = None,
    hyperparameters: Mapping[str, Any] = RECIPE,
    repeats: int = REPEATS,
    progress: Progress | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    otherwise: Sequence[LabelledCrop] = (),
) -> TrainedHerniation:
    """Train on these crops; calibrate and choose the threshold on out-of-fold logits of discs.

    Args:
        weights: of each crop's disc in the loss; 1 without.
        hyperparameters: those that differ from `RECIPE`; `ValueError` for unknown ones.
        repeats: of the patient-level folds, whose out-of-fold logits are averaged.
        progress: of the same training, if it was broken off; what is finished there is found again,
            bit for bit. Without one nothing outlives this call.
        callbacks: of the last fit, the one with all crops.
        otherwise: discs of the same patients, read in another way, which teach nothing: networks
            that did not see the patient are asked about them, too.
    """
    if progress is None:
        with tempfile.TemporaryDirectory() as folder:
            return train(
                crops,
                weights=weights,
                hyperparameters=hyperparameters,
                repeats=repeats,
                progress=Progress(Path(folder)),
                callbacks=callbacks,
                otherwise=otherwise,
            )
    unknown = hyperparameters.keys() - SEARCH_SPACE.keys()
    if unknown:
        raise ValueError(f"the recipe has no {', '.join(sorted(unknown))}")
    # Between the steps of a pipeline every number is a float: 16 units come as 16.0.
    whole = {name: type(RECIPE[name])(value) for name, value in hyperparameters.items()}
    chosen = {**RECIPE, **whole}
    table = tabulate(crops, weights)
    seeds = range(SEED, SEED + repeats)
    unseen, unseen_otherwise = out_of_fold(
        crops, table, chosen, seeds, progress.once, otherwise=otherwise
    )
    slope, shift = platt(unseen.logits, unseen.truth)
    calibrated, calibrated_otherwise = (
        replace(discs, logits=slope * discs.logits + shift) for discs in (unseen, unseen_otherwise)
    )
    threshold = best_threshold(calibrated.truth, calibrated.probabilities)
    uncalibrated = progress.file(
        "uncalibrated.keras", lambda path: save(fit(table, chosen, SEED, callbacks), path)
    )
    network = load(uncalibrated)
    network.calibrate(slope, shift)
    return TrainedHerniation(network, threshold, calibrated, calibrated_otherwise, slope, shift)


def build_model(
    hyperparameters: Hyperparameters, pictured: int = CONVOLUTIONAL
) -> HerniationEnsemble:
    """The untrained network, with so many convolutional ones."""
    return HerniationEnsemble(
        units=hyperparameters["units"],
        components=hyperparameters["components"],
        convolutional=pictured,
    )


def fit(
    table: CropTable,
    hyperparameters: Hyperparameters,
    seed: int,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    pictured: int = CONVOLUTIONAL,
) -> HerniationEnsemble:
    """A network that was fitted to these crops, with so many convolutional ones; not calibrated."""
    keras.utils.set_random_seed(seed)
    network = build_model(hyperparameters, pictured)
    see_what_is_ordinary(network, table, network.components, SEED)
    features, probabilities = _lessons(network, table, hyperparameters, seed)
    # Each member is fitted by itself: fitting their mean would let them lean on each other.
    members = keras.Model(network.features, network.member_logits)
    epochs = hyperparameters["epochs"]
    steps = epochs * -(-len(features) // BATCH)
    members.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(hyperparameters["learning_rate"], steps),
            weight_decay=WEIGHT_DECAY,
        ),
        keras.losses.BinaryCrossentropy(from_logits=True),
        steps_per_execution=STEPS_PER_CALL,
    )
    # A step in which the optimizer makes its variables is traced twice, which takes longer than
    # all steps of a fold.
    members.optimizer.build(members.trainable_variables)
    members.fit(
        features,
        np.repeat(probabilities[:, None], network.members, axis=1),
        batch_size=BATCH,
        epochs=epochs,
        callbacks=list(callbacks),
        verbose=0,
    )
    for number, logit in enumerate(network.convolutional_logits):
        planes_and_level = [network.inputs[INPUTS.index(name)] for name in ("planes", "level")]
        convolutional.fit(keras.Model(planes_and_level, logit), table, seed + number)
    return network


def _lessons(
    network: HerniationEnsemble, table: CropTable, hyperparameters: Hyperparameters, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Features of imagined discs, and how likely a forest takes each for herniated."""
    # What weighs nothing would still shape the leaves of a tree.
    counted = table.rows(np.flatnonzero(table.weights > 0))
    measured = [network.inputs[INPUTS.index(name)] for name in INPUTS if name != "planes"]
    features = np.asarray(
        keras.Model(measured, network.features)([counted.inputs[each.name] for each in measured])
    )
    forest = distillation.grow(
        features,
        counted.labels,
        counted.weights,
        leaf=hyperparameters["leaf"],
        share=hyperparameters["share"],
        seed=seed,
    )
    examples = distillation.imagined(
        features, counted.weights, len(LEVELS), np.random.default_rng(seed)
    )
    return examples, distillation.probabilities(forest, examples)


def out_of_fold(
    crops: Sequence[LabelledCrop],
    table: CropTable,
    hyperparameters: Hyperparameters,
    seeds: Sequence[int],
    once: Once = always_compute,
    *,
    otherwise: Sequence[LabelledCrop] = (),
    pictured: int = CONVOLUTIONAL,
) -> tuple[OutOfFoldLogits, OutOfFoldLogits]:
    """Uncalibrated logits of every disc by networks that never saw its patient.

    They are the mean over the seeds; each divides the patients differently. `once` may know some
    folds' logits. The second are those of `otherwise`, other crops of the same patients.
    """
    patients = np.array([crop.patient for crop in crops])
    asked = [*crops, *otherwise]
    asked_patients = np.array([crop.patient for crop in asked])
    asked_table = tabulate(asked) if otherwise else table
    logits = np.zeros((len(seeds), len(asked)))
    for row, seed in zip(logits, seeds, strict=True):
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        divided = folds.split(table.labels, table.labels, patients)
        for number, (learned, held_out) in enumerate(divided):
            of_them = np.flatnonzero(np.isin(asked_patients, patients[held_out]))
            unseen = partial(
                _unseen,
                table.rows(learned),
                asked_table.rows(of_them),
                hyperparameters,
                seed,
                pictured,
            )
            row[of_them] = once(f"seed-{seed}-fold-{number}", unseen)
    mean, count = logits.mean(axis=0), len(crops)
    return disc_logits(crops, mean[:count]), disc_logits(otherwise, mean[count:])


def _unseen(
    learned: CropTable,
    asked: CropTable,
    hyperparameters: Hyperparameters,
    seed: int,
    pictured: int,
) -> NDArray[np.float32]:
    """Logits of some rows by a network that learned from others."""
    return logits_of(fit(learned, hyperparameters, seed, pictured=pictured), asked)


def logits_of(network: HerniationEnsemble, table: CropTable) -> NDArray[np.float32]:
    """Logits of a network of the rows of a table `(row,)`."""
    return outputs_of(network, table)[:, 0]


def disc_logits(crops: Sequence[LabelledCrop], logits: NDArray[np.floating]) -> OutOfFoldLogits:
    """The mean logit of each disc over its crops, as serving takes it."""
    discs = by_disc(crops)
    firsts = [crops[indices[0]] for indices in discs]
    return OutOfFoldLogits(
        patients=np.array([crop.patient for crop in firsts]),
        sequences=np.array([crop.sequence for crop in firsts]),
        levels=np.array([crop.level for crop in firsts]),
        truth=np.array([crop.herniation for crop in firsts]),
        logits=np.array([logits[indices].mean() for indices in discs]),
    )
