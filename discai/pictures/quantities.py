"""Quantities of each disc as other programs take them: JSON, and a table for pandas.

There slices are counted as the scan's file does. Whatever leaves here, and what the database and
reports say, is rounded by one function, so that all of them give the same numbers.
"""

import csv
import io
from typing import Any, Final

from discai.reading import (
    DiscQuantities,
    DiscReading,
    Gradings,
    LateralCurve,
    Reading,
    SliceQuantities,
    WholeDiscQuantities,
)
from discai.scan import Scan

#: Of a disc, in the order of its record; what each slice shows is in prediction.json only.
_QUANTITIES: Final = list(WholeDiscQuantities.model_fields)
_DIGITS: Final = 4
#: Of the curve to one side, by its fields; empty where it isn't known.
_CURVE: Final = {
    "offset_mm": "lateral_offset_mm",
    "arc_deg": "lateral_arc_deg",
    "level": "lateral_apex",
    "side": "lateral_side",
    "suggests_scoliosis": "suggests_scoliosis",
}
#: Gradings that are present or not; their columns give the probability.
_FINDINGS: Final = [name for name in Gradings.model_fields if name != "pfirrmann"]
#: Columns of the table.
COLUMNS: Final = (
    "scan",
    "model_version",
    "level",
    "herniation",
    "confidence",
    "slice",
    *_QUANTITIES,
    "lordosis_deg",
    *_CURVE.values(),
    "pfirrmann",
    *_FINDINGS,
    "reason",
)


def discs_csv(name: str, scan: Scan, reading: Reading) -> str:
    """The discs of a reading from the head down, one a row; a cell without a value is empty.

    `name` is the scan's, and stands in each row, so that tables of many scans can be joined.
    """
    file = io.StringIO(newline="")
    table = csv.DictWriter(file, COLUMNS)
    table.writeheader()
    curve = reading.lateral_curve
    of_spine = {column: getattr(curve, name, None) for name, column in _CURVE.items()}
    for disc in reading.discs:
        quantities = _as_stored(scan, disc.quantities or DiscQuantities())
        gradings = disc.gradings
        of_gradings = {name: getattr(gradings, name).probability for name in _FINDINGS if gradings}
        row = (
            {column: getattr(quantities, column) for column in _QUANTITIES}
            | of_spine
            | of_gradings
            | {
                "scan": name,
                "model_version": reading.model_version,
                "level": disc.level,
                "herniation": float(disc.herniation),
                "confidence": float(disc.confidence),
                "slice": scan.slice_to_stored(disc.slice),
                "lordosis_deg": reading.lordosis_deg,
                "reason": disc.reason and disc.reason.text,
                "pfirrmann": gradings and gradings.pfirrmann.grade,
            }
        )
        table.writerow({column: _plain_value(value) for column, value in row.items()})
    return file.getvalue()


def quantities_json(scan: Scan, disc: DiscReading) -> dict[str, Any] | None:
    """The quantities of a disc as plain JSON values; None where nobody measured any."""
    if disc.quantities is None:
        return None
    quantities = _as_stored(scan, disc.quantities)
    slices = [
        {"slice": index} | _plain(quantities.slices[index]) for index in sorted(quantities.slices)
    ]
    return _plain(quantities) | {"slices": slices}


def spine_json(reading: Reading) -> dict[str, Any]:
    """The quantities of the whole spine as plain JSON values."""
    curve = reading.lateral_curve and rounded_curve(reading.lateral_curve)
    return {
        "lordosisDeg": rounded(reading.lordosis_deg),
        "lateralCurve": curve and curve.model_dump(by_alias=True),
    }


def whole_disc(quantities: DiscQuantities) -> WholeDiscQuantities:
    """The quantities of a disc without those of single slices, rounded as files have them.

    Slices stay canonical.
    """
    values = {name: _plain_value(getattr(quantities, name)) for name in _QUANTITIES}
    return WholeDiscQuantities.model_validate(values)


def rounded_curve(curve: LateralCurve) -> LateralCurve:
    """The same, rounded as files have it."""
    values = {"offset_mm": rounded(curve.offset_mm), "arc_deg": rounded(curve.arc_deg)}
    return curve.model_copy(update=values)


def rounded(value: float | None) -> float | None:
    """A quantity with as many digits as all results have."""
    return None if value is None else round(value, _DIGITS)


def _as_stored(scan: Scan, quantities: DiscQuantities) -> DiscQuantities:
    """The same with slices counted as the file does."""
    bulge_slice = quantities.bulge_slice
    return quantities.model_copy(
        update={
            "bulge_slice": None if bulge_slice is None else scan.slice_to_stored(bulge_slice),
            "slices": {
                scan.slice_to_stored(index): each for index, each in quantities.slices.items()
            },
        }
    )


def _plain(quantities: SliceQuantities) -> dict[str, Any]:
    values = quantities.model_dump(by_alias=True, exclude={"slices"})
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: object) -> object:
    return rounded(value) if isinstance(value, float) else value
