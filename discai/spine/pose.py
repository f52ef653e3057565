"""How a plain picture lies: it doesn't say, and people save them mirrored or on their head."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.anatomy import LEVELS
from discai.segmentation.signature import SegmentSlice
from discai.spine.levels import L5S1_SURE
from discai.spine.scale import Scale, estimate_scale

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


@dataclass(frozen=True)
class Pose:
    """How a picture lies and how large its pixels are.

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

    A picture lies as it should unless the flipped one shows more of a lumbar spine above an L5-S1
    disc.
    """
    as_it_lies = estimate_scale(slices, segment, threshold)
    best = Pose((), as_it_lies) if as_it_lies else None
    if as_it_lies and _shows_l5s1(as_it_lies) and len(as_it_lies.chain.discs) >= len(LEVELS):
        return best
    for flips, warning in _FLIPS.items():
        scale = estimate_scale(np.flip(slices, flips), segment, threshold)
        if scale and _shows_l5s1(scale) and _is_better(scale, best):
            best = Pose(flips, scale, (warning,))
    return best


def _shows_l5s1(scale: Scale) -> bool:
    # The network hardly sees one, or but a crumb, in a spine that lies wrongly.
    return any(
        lowest.l5s1 >= L5S1_SURE and lowest.area_mm2 >= LEAST_L5S1_MM2
        for lowest in scale.chain.discs[:1]
    )


def _is_better(scale: Scale, best: Pose | None) -> bool:
    return best is None or scale.chain.score > best.scale.chain.score + CLEARLY_BETTER
