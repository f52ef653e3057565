"""The learning curve: its table, its plot, and what it does if a run fails."""

import csv
from collections.abc import Iterator
from typing import Any

import pytest

from discai.cloud.firestore import FirestoreDatabase
from discai.errors import PermanentError
from pipeline.commands import learning_curve, run_pipeline
from pipeline.commands.learning_curve import Point, measure, write
from pipeline.commands.simulate_labels import Noise

POINTS = [
    Point(10, 50, 4, 0.5, 0.25, 0.75, "kept"),
    Point(20, 100, 9, 0.8, 0.7, 0.9, "promoted"),
]


class Reviewer:
    """Somebody who corrects whatever is given."""

    def __init__(self) -> None:
        self.corrected: list[str] = []

    def correct(self, name: str, *_: object) -> str:
        self.corrected.append(name)
        return name


def test_table_and_plot_have_every_point(tmp_path):
    write(POINTS, tmp_path)
    with (tmp_path / "learning.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["scans"], row["auroc"]) for row in rows] == [("10", "0.5"), ("20", "0.8")]
    assert "corrected scans" in (tmp_path / "learning.svg").read_text(encoding="utf-8")


def test_each_count_adds_scans_to_those_before_and_a_failed_run_ends_it(monkeypatch):
    runs = iter([0, 1])
    scans: Any = iter([(f"{number}_t2", None, {}) for number in range(9)])
    monkeypatch.setattr(learning_curve, "development_scans", lambda spider: scans)
    monkeypatch.setattr(run_pipeline, "main", lambda arguments: next(runs))
    monkeypatch.setattr(FirestoreDatabase, "connect", lambda: None)
    monkeypatch.setattr(learning_curve, "newest_challenger", lambda database, count: count)
    reviewer = Reviewer()
    corrects: Any = reviewer
    unread: Any = None
    points: Iterator[Any] = measure(unread, [5, 2], Noise(), corrects)
    assert next(points) == 2
    assert len(reviewer.corrected) == 2
    with pytest.raises(PermanentError, match="run failed"):
        next(points)
    assert len(set(reviewer.corrected)) == 5
