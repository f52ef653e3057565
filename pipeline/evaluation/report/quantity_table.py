"""The table of quantities that were read, beside those of reference outlines."""

from typing import Final

from pipeline.evaluation.record import VOLUMES, EvaluationRecord
from pipeline.evaluation.report.tables import Table, cell

_UNITS: Final = {"mm": "mm", "mm3": "mm³", "deg": "°", "percent": "%"}


def quantity_table(evaluation: EvaluationRecord) -> Table:
    """Agreement on each quantity: of all volumes, then of those of each convention."""
    return Table(
        f"Quantities, {VOLUMES}",
        (
            "quantity",
            "outlined with",
            "bias",
            "limits of agreement",
            "median error",
            "ICC",
            "only read, only in the reference",
        ),
        [
            (
                words_of(result.quantity),
                result.group,
                cell(result.bias, counted=True),
                f"{cell(result.low)} to {cell(result.high)}",
                cell(result.error),
                cell(result.correlation),
                f"{result.only_read}, {result.only_reference}",
            )
            for result in evaluation.agreement
        ],
        "`docs/quantities.md` says what each is. The reference outlines were measured by the same "
        "code. Bias: the mean of what was read beyond the reference; limits of agreement: the "
        "bias and 1.96 standard deviations to each side (Bland and Altman 1986); ICC: absolute "
        "agreement of single measurements, ICC(A,1) of McGraw and Wong 1996. Discs of one patient "
        "are redrawn together. No stack shows the sides of its discs whole, so there are no "
        "volumes. Heights follow the convention of the outlines: where the reference lets discs "
        "touch the bone, it counts the endplates to them, and they are higher by that.",
    )


def words_of(quantity: str) -> str:
    """The name of a quantity, with its unit."""
    name, _, unit = quantity.rpartition("_")
    if unit not in _UNITS:
        return quantity.replace("_", " ")
    return f"{name.replace('_', ' ')}, {_UNITS[unit]}"
