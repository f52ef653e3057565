"""Train the segmentation network: `python -m pipeline.training.segmentation --data DIR --out DIR`.

Five stages, about an hour on two cores that have bfloat16 units and nothing else to do:

1. outlined slices: T2-SPACE volumes and single T2 slices;
2. the same with T2 and T1 mid-slices of training patients, outlined by the network of stage one
   where boxes or disc counts agree;
3. the same for a little longer with the plain Dice loss: the first two punish too much outline
   more than too little, and end with a little too little;
4. the same with mid-slices outlined again by the network of stage three;
5. the same with the tuning patients, their mid-slices too; now and then the lower part of a view
   is missing, so that the network doesn't take any lowest disc for L5-S1. What stage four reached
   on the tuning patients chose the recipe; stage five changes nothing of it.

A run that was broken off goes on from its last checkpoint when it is started again.
"""

import argparse
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from discai.segmentation.network import SegmentationUNet, compiled, save
from discai.segmentation.signature import CHANNELS, SegmentSlice
from pipeline.data.examples import UNKNOWN, Example, Source, Subset
from pipeline.data.spider import Spider
from pipeline.training.augmentation import augment
from pipeline.training.pseudo_labels import pseudo_examples

SEED: Final = 20261124

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stage:
    """One run of the training loop.

    Attributes:
        shares: of each source in a batch; a source without examples gives its share to the others.
        crop: rows and columns of the augmented slices.
        false_positive_weight: of the Tversky loss; one half makes it the Dice loss, more punishes
            what is outlined too much.
        cut_chance: of a view that lacks the lower part of the spine.
    """

    name: str
    steps: int
    learning_rate: float
    shares: Mapping[Source, float]
    false_positive_weight: float = 0.6
    batch_size: int = 8
    crop: tuple[int, int] = (384, 288)
    cut_chance: float = 0.0
    checkpoint_steps: int = 200


STAGE_ONE: Final = Stage("stage-one", 1000, 3e-3, {"space": 0.75, "level-mask": 0.25})
ALL_SHARES: Final[Mapping[Source, float]] = {"space": 0.4, "level-mask": 0.15, "mid-slice": 0.45}
STAGE_TWO: Final = Stage("stage-two", 800, 1e-3, ALL_SHARES)
STAGE_THREE: Final = Stage("stage-three", 250, 5e-4, ALL_SHARES, false_positive_weight=0.5)
#: Volumes are what is outlined by hand on every slice; the mid-slices' outlines only echo them.
LATE_SHARES: Final[Mapping[Source, float]] = {"space": 0.5, "level-mask": 0.15, "mid-slice": 0.35}
STAGE_FOUR: Final = Stage("stage-four", 800, 1e-3, LATE_SHARES, false_positive_weight=0.5)
STAGE_FIVE: Final = Stage(
    "stage-five", 1300, 1e-3, LATE_SHARES, false_positive_weight=0.5, cut_chance=0.3
)


def train(data: Path, out: Path, dtype: str = "mixed_bfloat16") -> SegmentationUNet:
    """The trained network; writes `segmentation.keras` and checkpoints into `out`."""
    spider = Spider(data)
    outlined = spider.space_examples("train") + spider.level_mask_examples("train")
    tuning = spider.space_examples("tune") + spider.level_mask_examples("tune")

    keras.utils.set_random_seed(SEED)
    network = SegmentationUNet(dtype=dtype)

    def checkpoint(step: int, _loss: float) -> None:
        save(network, out / "segmentation.keras")
        log.info("step %d: %s", step, json.dumps(dice(compiled(network), tuning)))

    train_stage(network, STAGE_ONE, outlined, out, checkpoint)
    pseudo = outline_mid_slices(network, spider, ("train",))
    for stage in (STAGE_TWO, STAGE_THREE):
        train_stage(network, stage, outlined + pseudo, out, checkpoint)
    pseudo = outline_mid_slices(network, spider, ("train",))
    train_stage(network, STAGE_FOUR, outlined + pseudo, out, checkpoint)
    pseudo = outline_mid_slices(network, spider, ("train", "tune"))
    train_stage(network, STAGE_FIVE, outlined + tuning + pseudo, out, checkpoint)
    return network


def outline_mid_slices(
    network: SegmentationUNet, spider: Spider, subsets: Sequence[Subset]
) -> list[Example]:
    """The mid-slices that the network outlines credibly, as examples."""
    slices = [mid for subset in subsets for mid in spider.mid_slices(subset)]
    examples = pseudo_examples(compiled(network), slices)
    log.info("%d of %d mid-slices outlined", len(examples), len(slices))
    return examples


