"""Outline every development volume by a network that never saw its patient:

    python -m pipeline.segmentation_folds --data ../shared/data --out FOLDER

Three folds of patients, each trained by a short recipe (1100 steps on outlined slices alone, about
fifteen minutes on two free cores; the model's own takes 4150). It says what to expect of other
patients with three times as many of them as the test fold has, and whether another threshold than
one half would be better. A run that was broken off goes on from its last checkpoint.
"""

import argparse
import logging
from pathlib import Path
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray

from discai.networks.segmentation import SegmentationUNet, compiled
from pipeline.dataset import Spider
from pipeline.segmentation import SEED, Stage, train_stage
from pipeline.segmentation_metrics import dice_by_threshold, mean_with_interval

FOLDS: Final = 3
FOLD_SEED: Final = 7
THRESHOLDS: Final = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
DEVELOPMENT: Final = ("train", "tune")
STAGE: Final = Stage(
    "cv",
    1100,
    3e-3,
    {"space": 0.75, "level-mask": 0.25},
    false_positive_weight=0.5,
    checkpoint_steps=100,
)

Scores = dict[str, NDArray[np.float64]]
"""By channel the Dice `(patient, threshold)`."""


def folds(spider: Spider) -> list[frozenset[int]]:
    """The development patients with a volume, divided at random; no test patient is among them."""
    patients = sorted(volume.patient for subset in DEVELOPMENT for volume in spider.volumes(subset))
    np.random.default_rng(FOLD_SEED).shuffle(patients)
    return [frozenset(patients[number::FOLDS]) for number in range(FOLDS)]


def scores_of_fold(spider: Spider, number: int, out: Path) -> Scores:
    """Trains without the patients of a fold, and scores their volumes."""
    held_out = folds(spider)[number]
    examples = [
        example
        for subset in DEVELOPMENT
        for example in spider.space_examples(subset) + spider.level_mask_examples(subset)
        if example.patient not in held_out
    ]
    keras.utils.set_random_seed(SEED + number)
    network = SegmentationUNet(dtype="mixed_bfloat16")
    train_stage(network, STAGE, examples, out / f"fold-{number}")
    volumes = [
        volume
        for subset in DEVELOPMENT
        for volume in spider.volumes(subset)
        if volume.patient in held_out
    ]
    return dice_by_threshold(compiled(network), volumes, THRESHOLDS)


def table(scores: Scores) -> str:
    """Mean Dice by threshold, and at one half its 95 % interval over patients, as Markdown."""
    lines = [
        "| channel | volumes | at 0.5 |" + "".join(f" {t} |" for t in THRESHOLDS),
        "|---" * (3 + len(THRESHOLDS)) + "|",
    ]
    for channel, rows in scores.items():
        mean, low, high = mean_with_interval(rows[:, THRESHOLDS.index(0.5)])
        means = "".join(f" {value:.4f} |" for value in rows.mean(0))
        lines.append(f"| {channel} | {len(rows)} | {mean:.3f} [{low:.3f}, {high:.3f}] |{means}")
    return "\n".join(lines)


def main() -> None:
    """Cross-validate from the command line."""
    parser = argparse.ArgumentParser(
        "python -m pipeline.segmentation_folds", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints go")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    spider = Spider(options.data)
    scored = [scores_of_fold(spider, number, options.out) for number in range(FOLDS)]
    print(table({name: np.concatenate([fold[name] for fold in scored]) for name in scored[0]}))


if __name__ == "__main__":
    main()
