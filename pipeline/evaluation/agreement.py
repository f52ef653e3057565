"""Agreement of the quantities of discs with those of reference outlines.

    python -m pipeline.evaluation.agreement --data DATA --out .local/agreement

Reads the held-out volumes whose discs, vertebrae and canal are outlined, measures the reference
outlines as the product measures its own, and prints bias, limits of agreement, median error and
intraclass correlation of each quantity. `agreement.json` also has every pair, for plots.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from discai.anatomy import LEVELS, disc_value
from discai.manifest import Thresholds
from discai.predictor import Predictor, built_in_model
from discai.quantities.measure import SpineQuantities, measure_spine
from discai.reading import DiscQuantities, Reading
from discai.segmentation.grid import NetworkGrid
from discai.segmentation.signature import CHANNELS
from discai.spine.islands import label_components
from discai.spine.plain_picture import voxel_size
from discai.spine.spine import DISC, L5S1, find_spine
from pipeline.evaluation.cases import Case
from pipeline.evaluation.readings import Outcome, Readings
from pipeline.evaluation.sets import Sets
from pipeline.evaluation.tables import Table
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
AGREEMENT_FILE: Final = "agreement.json"
#: References are 0 or 1; what lies between is an edge that was resampled.
_HALF: Final = Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.5)


class Pair(BaseModel):
    """One quantity of one disc, or of a spine, measured twice; `level` is None for a spine."""

    model_config = ConfigDict(frozen=True)

    quantity: str
    case: str
    patient: int
    level: str | None
    reference: float
    read: float


class Agreement(BaseModel):
    """Agreement of reading and reference on one quantity, in its own unit.

    Attributes:
        bias: the mean of what was read beyond the reference.
        low, high: the limits of agreement.
        error: the median distance.
        correlation: ICC(A,1).
        only_read: how many were measured in the reading alone; `only_reference`, in the other.
    """

    model_config = ConfigDict(frozen=True)

    quantity: str
    bias: Estimate
    low: Estimate
    high: Estimate
    error: Estimate
    correlation: Estimate
    only_read: int
    only_reference: int
    pairs: list[Pair]


class AgreementRecord(BaseModel):
    """Agreement on all quantities."""

    model_config = ConfigDict(frozen=True)

    results: list[Agreement]


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


def pairs_of(
    case: Case, reading: Reading, reference: SpineQuantities
) -> Iterable[tuple[str, str | None, float | None, float | None]]:
    """Every quantity as `(name, level, reference, read)`; None where it could not be measured.

    A disc that either of the two lacks has none.
    """
    yield LORDOSIS, None, reference.lordosis_deg, reading.lordosis_deg
    for disc in reading.discs:
        known = reference.discs.get(disc.level)
        if known is not None and disc.quantities is not None:
            for name in QUANTITIES:
                yield name, disc.level, getattr(known, name), getattr(disc.quantities, name)


def agreement_results(cases: Sequence[Case], outcomes: Sequence[Outcome]) -> list[Agreement]:
    """Agreement on each quantity that two cases or more have, over cases with all outlines.

    A refused scan has no quantities.
    """
    pairs: dict[str, list[Pair]] = {}
    alone: dict[str, list[int]] = {}
    for case, outcome in zip(cases, outcomes, strict=True):
        if not isinstance(outcome, Reading) or not set(NEEDED) <= set(case.masks):
            continue
        measured = reference_quantities(case, outcome)
        for name, level, reference, read in pairs_of(case, outcome, measured):
            counts = alone.setdefault(name, [0, 0])
            if reference is not None and read is not None:
                pair = Pair(
                    quantity=name,
                    case=case.name,
                    patient=case.patient,
                    level=level,
                    reference=reference,
                    read=read,
                )
                pairs.setdefault(name, []).append(pair)
            else:
                counts[0] += read is not None
                counts[1] += reference is not None
    return [_agreement(name, each, *alone[name]) for name, each in pairs.items() if len(each) > 1]


def table_of(results: Iterable[Agreement]) -> Table:
    """The results, a row for each quantity."""
    return Table(
        "Agreement of quantities",
        ("quantity", "pairs", "bias", "limits of agreement", "median error", "ICC"),
        [
            (
                result.quantity,
                str(len(result.pairs)),
                str(result.bias),
                f"{result.low.value:.3f} to {result.high.value:.3f}",
                str(result.error),
                str(result.correlation),
            )
            for result in results
        ],
    )


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.evaluation.agreement",
        description="Compare the quantities of discs with those of reference outlines.",
    )
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--weights", type=Path, help="a model version (default: the built-in one)")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(".local/agreement"),
        help="where the record and the readings go (default: %(default)s)",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only N scans of each set")
    arguments = parser.parse_args()
    weights = arguments.weights or built_in_model()
    readings = Readings(Predictor.load(weights), weights, arguments.out / "readings")
    volumes = Sets(arguments.data, readings.read_all, arguments.limit).volumes
    results = agreement_results(volumes.cases, volumes.outcomes)
    text = AgreementRecord(results=results).model_dump_json(indent=1)
    (arguments.out / AGREEMENT_FILE).write_text(text + "\n", encoding="utf-8")
    print(table_of(results).markdown())


def _agreement(name: str, pairs: list[Pair], only_read: int, only_reference: int) -> Agreement:
    patients = [pair.patient for pair in pairs]
    reference = np.array([pair.reference for pair in pairs])
    read = np.array([pair.read for pair in pairs])

    def estimate(statistic: Statistic) -> Estimate:
        return estimate_of(patients, lambda draws: statistic(reference, read, draws))

    return Agreement(
        quantity=name,
        bias=estimate(bias),
        low=estimate(lower_limit),
        high=estimate(upper_limit),
        error=estimate(median_error),
        correlation=estimate(intraclass_correlation),
        only_read=only_read,
        only_reference=only_reference,
        pairs=pairs,
    )


def _spacing_mm(case: Case) -> tuple[float, float, float]:
    if case.scan.spacing_mm is None:
        raise ValueError(f"{case.name} has no spacing, so nothing of it is known in mm")
    return case.scan.spacing_mm
