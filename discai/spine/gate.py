"""Refusal of scans that show no lumbar spine from the side, in words for a person."""

from collections.abc import Sequence
from math import inf
from statistics import mean, median

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.spine.discs import Component
from discai.spine.doubts import L5S1_LIKELY
from discai.spine.path import evidence
from discai.spine.spine import Spine, areas_of

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
#: Specks in muscle and fat are unsure and few: discs of a mean confidence below `SURE_DISCS` must
#: bring this much evidence together, and less where the lowest is L5-S1. Specks brought at most 2.9
#: and 1.8, unsure spines 3.1 and 2.4 at least, metal beside them included.
SURE_DISCS = 0.93
LEAST_EVIDENCE = 3.0
LEAST_EVIDENCE_WITH_L5S1 = 2.0
#: Discs lie across the way from one to the next: within 19 degrees in the median of every spine.
MOST_ASKEW_DEGREES = 22.0
#: Behind each disc lies so much of canal, arches and joints, also on a slice beside the canal.
#: Single sagittal slices show 90 and more; in coronal ones nothing lies there.
LEAST_BEHIND_MM2 = 45.0
_AROUND_DISC_MM = 15.0
_BEHIND_DISC_MM = 10.0
#: Arches and joints lie so far behind the middle of a disc.
_ARCHES_MM = (20.0, 70.0)


def refuse_unless_lumbar(spine: Spine) -> None:
    """Raise `PermanentError` unless a row of discs with vertebrae between them is seen.

    `not-sagittal` where neither is seen, where the discs may be specks, lie askew or have nothing
    of a spine behind them, or where no slice of a study shows the canal there; `no-discs` where the
    vertebrae of a spine are there, but too few discs between them.
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
    if _may_be_specks(discs) or askew_degrees(discs) > MOST_ASKEW_DEGREES:
        raise not_a_lumbar_spine()
    if behind_mm2(spine) < LEAST_BEHIND_MM2:
        raise not_a_lumbar_spine()
    is_study = len(spine.discs) >= SLICES_OF_A_STUDY
    if is_study and canal_behind_mm2(spine) < LEAST_CANAL_MM2:
        raise not_a_lumbar_spine()


def canal_behind_mm2(spine: Spine) -> float:
    """The canal behind each disc, on average, on the slice that shows most of it."""
    return _beyond_discs_mm2(spine, spine.canal, _BEHIND_DISC_MM)


def behind_mm2(spine: Spine) -> float:
    """Canal and bone well behind each disc, on average, on the slice that shows most of them."""
    return _beyond_discs_mm2(spine, spine.canal | (spine.vertebrae > 0), *_ARCHES_MM)


def askew_degrees(discs: Sequence[Component]) -> float:
    """The median angle of discs against the square on the way from the one below to the one above.

    `discs` go upward from the lowest; those at either end have one neighbour. At least two.
    """
    middles = [np.array(disc.centroid_mm[1:]) for disc in discs]
    ways = zip([middles[0], *middles[:-1]], [*middles[1:], middles[-1]], strict=True)
    along = [
        abs(float(np.dot(disc.axis, up))) / float(np.linalg.norm(up))
        for disc, up in zip(discs, (high - low for low, high in ways), strict=True)
    ]
    return float(np.degrees(np.arcsin(min(1.0, median(along)))))


def not_a_lumbar_spine() -> PermanentError:
    """The refusal of what is no sagittal lumbar MRI."""
    return PermanentError(
        "not-sagittal", "This does not look like a lumbar spine seen from the side."
    )


def _fewest(discs: Sequence[Component]) -> int:
    return FEWEST_DISCS if _starts_at_l5s1(discs) else FEWEST_WITHOUT_L5S1


def _starts_at_l5s1(discs: Sequence[Component]) -> bool:
    return bool(discs) and discs[0].l5s1 >= L5S1_LIKELY


def _bodies(spine: Spine) -> int:
    """On how many of the discs a vertebra lies that is large enough to be one."""
    pixel_mm2 = spine.voxel_mm[1] * spine.voxel_mm[2]
    numbers = np.array(spine.chain.places, int) + 1
    sizes = areas_of(spine.vertebrae, max(numbers, default=0))[:, numbers].max(axis=0)
    return int(np.count_nonzero(sizes * pixel_mm2 >= VERTEBRA_MM2))


def _may_be_specks(discs: Sequence[Component]) -> bool:
    needed = LEAST_EVIDENCE_WITH_L5S1 if _starts_at_l5s1(discs) else LEAST_EVIDENCE
    return mean(disc.confidence for disc in discs) < SURE_DISCS and evidence(discs) < needed


def _beyond_discs_mm2(
    spine: Spine, mask: NDArray[np.bool_], from_mm: float, to_mm: float = inf
) -> float:
    """Area of a mask that lies so far behind the middle of each disc, on average, on one slice."""
    discs = spine.chain.discs
    if not discs:
        return 0.0
    _, row_mm, column_mm = spine.voxel_mm
    end_mm = mask.shape[2] * column_mm
    areas = np.zeros(len(mask))
    for disc in discs:
        _, row, column = disc.centroid_mm
        top, bottom = (round((row + way) / row_mm) for way in (-_AROUND_DISC_MM, _AROUND_DISC_MM))
        front, back = (round(min(column + way, end_mm) / column_mm) for way in (from_mm, to_mm))
        areas += mask[:, max(0, top) : bottom, front:back].sum(axis=(1, 2))
    return float(areas.max() * row_mm * column_mm / len(discs))
