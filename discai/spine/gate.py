"""Refusal of scans that show no lumbar spine from the side, in words for a person."""

from collections.abc import Sequence
from statistics import median

import numpy as np

from discai.errors import PermanentError
from discai.spine.discs import Component
from discai.spine.doubts import L5S1_LIKELY
from discai.spine.spine import Spine

#: Fewer discs in a row than this aren't a lumbar spine.
FEWEST_DISCS = 3
#: As many where the lowest isn't L5-S1: the lower thoracic spine shows three at the upper edge of a
#: lumbar scan.
FEWEST_WITHOUT_L5S1 = 4
#: A chain of real discs scores nearly one for each; noise and other planes stay below this.
LEAST_SCORE = 1.5
#: At so many of its discs a spine has a vertebra next to them.
VERTEBRA_SHARE = 0.6
#: Bone in this many square millimetres is a vertebra.
VERTEBRA_MM2 = 200.0
#: No disc is larger on any slice; stripes and floors are.
LARGEST_DISC_MM2 = 600.0
#: So much canal is seen behind each disc on the best slice of a study. Studies showed 370 and more,
#: coronal slices, in which nothing lies behind the discs, at most 175.
LEAST_CANAL_MM2 = 200.0
#: A scan with so many slices has one through the canal.
SLICES_OF_A_STUDY = 3
_AROUND_DISC_MM = 15.0
_BEHIND_DISC_MM = 10.0


def refuse_unless_lumbar(spine: Spine) -> None:
    """Raise `PermanentError` unless a row of discs with vertebrae between them is seen.

    `not-sagittal` where neither is seen, or where no slice of a study shows the canal behind the
    discs; `no-discs` where the vertebrae of a spine are there, but too few discs between them.
    """
    bodies = _bodies(spine)
    discs = spine.chain.discs
    if len(discs) < _fewest(discs) or spine.chain.score < LEAST_SCORE:
        if bodies >= FEWEST_DISCS:
            raise PermanentError(
                "no-discs",
                "Vertebrae are visible, but no row of discs can be made out between them.",
            )
        raise not_a_lumbar_spine()
    if bodies < VERTEBRA_SHARE * len(discs):
        raise not_a_lumbar_spine()
    if median(disc.area_mm2 for disc in discs) > LARGEST_DISC_MM2:
        raise not_a_lumbar_spine()
    is_study = len(spine.discs) >= SLICES_OF_A_STUDY
    if is_study and canal_behind_mm2(spine) < LEAST_CANAL_MM2:
        raise not_a_lumbar_spine()


def canal_behind_mm2(spine: Spine) -> float:
    """The canal behind each disc, on average, on the slice that shows most of it."""
    discs = spine.chain.discs
    if not discs:
        return 0.0
    _, row_mm, column_mm = spine.voxel_mm
    areas = np.zeros(len(spine.canal))
    for disc in discs:
        _, row, column = disc.centroid_mm
        top, bottom = (round((row + way) / row_mm) for way in (-_AROUND_DISC_MM, _AROUND_DISC_MM))
        front = round((column + _BEHIND_DISC_MM) / column_mm)
        areas += spine.canal[:, max(0, top) : bottom, front:].sum(axis=(1, 2))
    return float(areas.max() * row_mm * column_mm / len(discs))


def not_a_lumbar_spine() -> PermanentError:
    """The refusal of what is no sagittal lumbar MRI."""
    return PermanentError(
        "not-sagittal", "This does not look like a lumbar spine seen from the side."
    )


def _fewest(discs: Sequence[Component]) -> int:
    starts_at_l5s1 = bool(discs) and discs[0].l5s1 >= L5S1_LIKELY
    return FEWEST_DISCS if starts_at_l5s1 else FEWEST_WITHOUT_L5S1


def _bodies(spine: Spine) -> int:
    """On how many of the discs a vertebra lies that is large enough to be one."""
    pixel_mm2 = spine.voxel_mm[1] * spine.voxel_mm[2]
    sizes = [
        (spine.vertebrae == place + 1).sum(axis=(1, 2)).max() * pixel_mm2
        for place in spine.chain.places
    ]
    return int(np.count_nonzero(np.array(sizes) >= VERTEBRA_MM2))
