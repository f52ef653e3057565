"""What networks said about training patients that they had not seen, kept beside the weights.

The file holds predictions only; the truth about the discs stays in the data folder.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from pipeline.dataset import Spider
from pipeline.estimates import DiscCase

OUT_OF_FOLD_NAME: Final = "out_of_fold.csv"
COLUMNS: Final = ("patient", "sequence", "level", "probability")


class Prediction(NamedTuple):
    """The calibrated probability of one disc of one series."""

    patient: int
    sequence: str
    level: str
    probability: float


def write_out_of_fold(weights: Path, predictions: Iterable[Prediction]) -> None:
    """Write the predictions beside the weights that were trained with them."""
    with (weights / OUT_OF_FOLD_NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in predictions:
            writer.writerow((row.patient, row.sequence, row.level, f"{row.probability:.5f}"))


def read_out_of_fold(weights: Path, spider: Spider, sequence: str) -> list[DiscCase]:
    """The discs of one sequence with their truth; none where the weights came without the file."""
    path = weights / OUT_OF_FOLD_NAME
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["sequence"] == sequence]
    return [
        DiscCase(
            int(row["patient"]),
            row["level"],
            spider.herniations(int(row["patient"]))[row["level"]],
            float(row["probability"]),
        )
        for row in rows
    ]
