"""How well the segmentation network outlines volumes of patients that it never saw."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.networks.signature import CHANNELS, SegmentSlice
from discai.outline import smooth_through_slices
from discai.preprocessing import normalise
from pipeline.dataset import Volume

#: Thresholds that `best_thresholds` chooses from.
THRESHOLDS: Final = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)

#: A few tuning patients can't tell thresholds apart that differ by less.
CLEARLY_BETTER: Final = 0.002


def volume_probabilities(segment: SegmentSlice, volume: Volume) -> NDArray[np.float32]:
    """Probabilities `(slice, row, column, channel)` on the volume's own grid, as they serve."""
    images = volume.grid.to_network(normalise(volume.voxels))
    maps = np.stack([segment(image) for image in images])
    return volume.grid.to_canonical(smooth_through_slices(maps, volume.spacing_mm[0]))


def dice_by_threshold(
    segment: SegmentSlice, volumes: Iterable[Volume], thresholds: Sequence[float] = THRESHOLDS
) -> dict[str, NDArray[np.float64]]:
    """By channel the Dice `(patient, threshold)` over each whole volume.

    A channel counts for the patients whose volume has it outlined.
    """
    scores: dict[str, list[list[float]]] = {}
    for volume in volumes:
        probabilities = volume_probabilities(segment, volume)
        for name, truth in volume.masks.items():
            found = probabilities[..., CHANNELS.index(name)]
            row = [dice(truth, found >= threshold) for threshold in thresholds]
            scores.setdefault(name, []).append(row)
    return {name: np.array(rows) for name, rows in scores.items()}


def dice(truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    """Twice the overlap over the sum of both; 1 where both are empty."""
    total = int(truth.sum()) + int(found.sum())
    return 2 * int((truth & found).sum()) / total if total else 1.0


def best_thresholds(
    scores: Mapping[str, NDArray[np.float64]], thresholds: Sequence[float] = THRESHOLDS
) -> dict[str, float]:
    """By channel the threshold with the highest mean Dice over the patients.

    One half stays unless another is better by `CLEARLY_BETTER`.
    """
    means = {name: rows.mean(0) for name, rows in scores.items()}
    half = thresholds.index(0.5)
    return {
        name: thresholds[int(mean.argmax())] if mean.max() > mean[half] + CLEARLY_BETTER else 0.5
        for name, mean in means.items()
    }


def mean_with_interval(
    values: NDArray[np.float64], draws: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """The mean over patients and its 95 % bootstrap interval (low, high), patients redrawn."""
    random = np.random.default_rng(seed)
    means = random.choice(values, (draws, len(values))).mean(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(values.mean()), float(low), float(high)
