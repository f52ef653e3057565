"""Levels where a part of the lumbar spine lies outside of the picture: are they shifted?

The worst mistake in this field is a wrong level, and the worst of those is one of which nothing is
said. Slices are cut off below or above; what is read in the whole scan is the truth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict

from discai.anatomy import LEVELS
from discai.reading import Reading
from pipeline.data.scans import without_spacing
from pipeline.evaluation.cases import Case
from pipeline.evaluation.changes.perturbations import on_grid
from pipeline.evaluation.figures.levels import middle_is_in
from pipeline.evaluation.figures.robustness import WITHOUT_SPACING
from pipeline.evaluation.readings import Outcome
from pipeline.metrics.estimates import Estimate, estimate_mean

Rows = dict[str, float]
"""The row of each disc's middle in the whole scan, by level."""


class CutResult(BaseModel):
    """Effect of one cut on the levels.

    The three shares are of the scans that were read, None where none was.

    Attributes:
        change: what was cut off, in words.
        refused: how many of the scans were refused.
        warned: share that came with a warning about levels.
        shifted: share in which a disc has another level than in the whole scan.
        silent: share in which one has, and no warning about levels came with it.
    """

    model_config = ConfigDict(frozen=True)

    change: str
    scans: int
    refused: int
    warned: Estimate | None
    shifted: Estimate | None
    silent: Estimate | None


class Change(Protocol):
    """One way to keep a part of the spine out of sight."""

    @property
    def words(self) -> str:
        """Name of the change."""

    def make(self, case: Case, whole: Reading) -> "CutCase":
        """Change a scan in which all lumbar discs were read."""


@dataclass(frozen=True)
class Cut:
    """One way to cut a scan, whose spacing may be taken from it too.

    Attributes:
        rows_kept: the first row that is kept and the one behind the last.
    """

    words: str
    rows_kept: Callable[[Rows], tuple[float, float]]
    spacing: bool = True

    def make(self, case: Case, whole: Reading) -> "CutCase":
        """Cut a scan in which all lumbar discs were read."""
        height = case.scan.voxels.shape[1]
        rows = {disc.level: (disc.box[1] + disc.box[3]) / 2 for disc in whole.discs}
        first, end = np.rint(np.clip(self.rows_kept(rows), 0, height)).astype(int)
        voxels = np.ascontiguousarray(case.scan.voxels[:, first:end])
        scan = on_grid(case.scan, voxels, case.scan.spacing_mm)
        return CutCase(
            replace(case, scan=scan if self.spacing else without_spacing(scan), masks={}, boxes={}),
            whole,
            int(first),
        )


@dataclass(frozen=True)
class CutCase:
    """A scan that was cut, with what was read in the whole one.

    Attributes:
        first: the row of the whole scan that is now the first.
    """

    case: Case
    whole: Reading
    first: int

    def is_shifted(self, reading: Reading) -> bool:
        """Tell if a disc has another level than in the whole scan."""
        levels = {disc.level: disc.box for disc in self.whole.discs}
        for disc in reading.discs:
            x0, y0, x1, y1 = disc.box
            box = (x0, y0 + self.first, x1, y1 + self.first)
            at = [level for level, whole in levels.items() if middle_is_in(box, whole)]
            if at and disc.level not in at:
                return True
        return False


def _middle(rows: Rows, upper: str, lower: str) -> float:
    return (rows[upper] + rows[lower]) / 2


def _below(rows: Rows) -> float:
    """Cuts that leave little more than L5-S1."""
    return rows["L5-S1"] + 0.4 * (rows["L5-S1"] - rows["L4-L5"])


_WITH_SPACING: Final = (
    Cut("cut off close below L5-S1", lambda rows: (0, _below(rows))),
    Cut("cut through L5", lambda rows: (0, _middle(rows, "L4-L5", "L5-S1"))),
    Cut("cut through L4", lambda rows: (0, _middle(rows, "L3-L4", "L4-L5"))),
    Cut("cut through L2, from above", lambda rows: (_middle(rows, "L1-L2", "L2-L3"), np.inf)),
)
CUTS: Final = (
    *_WITH_SPACING,
    *(
        replace(cut, words=f"{cut.words}, {WITHOUT_SPACING}", spacing=False)
        for cut in _WITH_SPACING
    ),
)


def cut_cases(cut: Change, cases: Sequence[Case], whole: Sequence[Outcome]) -> list[CutCase]:
    """Those scans changed in which all lumbar discs were read."""
    return [
        cut.make(case, outcome)
        for case, outcome in zip(cases, whole, strict=True)
        if isinstance(outcome, Reading) and len(outcome.discs) == len(LEVELS)
    ]


def cut_result(words: str, cases: Sequence[CutCase], outcomes: Sequence[Outcome]) -> CutResult:
    """Comparison of the readings of cut scans with those of the whole ones."""
    read = [
        (cut.case.patient, cut.is_shifted(outcome), warns_of_levels(outcome))
        for cut, outcome in zip(cases, outcomes, strict=True)
        if isinstance(outcome, Reading)
    ]
    patients = [patient for patient, _, _ in read]

    def share(of: Sequence[bool]) -> Estimate | None:
        return estimate_mean(patients, of) if read else None

    return CutResult(
        change=words,
        scans=len(cases),
        refused=len(cases) - len(read),
        warned=share([warned for _, _, warned in read]),
        shifted=share([shifted for _, shifted, _ in read]),
        silent=share([shifted and not warned for _, shifted, warned in read]),
    )


def warns_of_levels(reading: Reading) -> bool:
    """Tell if a warning speaks of levels; others tell of outlines, or how the picture lies."""
    return any("level" in warning for warning in reading.warnings)
