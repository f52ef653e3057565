"""Whether sagittal lumbar scans are accepted and everything else is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from discai.reading import Reading
from discai.scan import Scan, read_scan
from pipeline.evaluation.readings import Outcome

#: The pictures of `other_planes/` that are axial or coronal; the others are sagittal.
OTHER_PLANES: Final = (
    "train_with_pain_spine_0024",
    "train_with_pain_spine_0048",
    "train_with_pain_spine_0056",
    "train_with_pain_spine_0064",
    "train_without_pain_spine_0002",
    "train_without_pain_spine_0010",
    "train_without_pain_spine_0026",
    "train_without_pain_spine_0058",
    "validation_with_pain_spine_0004",
    "validation_with_pain_spine_0012",
    "validation_without_pain_spine_0006",
)
#: Sagittal pictures of `other_planes/` beside the spine: no disc is to be seen between the
#: transverse processes and muscles that they cut, so to refuse them is right.
BESIDE_THE_SPINE: Final = (
    "train_with_pain_spine_0008",
    "train_without_pain_spine_0018",
    "train_without_pain_spine_0066",
)


@dataclass(frozen=True)
class GateCase:
    """A scan that should be refused, or accepted.

    Attributes:
        kind: what it is, in words for the table.
        lumbar: whether it is a sagittal lumbar MRI.
    """

    name: str
    kind: str
    lumbar: bool
    scan: Scan


class GateResult(BaseModel):
    """How the scans of one kind fared.

    Attributes:
        right: refused, or accepted where they are lumbar.
        wrong: names of the others.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    lumbar: bool
    count: int
    right: int
    wrong: list[str]


def other_planes(data: Path) -> list[GateCase]:
    """The pictures of another hospital in all planes."""
    return [_other_plane(path) for path in sorted((data / "other_planes").glob("*.png"))]


def gate_results(cases: Sequence[GateCase], outcomes: Sequence[Outcome]) -> list[GateResult]:
    """One result for each kind, in the order of the cases."""
    pairs = list(zip(cases, outcomes, strict=True))
    results = []
    for kind, lumbar in dict.fromkeys((case.kind, case.lumbar) for case in cases):
        of = [
            (case, outcome) for case, outcome in pairs if (case.kind, case.lumbar) == (kind, lumbar)
        ]
        wrong = [case.name for case, outcome in of if isinstance(outcome, Reading) != lumbar]
        results.append(
            GateResult(
                kind=kind, lumbar=lumbar, count=len(of), right=len(of) - len(wrong), wrong=wrong
            )
        )
    return results


def _other_plane(path: Path) -> GateCase:
    if path.stem in OTHER_PLANES:
        kind, lumbar = "axial and coronal pictures", False
    elif path.stem in BESIDE_THE_SPINE:
        kind, lumbar = "sagittal pictures beside the spine", False
    else:
        kind, lumbar = "sagittal pictures of another hospital", True
    return GateCase(path.stem, kind, lumbar, read_scan(path))
