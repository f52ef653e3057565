"""Logits of training patients from networks that had not seen them, kept beside the weights.

The file holds predictions only; the truth about the discs stays in the data folder.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from pipeline.data.spider import Spider
from pipeline.data.sudirman import Sudirman
from pipeline.evaluation.figures.robustness import CLEAN, WITHOUT_SPACING
from pipeline.metrics.estimates import DiscCase, Estimate, auroc, estimate_loss

OUT_OF_FOLD_NAME: Final = "out_of_fold.csv"
COLUMNS: Final = ("patient", "sequence", "level", "change", "probability")


class OutOfFoldPrediction(NamedTuple):
    """The calibrated probability of one disc of one series.

    `change` is what was done to the scan before it was read, as the robustness table calls it.
    """

    patient: int
    sequence: str
    level: str
    change: str
    probability: float


def write_out_of_fold(weights: Path, predictions: Iterable[OutOfFoldPrediction]) -> None:
    """Write the predictions beside the weights that were trained with them."""
    with (weights / OUT_OF_FOLD_NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in predictions:
            writer.writerow((*row[:-1], f"{row.probability:.5f}"))


def read_out_of_fold(
    weights: Path, part: Spider | Sudirman, sequence: str, change: str = CLEAN
) -> list[DiscCase]:
    """The discs of one set and sequence with their truth; none where the weights have no file."""
    path = weights / OUT_OF_FOLD_NAME
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if (row["sequence"], row["change"]) == (sequence, change)
            and int(row["patient"]) in part
        ]
    return [
        DiscCase(
            int(row["patient"]),
            row["level"],
            part.herniations(int(row["patient"]))[row["level"]],
            float(row["probability"]),
        )
        for row in rows
    ]


def auroc_lost_out_of_fold(weights: Path, part: Spider | Sudirman) -> Estimate | None:
    """AUROC that a set's T2 discs lose without spacing; None where that wasn't predicted.

    Over the discs that were read both ways, patients redrawn in pairs.
    """
    before, after = (
        {(disc.patient, disc.level): disc for disc in read_out_of_fold(weights, part, "t2", change)}
        for change in (CLEAN, WITHOUT_SPACING)
    )
    both = [disc for disc in before if disc in after]
    if len({before[disc].truth for disc in both}) < 2:
        return None
    return estimate_loss([before[disc] for disc in both], [after[disc] for disc in both], auroc)
