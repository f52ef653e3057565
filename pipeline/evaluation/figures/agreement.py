"""Agreement of the quantities of discs with those of reference outlines.

Of the held-out volumes whose discs, vertebrae and canal are outlined, the reference outlines are
measured as the product measures its own: bias, limits of agreement, median error and intraclass
correlation of each quantity.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from discai.anatomy import LEVELS, disc_value
from discai.manifest import Thresholds
from discai.quantities.measure import SpineQuantities, measure_spine
from discai.reading import DiscQuantities, Reading
from discai.segmentation.grid import NetworkGrid
from discai.segmentation.signature import CHANNELS
from discai.spine.islands import label_components
from discai.spine.plain_picture import voxel_size
from discai.spine.spine import DISC, L5S1, find_spine
from pipeline.evaluation.cases import Case
from pipeline.evaluation.figures.segmentation import ALL, convention_results
from pipeline.evaluation.readings import Outcome
from pipeline.metrics.agreement import (
    Statistic,
    bias,
    intraclass_correlation,
    lower_limit,
    median_error,
    upper_limit,
)
from pipeline.metrics.estimates import Estimate, estimate_of

#: Structures that must be outlined in a reference: all that the network knows but its L5-S1 disc.
NEEDED: Final = CHANNELS[:L5S1]
LORDOSIS: Final = "lordosis_deg"
#: Numbers of a disc; its grade and side follow from them.
QUANTITIES: Final = tuple(
    name
    for name in DiscQuantities.model_fields
    if name not in ("bulge_slice", "bulge_side", "meyerding_grade", "slices")
)
HEIGHTS: Final = tuple(name for name in QUANTITIES if name.endswith("_height_mm"))
#: References are 0 or 1; what lies between is an edge that was resampled.
_HALF: Final = Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.5)
_DIGITS: Final = 3


class Pair(BaseModel):
    """One quantity of one disc, or of a spine, measured twice; `level` is None for a spine.

    Attributes:
        group: the convention by which the reference was outlined, as `pipeline.data.conventions`
            says; empty where it can't be told.
    """

    model_config = ConfigDict(frozen=True)

    patient: int
    level: str | None
    group: str
    reference: float
    read: float


class Agreement(BaseModel):
    """Agreement of readings and references on one quantity, in its own unit.

    Attributes:
        group: `all`, or the convention by which the references were outlined.
        bias: the mean of what was read beyond the reference.
        low, high: the limits of agreement.
        error: the median distance.
        correlation: ICC(A,1); None where all pairs are alike.
        only_read: how many were measured in the reading alone; `only_reference`, in the other.
        pairs: those of all; a group's are among them.
    """

    model_config = ConfigDict(frozen=True)

    quantity: str
    group: str = ALL
    bias: Estimate
    low: Estimate
    high: Estimate
    error: Estimate
    correlation: Estimate | None
    only_read: int
    only_reference: int
    pairs: list[Pair] = []


class Measured(NamedTuple):
    """One quantity of one disc, or of a spine, as far as the two measured it."""

    quantity: str
    group: str
    patient: int
    level: str | None
    reference: float | None
    read: float | None


def reference_quantities(case: Case, reading: Reading) -> SpineQuantities:
    """The quantities of a case's own outlines, on the grid on which the product measures.

    References don't say which disc is L5-S1: it is the one that the reading's lies on most.
    """
    slice_mm, row_mm, column_mm = _spacing_mm(case)
    rows, columns = case.scan.voxels.shape[1:]
    grid = NetworkGrid((rows, columns), (row_mm, column_mm))
    voxel_mm = voxel_size(grid, slice_mm)
    outlined = [grid.to_network(case.masks[name]) for name in NEEDED]
    maps = np.stack([*outlined, np.zeros_like(outlined[0])], axis=-1)
    labels = label_components(maps[..., DISC], _HALF.disc, voxel_mm)
    lowest = grid.to_network(reading.segmentation == disc_value(LEVELS[-1])) >= _HALF.disc
    shared = np.bincount(labels[lowest], minlength=2)
    shared[0] = 0
    if shared.any():
        maps[..., L5S1] = (labels == shared.argmax()) * maps[..., DISC]
    spine = find_spine(maps, voxel_mm, _HALF)
    return measure_spine(spine, in_mm=True, knows_sides=case.scan.grid.is_placed)


def measured_twice(
    case: Case, reading: Reading, reference: SpineQuantities, group: str
) -> Iterable[Measured]:
    """Every quantity of a case; those of a disc that either of the two lacks are left out."""
    yield Measured(
        LORDOSIS, group, case.patient, None, reference.lordosis_deg, reading.lordosis_deg
    )
    for disc in reading.discs:
        known = reference.discs.get(disc.level)
        if known is not None and disc.quantities is not None:
            for name in QUANTITIES:
                both = getattr(known, name), getattr(disc.quantities, name)
                yield Measured(name, group, case.patient, disc.level, *both)


def agreement_results(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> list[Agreement]:
    """Agreement on each quantity that two discs or more have, over cases with all outlines.

    All come first, then each convention where there are several, without what is of spines: they
    are few, and an angle of endplates hardly depends on it. A refused scan has no quantities.
    """
    conventions = {each.case: each.convention for each in convention_results("", cases)}
    measured = [
        each
        for case, outcome in zip(cases, outcomes, strict=True)
        if isinstance(outcome, Reading) and set(NEEDED) <= set(case.masks)
        for each in measured_twice(
            case,
            outcome,
            reference_quantities(case, outcome),
            conventions.get(case.name, ""),
        )
    ]
    groups = sorted({each.group for each in measured} - {""})
    return [
        result
        for group in (ALL, *(groups if len(groups) > 1 else ()))
        for name in (*QUANTITIES, *((LORDOSIS,) if group == ALL else ()))
        if (
            result := _agreement(
                name,
                group,
                [each for each in measured if each.quantity == name and group in (ALL, each.group)],
            )
        )
    ]


def height_error(pairs: Sequence[Pair]) -> Estimate:
    """The median distance of all heights: in front, in the middle and behind."""
    return _estimate(pairs, median_error)


def _agreement(name: str, group: str, measured: Sequence[Measured]) -> Agreement | None:
    pairs = [
        Pair(
            patient=each.patient,
            level=each.level,
            group=each.group,
            reference=round(each.reference, _DIGITS),
            read=round(each.read, _DIGITS),
        )
        for each in measured
        if each.reference is not None and each.read is not None
    ]
    if len(pairs) < 2:
        return None
    are_alike = len({(pair.reference, pair.read) for pair in pairs}) == 1
    alone = Counter((each.reference is None, each.read is None) for each in measured)
    return Agreement(
        quantity=name,
        group=group,
        bias=_estimate(pairs, bias),
        low=_estimate(pairs, lower_limit),
        high=_estimate(pairs, upper_limit),
        error=_estimate(pairs, median_error),
        correlation=None if are_alike else _estimate(pairs, intraclass_correlation),
        only_read=alone[True, False],
        only_reference=alone[False, True],
        pairs=pairs if group == ALL else [],
    )


def _estimate(pairs: Sequence[Pair], statistic: Statistic) -> Estimate:
    reference = np.array([pair.reference for pair in pairs])
    read = np.array([pair.read for pair in pairs])
    patients = [pair.patient for pair in pairs]
    return estimate_of(patients, lambda draws: statistic(reference, read, draws))


def _spacing_mm(case: Case) -> tuple[float, float, float]:
    if case.scan.spacing_mm is None:
        raise ValueError(f"{case.name} has no spacing, so nothing of it is known in mm")
    return case.scan.spacing_mm
