"""The sets of scans that are measured, each loaded and read once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from discai.scan import Scan
from pipeline.data.folder import DataFolder
from pipeline.evaluation.cases import (
    Case,
    mid_slice_cases,
    other_scanner_volumes,
    spider_volumes,
    unlabelled_volumes,
)
from pipeline.evaluation.readings import Outcome

ReadAll = Callable[[Sequence[Scan], str], list[Outcome]]
"""`read_all(scans, what)`: the outcome of each, with a progress display named `what`."""


@dataclass(frozen=True)
class ReadSet:
    """Scans with what became of them, in one order."""

    cases: list[Case]
    outcomes: list[Outcome]

    def __add__(self, other: "ReadSet") -> "ReadSet":
        return ReadSet(self.cases + other.cases, self.outcomes + other.outcomes)

    def where(self, wanted: Callable[[Case], bool]) -> "ReadSet":
        """The scans that are wanted."""
        kept = [i for i, case in enumerate(self.cases) if wanted(case)]
        return ReadSet([self.cases[i] for i in kept], [self.outcomes[i] for i in kept])


class Sets:
    """Every set, read when it is first asked for.

    `limit` scans of each set are enough for a quick look; numbers want all of them.
    """

    def __init__(self, data: Path, read_all: ReadAll, limit: int | None = None) -> None:
        self.data = data
        self.patients = DataFolder(data)
        self.spider = self.patients.spider
        self.read_all = read_all
        self.limit = limit

    def read(self, cases: Sequence[Case], what: str) -> ReadSet:
        """Read these cases."""
        kept = list(cases)[: self.limit]
        return ReadSet(kept, self.read_all([case.scan for case in kept], what))

    @cached_property
    def volumes(self) -> ReadSet:
        """T2-SPACE volumes of held-out patients."""
        return self.read(spider_volumes(self.spider, "test"), "held-out volumes")

    @cached_property
    def mid_slices(self) -> ReadSet:
        """Mid-slices of held-out patients."""
        cases = mid_slice_cases(self.spider, "test")
        if self.limit:  # a few of each sequence
            cases = sorted(cases, key=lambda case: (case.patient, case.sequence))
        return self.read(cases, "held-out mid-slices")

    @cached_property
    def other_hospital(self) -> ReadSet:
        """Mid-slices of the second hospital's held-out patients; none without that set."""
        sudirman = self.patients.sudirman
        cases = mid_slice_cases(sudirman, "test") if sudirman else []
        return self.read(cases, "another hospital")

    @cached_property
    def other_scanner(self) -> ReadSet:
        """Volumes of another scanner, discs outlined."""
        return self.read(other_scanner_volumes(self.data), "another scanner")

    @property
    def held_out(self) -> ReadSet:
        """Everything of people who trained nothing whose discs are known."""
        return self.volumes + self.mid_slices + self.other_hospital + self.other_scanner

    @cached_property
    def unlabelled(self) -> ReadSet:
        """Volumes without levels."""
        return self.read(unlabelled_volumes(self.data), "without levels")

    @property
    def training_volumes(self) -> list[Case]:
        """Outlined volumes of training patients, not read: how their truth was drawn."""
        cases = spider_volumes(self.spider, "train") + spider_volumes(self.spider, "tune")
        return cases[: self.limit]

    @cached_property
    def training(self) -> ReadSet:
        """Scans of training patients: only whether they are accepted, and what changes move."""
        cases = [
            case
            for subset in ("train", "tune")
            for case in (
                *spider_volumes(self.spider, subset),
                *mid_slice_cases(self.spider, subset),
            )
        ]
        return self.read(cases, "training scans")
