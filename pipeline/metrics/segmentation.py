"""Figures of the segmentation network on volumes of patients that it never saw."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from discai.segmentation.grid import normalise
from discai.segmentation.signature import CHANNELS, SegmentSlice
from discai.segmentation.slices import segment_slices
from discai.spine.outline import smooth_through_slices
from pipeline.data.examples import Volume

#: Thresholds that `best_thresholds` chooses from.
THRESHOLDS: Final = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)

#: A few tuning patients can't tell thresholds apart that differ by less.
CLEARLY_BETTER: Final = 0.002

#: How far `best_move` moves outlines at most, and in which steps.
FARTHEST_MOVE_MM: Final = 2.0
MOVE_STEP_MM: Final = 0.1


class Move(NamedTuple):
    """Outlines moved by one distance everywhere.

    Attributes:
        distance_mm: outward; negative inward.
        dice: that they have then.
    """

    distance_mm: float
    dice: float


def outlined_channels(
    segment: SegmentSlice, volume: Volume
) -> Iterator[tuple[str, NDArray[np.bool_], NDArray[np.float32]]]:
    """Each channel that is outlined: its name, its voxels, and its probability as it serves.

    Both arrays are `(slice, row, column)` on the volume's own grid.
    """
    images = volume.grid.to_network(normalise(volume.voxels))
    maps = segment_slices(images, volume.grid, segment)
    maps = volume.grid.to_canonical(smooth_through_slices(maps, volume.spacing_mm[0]))
    for name, truth in volume.masks.items():
        yield name, truth, maps[..., CHANNELS.index(name)]


def dice_by_threshold(
    segment: SegmentSlice, volumes: Iterable[Volume], thresholds: Sequence[float] = THRESHOLDS
) -> dict[str, NDArray[np.float64]]:
    """By channel the Dice `(patient, threshold)` over each whole volume.

    A channel counts for the patients whose volume has it outlined.
    """
    scores: dict[str, list[list[float]]] = {}
    for volume in volumes:
        for name, truth, probabilities in outlined_channels(segment, volume):
            row = [dice(truth, probabilities >= threshold) for threshold in thresholds]
            scores.setdefault(name, []).append(row)
    return {name: np.array(rows) for name, rows in scores.items()}


def dice(truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    """Twice the overlap over the sum of both; 1 where both are empty."""
    total = int(truth.sum()) + int(found.sum())
    return 2 * int((truth & found).sum()) / total if total else 1.0


def best_move(
    truth: NDArray[np.bool_], found: NDArray[np.bool_], pixel_mm: tuple[float, float]
) -> Move:
    """Distance that every outline has to move, within its slice, for the best Dice.

    It tells thickness from course: readers agree on where a disc lies, but some draw the endplates
    as part of it. A distance that a whole volume shares is such a habit.

    Args:
        truth: `(slice, row, column)`, as `found`.
        pixel_mm: row, column.
    """
    if not (truth.any() and found.any()):
        return Move(0.0, dice(truth, found))
    beyond_mm = np.stack([_beyond_outline_mm(each, pixel_mm) for each in found])
    count = round(FARTHEST_MOVE_MM / MOVE_STEP_MM)
    distances_mm = np.arange(-count, count + 1) * MOVE_STEP_MM
    scores = np.array([dice(truth, beyond_mm <= distance) for distance in distances_mm])
    # Pixels are coarser than the steps: several in a row do the same, and the middle one says it.
    best = np.flatnonzero(scores == scores.max())
    middle = best[len(best) // 2]
    return Move(float(distances_mm[middle]), float(scores[middle]))


def _beyond_outline_mm(
    found: NDArray[np.bool_], pixel_mm: tuple[float, float]
) -> NDArray[np.float32]:
    """Distance of the centre of each pixel `(row, column)` outside of the outline."""
    if not found.any():
        return np.full(found.shape, np.inf, np.float32)
    image = sitk.GetImageFromArray(found.astype(np.uint8))
    image.SetSpacing(pixel_mm[::-1])
    from_rim = sitk.SignedMaurerDistanceMap(
        image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )
    # It measures from the centres of the outermost pixels; the outline lies half a pixel beyond.
    return np.asarray(sitk.GetArrayFromImage(from_rim)) - np.float32(np.mean(pixel_mm) / 2)


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
