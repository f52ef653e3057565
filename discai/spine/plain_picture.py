"""Pictures without spacing: how they lie and how large their pixels are.

They don't say, and people save them mirrored or on their head. Lumbar discs lie 35 mm apart, which
gives the size; a lumbar spine above an L5-S1 disc gives the pose.
"""

from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.anatomy import LEVELS
from discai.scan.volume import LARGEST_PICTURE_MM, MAX_FIELD_MM
from discai.segmentation.grid import NetworkGrid, VoxelSize
from discai.segmentation.signature import SegmentSlice
from discai.segmentation.slices import segment_slices
from discai.spine.doubts import L5S1_SURE, SACRUM_MM
from discai.spine.extent import lower_edge
from discai.spine.levels import GAP, Chain, usual_step_mm
from discai.spine.path import PITCH_MM, steps_mm
from discai.spine.spine import find_chain

#: The axes of `(slice, row, column)` along which a picture may be flipped, and what a person is
#: told. The network knows upright spines that look to the left.
_FLIPS: Final = {
    (1, 2): "The picture stands on its head; it was read turned round.",
    (2,): "The picture is mirrored, front to back; it was read as if it were not.",
    (1,): "The picture is mirrored, head to feet; it was read as if it were not.",
}
#: An L5-S1 disc is no smaller: those of the SPIDER training patients show 93 mm² and more.
LEAST_L5S1_MM2: Final = 75.0
#: A flipped picture must look so much more like a spine: L5-S1 alone brings one and a half.
CLEARLY_BETTER: Final = 0.5
#: Usual fields of view of a lumbar study: the picture's longest side.
FIELDS_MM = (280.0, 200.0, LARGEST_PICTURE_MM)
#: Assumed of a series without spacing: slices lie so far apart, unless they are so many that the
#: study would be wider than any. Only which discs are neighbours depends on it.
SLICE_MM = 4.0
WIDEST_MM = 80.0
#: Slices around the middle of a series that are looked at.
SLICES = 3
_PASSES = 3
_CLOSE_ENOUGH = 0.03


@dataclass(frozen=True)
class Scale:
    """Size of the pixels that fits the discs seen in them.

    Attributes:
        pixel_mm: the edge of the square pixels.
        chain: the discs seen at that scale, or at one very near it.
    """

    pixel_mm: float
    chain: Chain


@dataclass(frozen=True)
class Pose:
    """Pose of a picture and the size of its pixels.

    Attributes:
        flips: axes of `(slice, row, column)` along which the slices must be flipped, so that the
            head is up and the patient looks to the left.
        scale: of the slices flipped so.
        warnings: what a person should know about it.
    """

    flips: tuple[int, ...]
    scale: Scale
    warnings: tuple[str, ...] = ()


def find_pose(slices: NDArray[np.float32], segment: SegmentSlice, threshold: float) -> Pose | None:
    """The pose of normalised slices `(slice, row, column)`; None if none shows a chain of discs.

    A picture lies as it should unless the flipped one shows all of the lumbar spine above an L5-S1
    disc, and room for a sacrum below it: in a part of a spine that stands on its head the network
    now and then takes an upper disc for L5-S1.
    """
    as_it_lies = estimate_scale(slices, segment, threshold)
    best = Pose((), as_it_lies) if as_it_lies else None
    if as_it_lies and _shows_l5s1(as_it_lies) and len(as_it_lies.chain.discs) >= len(LEVELS):
        return best
    for flips, warning in _FLIPS.items():
        flipped = np.flip(slices, flips)
        scale = estimate_scale(flipped, segment, threshold)
        if scale and _shows_whole(scale, lower_edge(flipped)) and _is_better(scale, best):
            best = Pose(flips, scale, (warning,))
    return best


def estimate_scale(
    slices: NDArray[np.float32], segment: SegmentSlice, threshold: float
) -> Scale | None:
    """The scale of normalised slices `(slice, row, column)`.

    Usual fields of view are tried; the one that shows the best chain of discs is then rescaled
    until its lumbar discs lie 35 mm apart. None if no chain of discs is seen at any scale, or one
    so close that the whole picture would show more than any scanner does.
    """
    first = max(0, (len(slices) - SLICES) // 2)
    middle = slices[first : first + SLICES]
    slice_mm = assumed_slice_mm(len(slices))

    def look(pixel_mm: float) -> Chain:
        grid = NetworkGrid(middle.shape[1:], (pixel_mm, pixel_mm))
        maps = segment_slices(grid.to_network(middle), grid, segment)
        chain, _ = find_chain(maps, voxel_size(grid, slice_mm), threshold)
        return chain

    trials: list[float] = [field / max(middle.shape[1:]) for field in FIELDS_MM]
    chains = [look(pixel_mm) for pixel_mm in trials]
    best = int(np.argmax([chain.score for chain in chains]))
    pixel_mm, chain = trials[best], chains[best]
    for _ in range(_PASSES):
        pitch_mm = _lumbar_pitch_mm(chain)
        if pitch_mm is None:
            return None
        correction = PITCH_MM / pitch_mm
        pixel_mm *= correction
        if pixel_mm * max(middle.shape[1:]) > MAX_FIELD_MM:
            return None
        if abs(correction - 1) < _CLOSE_ENOUGH:
            break
        chain = look(pixel_mm)
    return Scale(pixel_mm, chain)


def assumed_slice_mm(count: int) -> float:
    """Distance assumed between the slices of a series of so many that doesn't say."""
    return min(SLICE_MM, WIDEST_MM / count)


def voxel_size(grid: NetworkGrid, slice_mm: float) -> VoxelSize:
    """Millimetres along `(slice, row, column)` of the network's grid."""
    (row_mm, column_mm), (row_scale, column_scale) = grid.spacing_mm, grid.scale
    return slice_mm, row_mm / row_scale, column_mm / column_scale


def _shows_l5s1(scale: Scale) -> bool:
    # In a spine that is turned or mirrored the network sees no L5-S1 disc, or only a fragment.
    return any(
        lowest.l5s1 >= L5S1_SURE and lowest.area_mm2 >= LEAST_L5S1_MM2
        for lowest in scale.chain.discs[:1]
    )


def _shows_whole(scale: Scale, end: int) -> bool:
    """All lumbar discs and what is below them, in a picture that ends before the row `end`."""
    if not _shows_l5s1(scale) or len(scale.chain.discs) < len(LEVELS):
        return False
    lowest = scale.chain.discs[0]
    return end * scale.pixel_mm - lowest.centroid_mm[1] >= SACRUM_MM


def _is_better(scale: Scale, best: Pose | None) -> bool:
    return best is None or scale.chain.score > best.scale.chain.score + CLEARLY_BETTER


def _lumbar_pitch_mm(chain: Chain) -> float | None:
    """The usual step between neighbouring lumbar discs; None if there are no neighbours.

    Their names aren't asked for: they depend on the scale that is sought.
    """
    steps = steps_mm(chain.discs[: len(LEVELS)])
    if not steps:
        return None
    usual = usual_step_mm(steps)
    return median(step for step in steps if step <= GAP * usual)
