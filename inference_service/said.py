"""Answers about a series, held against those that were filed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from discai.export.answer import ReviewersVerdict
from discai.records.filing import Filed, FiledKind
from discai.records.labels import put_together
from discai.records.scans import Label
from discai.records.verdict import answers_of, verdict

KINDS: Final[tuple[FiledKind, ...]] = ("SEG", "SR", "PDF")


@dataclass(frozen=True)
class Said:
    """A model's answer about a series, and a verdict on it where there is one.

    Attributes:
        earlier: ids of the scans that had fewer of its slices.
    """

    scan_id: str
    model_version: str
    verdict: ReviewersVerdict | None
    earlier: frozenset[str] = frozenset()

    @property
    def label(self) -> str | None:
        """The verdict by the id of its newest label."""
        return self.verdict.label if self.verdict else None

    def is_in(self, filed: Filed) -> bool:
        """Tell if a result says this; a segmentation follows from the model alone."""
        return (
            filed.of == self.scan_id
            and filed.model_version == self.model_version
            and (filed.kind == "SEG" or filed.label == self.label)
        )

    def missing_in(self, filed: Iterable[Filed]) -> list[FiledKind]:
        """The kinds of results that don't say this yet."""
        there = {each.kind for each in filed if self.is_in(each)}
        return [kind for kind in KINDS if kind not in there]

    def report_before(self, filed: Iterable[Filed]) -> Filed | None:
        """The newest report of the series that says something else."""
        others = [
            each
            for each in filed
            if each.kind == "SR"
            and each.of in {self.scan_id, *self.earlier}
            and not self.is_in(each)
        ]
        return others[-1] if others else None


def verdict_on(labels: Mapping[str, Label]) -> ReviewersVerdict | None:
    """Answers of people about a series, by its labels; None where nobody said any."""
    counted = verdict(labels)
    if counted is None or not ((said := answers_of(counted)) or counted.gradings):
        return None
    newest = counted.newest
    label = next(key for key, save in put_together(labels).items() if save == newest)
    return ReviewersVerdict(label, said, newest.created_at, counted.gradings)
