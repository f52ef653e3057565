"""Outline every development volume by a network that never saw its patient:

    python -m pipeline.training.segmentation_folds --data ../shared/data --out FOLDER

Three folds of patients, each trained by a short recipe (1100 steps on outlined slices alone, about
fifteen minutes on two free cores; the model's own takes 4150). It says what to expect of other
patients with three times as many of them as the test fold has, whether another threshold than one
half would be better, and what is lost to how thick a reader drew. A run that was broken off goes on
from its last checkpoint.
"""

import argparse
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray

from discai.segmentation.network import SegmentationUNet, compiled
from discai.segmentation.signature import SegmentSlice
from pipeline.data.examples import Example, Volume
from pipeline.data.spider import Spider, volume_examples
from pipeline.metrics.segmentation import (
    Move,
    best_move,
    dice,
    mean_with_interval,
    outlined_channels,
)
from pipeline.training.segmentation import SEED, Stage, train_stage

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
Moves = dict[str, list[Move]]
"""By channel how each patient's outlines would have to move, cut at one half."""


def folds(patients: Iterable[int]) -> list[frozenset[int]]:
    """The patients, divided at random."""
    shuffled = sorted(patients)
    np.random.default_rng(FOLD_SEED).shuffle(shuffled)
    return [frozenset(shuffled[number::FOLDS]) for number in range(FOLDS)]


def train_without(
    held_out: frozenset[int], examples: Sequence[Example], number: int, out: Path
) -> SegmentSlice:
    """A network that never saw these patients."""
    keras.utils.set_random_seed(SEED + number)
    network = SegmentationUNet(dtype="mixed_bfloat16")
    others = [example for example in examples if example.patient not in held_out]
    train_stage(network, STAGE, others, out / f"fold-{number}")
    return compiled(network)


def judged(segment: SegmentSlice, volume: Volume) -> Iterator[tuple[str, list[float], Move]]:
    """By channel the volume's Dice at each threshold, and how its outlines would have to move."""
    for channel, truth, probabilities in outlined_channels(segment, volume):
        scores = [dice(truth, probabilities >= threshold) for threshold in THRESHOLDS]
        yield channel, scores, best_move(truth, probabilities >= 0.5, volume.spacing_mm[1:])


def table(scores: Scores) -> str:
    """Mean Dice by threshold, and at one half its 95 % interval over patients, as Markdown."""
    lines = [
        "| channel | volumes | at 0.5 |" + "".join(f" {t} |" for t in THRESHOLDS),
        "|---" * (3 + len(THRESHOLDS)) + "|",
    ]
    for channel, rows in scores.items():
        at_half = _cell(rows[:, THRESHOLDS.index(0.5)])
        means = "".join(f" {value:.4f} |" for value in rows.mean(0))
        lines.append(f"| {channel} | {len(rows)} | {at_half} |{means}")
    return "\n".join(lines)


def moves_table(moves: Moves) -> str:
    """Mean Dice if each volume's outlines were moved as suits it best, as Markdown."""
    lines = ["| channel | if moved | moved outward, mm |", "|---|---|---|"]
    for channel, each in moves.items():
        if_moved = _cell(np.array([move.dice for move in each]))
        distances = ", ".join(f"{move.distance_mm:.1f}" for move in sorted(each))
        lines.append(f"| {channel} | {if_moved} | {distances} |")
    return "\n".join(lines)


def _cell(values: NDArray[np.float64]) -> str:
    mean, low, high = mean_with_interval(values)
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    """Cross-validate from the command line."""
    parser = argparse.ArgumentParser(
        "python -m pipeline.training.segmentation_folds", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--out", type=Path, required=True, help="where checkpoints go")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    spider = Spider(options.data)
    volumes = [volume for subset in DEVELOPMENT for volume in spider.volumes(subset)]
    examples = [example for volume in volumes for example in volume_examples(volume)]
    for subset in DEVELOPMENT:
        examples += spider.level_mask_examples(subset)
    scores: dict[str, list[list[float]]] = {}
    moves: Moves = {}
    for number, held_out in enumerate(folds(volume.patient for volume in volumes)):
        segment = train_without(held_out, examples, number, options.out)
        for volume in volumes:
            if volume.patient in held_out:
                for channel, row, move in judged(segment, volume):
                    scores.setdefault(channel, []).append(row)
                    moves.setdefault(channel, []).append(move)
    print(table({channel: np.array(rows) for channel, rows in scores.items()}))
    print(moves_table(moves))


if __name__ == "__main__":
    main()
