"""Outlines for mid-slices that have none: the network's own, where other knowledge agrees."""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.reading import CornerBox
from discai.segmentation.grid import PIXEL_MM
from discai.segmentation.signature import CHANNELS, SegmentSlice
from discai.segmentation.slices import segment_slices
from pipeline.data.examples import UNKNOWN, Example, MidSlice
from pipeline.data.spider import MISALIGNED_PATIENTS

DISC: Final = CHANNELS.index("disc")
L5S1: Final = CHANNELS.index("l5s1_disc")

#: Probabilities between these are no label.
UNCERTAIN: Final = (0.3, 0.7)

#: A component of the disc channel below this is a fragment, not a disc cut in its middle.
MIN_DISC_MM2: Final = 60.0

#: Pixels between parts of one spine that the network may leave out.
SPINE_GAP: Final = 7

#: Neighbouring discs of an adult lie this far apart.
DISC_PITCH_MM: Final = (18.0, 52.0)


def pseudo_examples(segment: SegmentSlice, slices: Iterable[MidSlice]) -> list[Example]:
    """Examples for the slices whose outlines can be believed.

    T2 is believed before T1 (the outlines that the network learned from are of T2 contrast): where
    both sequences of a patient share a grid, T1 gets T2's outlines.
    """
    t2_targets: dict[tuple[int, tuple[int, ...], tuple[float, float]], NDArray[np.uint8]] = {}
    examples = []
    for mid in sorted(slices, key=lambda mid: mid.sequence, reverse=True):
        grid = (mid.patient, mid.pixels.shape, mid.spacing_mm)
        shared = t2_targets.get(grid) if mid.patient not in MISALIGNED_PATIENTS else None
        target = shared
        if target is None:
            target = believed_target(segment_slices(mid.image[None], mid.grid, segment)[0], mid)
        if target is None:
            continue
        if mid.sequence == "t2":
            t2_targets[grid] = target
        examples.append(Example(mid.name, mid.patient, "mid-slice", mid.image, target))
    return examples


def believed_target(probabilities: NDArray[np.float32], mid: MidSlice) -> NDArray[np.uint8] | None:
    """The network's outlines as a target `(row, column, channel)`; None if they aren't believed.

    Believed where trusted boxes name each outlined disc, or, without boxes, where the discs are as
    many as the patient has (one more or less), evenly spaced, and the lowest is called L5-S1.
    """
    probabilities = only_the_spine(probabilities)
    discs = disc_components(probabilities[..., DISC] >= 0.5)
    if not discs or not _evenly_spaced(discs):
        return None
    target = (probabilities >= 0.5).astype(np.uint8)
    low, high = UNCERTAIN
    target[(probabilities > low) & (probabilities < high)] = UNKNOWN
    if mid.boxes:
        if not all(_box_has_disc(box, discs, mid) for box in mid.boxes.values()):
            return None
        if "L5-S1" in mid.boxes:
            inside = _box_mask(mid.boxes["L5-S1"], mid, probabilities.shape[:2])
            target[..., L5S1] = np.where(inside, target[..., DISC], 0)
            return _without_padding(target, mid)
    elif abs(len(discs) - mid.disc_count) > 1:
        return None
    lowest = discs[-1]
    called_l5s1 = probabilities[..., L5S1] >= 0.5
    overlap = (called_l5s1 & lowest).sum()
    if overlap < 0.6 * lowest.sum() or overlap < 0.8 * called_l5s1.sum():
        return None
    return _without_padding(target, mid)


def only_the_spine(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """The probabilities without whatever lies apart from the spine."""
    outlined = (probabilities >= 0.5).any(-1).astype(np.uint8)
    # Vertebrae, discs and canal touch or nearly so; a person has one spine.
    together = cv2.morphologyEx(outlined, cv2.MORPH_CLOSE, np.ones((SPINE_GAP, SPINE_GAP)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(together)
    if count == 1:
        return np.zeros_like(probabilities)
    spine = labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax()
    # What is uncertain around the spine's edge stays uncertain.
    near = cv2.dilate(spine.astype(np.uint8), np.ones((SPINE_GAP, SPINE_GAP))) > 0
    return np.where(near[..., None], probabilities, 0)


def disc_components(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """The discs of a mid-slice mask `(row, column)`, from the head down, without fragments."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    discs = [
        label
        for label in range(1, count)
        if stats[label, cv2.CC_STAT_AREA] * PIXEL_MM**2 >= MIN_DISC_MM2
    ]
    return [labels == label for label in sorted(discs, key=lambda label: centres[label][1])]


def _evenly_spaced(discs: list[NDArray[np.bool_]]) -> bool:
    centres = np.array([np.argwhere(disc).mean(0) for disc in discs])
    pitch_mm = np.linalg.norm(np.diff(centres, axis=0), axis=1) * PIXEL_MM
    low, high = DISC_PITCH_MM
    return bool(np.all((pitch_mm > low) & (pitch_mm < high)))


def _box_has_disc(box: CornerBox, discs: list[NDArray[np.bool_]], mid: MidSlice) -> bool:
    """Tell if exactly one disc has its centre in the box."""
    inside = _box_mask(box, mid, discs[0].shape)
    centres = [np.argwhere(disc).mean(0).round().astype(int) for disc in discs]
    return sum(bool(inside[row, column]) for row, column in centres) == 1


def _box_mask(box: CornerBox, mid: MidSlice, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    x0, y0, x1, y1 = box
    (top, left), (bottom, right) = (
        (np.array([[y0, x0], [y1, x1]]) * np.array(mid.grid.scale)).round().astype(int)
    )
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


def _without_padding(target: NDArray[np.uint8], mid: MidSlice) -> NDArray[np.uint8]:
    rows, columns = mid.grid.resampled_shape
    target[rows:] = UNKNOWN
    target[:, columns:] = UNKNOWN
    return target
