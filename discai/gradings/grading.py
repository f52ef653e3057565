"""From the gradings network's logits of a disc to its gradings; importing this loads no engine."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from discai.herniation.crops import Crop
from discai.reading import GradedFinding, Gradings, PfirrmannGrading
from discai.records.gradings import GRADING_NAMES, GradingName

GRADES: Final = 5
#: Columns of the network's logits by grading: of Pfirrmann's that the grade is above 1, 2, 3 and 4.
COLUMNS: Final[Mapping[GradingName, slice]] = {
    "pfirrmann": slice(0, 4),
    "narrowing": slice(4, 5),
    "bulging": slice(5, 6),
    "spondylolisthesis": slice(6, 7),
    "modic": slice(7, 8),
}
OUTPUTS: Final = 8
#: Gradings that a disc has or not.
FINDINGS: Final[tuple[GradingName, ...]] = tuple(
    name for name in GRADING_NAMES if name != "pfirrmann"
)
_DIGITS: Final = 4

GradeCrops = Callable[[Sequence[Crop], Sequence[str]], NDArray[np.float32]]
"""Crops of discs and their levels to logits `(crop, output)`, in the order of `COLUMNS`."""


def gradings_of(logits: NDArray[np.floating], thresholds: Mapping[str, float]) -> Gradings:
    """Gradings of one disc from the logits of its crops `(crop, output)`.

    `thresholds` are probabilities from which on a finding counts as present; 0.5 without.
    """
    probabilities = 1 / (1 + np.exp(-logits.astype(np.float64).mean(axis=0)))

    def finding(name: GradingName) -> GradedFinding:
        probability = round(float(probabilities[COLUMNS[name]].item()), _DIGITS)
        return GradedFinding(
            probability=probability, present=probability >= thresholds.get(name, 0.5)
        )

    return Gradings(
        pfirrmann=pfirrmann_of(probabilities[COLUMNS["pfirrmann"]]),
        **{cast(str, name): finding(name) for name in FINDINGS},
    )


def pfirrmann_of(above: NDArray[np.floating]) -> PfirrmannGrading:
    """The grade from the probabilities `(4,)` that it is above 1, 2, 3 and 4.

    It is the median: the error in grades that it is expected to have is the least.
    """
    falling = np.minimum.accumulate(above)
    edges = np.round(np.concatenate([[1.0], falling, [0.0]]), _DIGITS)
    return PfirrmannGrading(
        grade=1 + int((falling >= 0.5).sum()),
        probabilities=[round(float(share), _DIGITS) for share in edges[:-1] - edges[1:]],
    )
