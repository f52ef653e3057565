"""Figures of the gate: sagittal lumbar scans are accepted and everything else is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from discai.reading import Reading
from discai.scan import Scan, read_scan
from pipeline.evaluation.cases import Case
from pipeline.evaluation.readings import Outcome
from pipeline.metrics.estimates import Estimate, estimate_share

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
        trained_on: whether the model was trained on the patient.
        source: name of the volume or picture that it was made of; its own if empty.
    """

    name: str
    kind: str
    lumbar: bool
    scan: Scan
    trained_on: bool = False
    source: str = ""


class GateResult(BaseModel):
    """Results of the scans of one kind.

    Attributes:
        right: refused, or accepted where they are lumbar.
        wrong: names of the others.
        sources: of how many volumes or pictures they were made; None where each is one of its own.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    lumbar: bool
    trained_on: bool
    count: int
    right: int
    wrong: list[str]
    sources: int | None = None

    @property
    def independent(self) -> int:
        """Number of independent cases these are worth: what was made of one picture is one."""
        return self.count if self.sources is None else self.sources

    @property
    def share(self) -> Estimate:
        """The share that is right with Wilson's interval for so many independent cases."""
        return estimate_share(self.right, self.count, self.independent)


def other_planes(data: Path) -> list[GateCase]:
    """The pictures of another hospital in all planes."""
    return [_other_plane(path) for path in sorted((data / "other_planes").glob("*.png"))]


def lumbar_scans(kind: str, cases: Sequence[Case], trained_on: bool = False) -> list[GateCase]:
    """Sagittal lumbar scans, which must all be accepted."""
    return [GateCase(case.name, kind, True, case.scan, trained_on) for case in cases]


def gate_results(cases: Sequence[GateCase], outcomes: Sequence[Outcome]) -> list[GateResult]:
    """One result for each kind, in the order of the cases."""
    by_kind: dict[str, list[tuple[GateCase, Outcome]]] = {}
    for case, outcome in zip(cases, outcomes, strict=True):
        by_kind.setdefault(case.kind, []).append((case, outcome))
    return [_result(kind, pairs) for kind, pairs in by_kind.items()]


def _result(kind: str, pairs: Sequence[tuple[GateCase, Outcome]]) -> GateResult:
    first, _ = pairs[0]
    wrong = [case.name for case, out in pairs if isinstance(out, Reading) != case.lumbar]
    return GateResult(
        kind=kind,
        lumbar=first.lumbar,
        trained_on=first.trained_on,
        count=len(pairs),
        right=len(pairs) - len(wrong),
        wrong=wrong,
        sources=len({case.source for case, _ in pairs}) if first.source else None,
    )


def _other_plane(path: Path) -> GateCase:
    if path.stem in OTHER_PLANES:
        kind, lumbar = "axial and coronal pictures", False
    elif path.stem in BESIDE_THE_SPINE:
        kind, lumbar = "sagittal pictures beside the spine", False
    else:
        kind, lumbar = "sagittal pictures of another hospital", True
    return GateCase(path.stem, kind, lumbar, read_scan(path))