def train_stage(
    network: SegmentationUNet,
    stage: Stage,
    examples: Sequence[Example],
    state: Path,
    checkpoint: Callable[[int, float], None] = lambda step, loss: None,
) -> list[float]:
    """Train the network in place; the loss of each step that this call made.

    Args:
        state: folder of the checkpoints; a stage that has one goes on from it.
        checkpoint: called with the step and the mean loss after each checkpoint is written.
    """
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=stage.learning_rate / 20,
        warmup_target=stage.learning_rate,
        warmup_steps=max(1, stage.steps // 20),
        decay_steps=stage.steps - max(1, stage.steps // 20),
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=1e-3, global_clipnorm=1.0)
    network.compile(optimizer=optimizer, loss=PartialLabelLoss(stage.false_positive_weight))
    optimizer.build(network.trainable_variables)
    state.mkdir(parents=True, exist_ok=True)
    weights = state / f"{stage.name}.weights.h5"
    if weights.exists():
        network.load_weights(weights)
    first = int(optimizer.iterations.numpy())

    losses: list[float] = []
    with ThreadPoolExecutor(1) as ahead:
        upcoming = ahead.submit(batch, stage, examples, first)
        steps = range(first, stage.steps)
        for step in tqdm(steps, stage.name, stage.steps, initial=first, mininterval=5):
            images, targets = upcoming.result()
            upcoming = ahead.submit(batch, stage, examples, step + 1)
            losses.append(float(network.train_on_batch(images, targets)))
            done = step + 1
            if done % stage.checkpoint_steps == 0 or done == stage.steps:
                _write_state(network, weights)
                loss = float(np.mean(losses[-stage.checkpoint_steps :]))
                log.info("%s loss %.4f", stage.name, loss)
                checkpoint(done, loss)
    return losses


def batch(
    stage: Stage, examples: Sequence[Example], step: int
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Images `(n, row, column, 1)` and targets `(n, row, column, channel)` of one step.

    They depend on the step alone, so that a run that goes on sees what it would have seen.
    """
    random = np.random.default_rng([SEED, sum(stage.name.encode()), step])
    by_source: dict[Source, list[Example]] = {}
    for example in examples:
        by_source.setdefault(example.source, []).append(example)
    sources = sorted(source for source in stage.shares if source in by_source)
    shares = np.array([stage.shares[source] for source in sources])
    chosen = random.choice(len(sources), size=stage.batch_size, p=shares / shares.sum())
    views = []
    for source in chosen:
        candidates = by_source[sources[source]]
        example = candidates[random.integers(len(candidates))]
        views.append(augment(example.image, example.target, stage.crop, random, stage.cut_chance))
    images, targets = zip(*views, strict=True)
    return np.stack(images)[..., None], np.stack(targets)


class PartialLabelLoss(keras.losses.Loss):  # type: ignore[misc]  # Keras ships no types
    """Cross-entropy plus Tversky loss over the pixels whose truth is known.

    Target `(n, row, column, channel)` of 0, 1 and `UNKNOWN`, probability of the same shape.
    """

    def __init__(self, false_positive_weight: float) -> None:
        super().__init__(name="partial_label_loss")
        self.false_positive_weight = false_positive_weight

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """The loss of a batch, a scalar."""
        ops = keras.ops
        known = ops.cast(ops.not_equal(y_true, UNKNOWN), "float32")
        truth = ops.cast(ops.equal(y_true, 1), "float32")
        sure = ops.clip(y_pred, 1e-6, 1 - 1e-6)
        entropy = -(truth * ops.log(sure) + (1 - truth) * ops.log(1 - sure))
        axes = (0, 1, 2)
        hit = ops.sum(known * truth * y_pred, axes)
        too_much = self.false_positive_weight * ops.sum(known * (1 - truth) * y_pred, axes)
        too_little = (1 - self.false_positive_weight) * ops.sum(known * truth * (1 - y_pred), axes)
        tversky = (hit + 1) / (hit + too_much + too_little + 1)
        return ops.sum(known * entropy) / (ops.sum(known) + 1) + 1 - ops.mean(tversky)


def dice(
    segment: SegmentSlice, examples: Sequence[Example], threshold: float = 0.5
) -> dict[str, float]:
    """Dice by channel over all pixels of the examples whose truth is known."""
    overlap = np.zeros(len(CHANNELS))
    total = np.zeros(len(CHANNELS))
    for example in examples:
        known = example.target != UNKNOWN
        truth = (example.target == 1) & known
        found = (segment(example.image) >= threshold) & known
        overlap += (truth & found).sum((0, 1))
        total += truth.sum((0, 1)) + found.sum((0, 1))
    return dict(zip(CHANNELS, (2 * overlap / np.maximum(total, 1)).round(4).tolist(), strict=True))


def _write_state(network: SegmentationUNet, weights: Path) -> None:
    """Weights and optimizer, whole or not at all."""
    unfinished = weights.with_name(f"unfinished-{weights.name}")
    network.save_weights(unfinished)
    unfinished.replace(weights)


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--out", type=Path, required=True, help="where network and state go")
    parser.add_argument(
        "--dtype",
        default="mixed_bfloat16",
        choices=["mixed_bfloat16", "float32"],
        help="float32 for processors without bfloat16 units",
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train(arguments.data, arguments.out, arguments.dtype)


if __name__ == "__main__":
    main()
