"""Learning curve: the challenger's AUROC by the number of scans that were corrected.

    python -m pipeline.commands.learning_curve --data DATA --scans 10 20 40 80 --out docs/model

Simulated reviewers correct real scans through the front door (`pipeline.simulate_labels`); at each
number a run is started by hand and waited for. The settings of the cloud decide what challengers
learn from beside the corrections, and on whom they are judged: docs/model/learning.md says how to
set them.
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from tqdm import tqdm

from discai.cloud.database import Database
from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.production import ProductionRepository
from discai.cloud.retraining import RetrainingRepository
from discai.commands.upload import UploadSettings
from discai.errors import PermanentError
from pipeline.commands import run_pipeline
from pipeline.commands.simulate_labels import (
    Noise,
    SimulatedReviewer,
    SimulationSettings,
    development_scans,
)
from pipeline.data.folder import DataFolder
from pipeline.evaluation.report.plots import interval_plot

NAME: Final = "learning"


@dataclass(frozen=True)
class Point:
    """A challenger that learned from so many corrected scans, and its AUROC's 95 % interval."""

    scans: int
    discs: int
    herniated: int
    auroc: float
    low: float
    high: float
    decision: str


def measure(
    data: DataFolder, counts: Sequence[int], noise: Noise, reviewer: SimulatedReviewer
) -> Iterator[Point]:
    """Corrects ever more scans, and trains a challenger at each count."""
    scans = development_scans(data)
    corrected = 0
    for count in sorted(counts):
        for _ in tqdm(range(count - corrected), desc=f"up to {count} scans", unit="scan"):
            name, scan, herniations = next(scans)
            reviewer.correct(name, scan, herniations, noise)
        corrected = count
        if run_pipeline.main(["--watch"]) != 0:
            raise PermanentError("run-failed", "The run failed, so there is no challenger.")
        yield newest_challenger(FirestoreDatabase.connect(), count)


def newest_challenger(database: Database, scans: int) -> Point:
    """Labels that the last run's challenger learned from, and its figures on the frozen set."""
    runs = RetrainingRepository(database, threshold=1)
    run = runs.run(runs.count().epoch)
    model = ProductionRepository(database).model(run.model_version or "") if run else None
    if run is None or model is None or model.evaluation is None or run.dataset is None:
        raise PermanentError("no-challenger", "The last run made no model that was judged.")
    auroc = model.evaluation.metrics["auroc"]
    return Point(
        scans=scans,
        discs=run.dataset.from_corrections,
        herniated=run.dataset.herniated,
        auroc=round(auroc.value, 4),
        low=round(auroc.low, 4),
        high=round(auroc.high, 4),
        decision=run.decision or "",
    )


def write(points: Sequence[Point], out: Path) -> None:
    """Writes `learning.csv` and `learning.svg`."""
    with (out / f"{NAME}.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [field.name for field in fields(Point)])
        table.writeheader()
        table.writerows(asdict(point) for point in points)
    svg = interval_plot(
        [(point.scans, point.auroc, point.low, point.high) for point in points],
        across="corrected scans",
        up="AUROC of the challenger",
    )
    (out / f"{NAME}.svg").write_text(svg, encoding="utf-8")


def main() -> int:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(
        "python -m pipeline.commands.learning_curve", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--scans", type=int, nargs="+", default=[10, 20, 40, 80], metavar="N")
    parser.add_argument("--out", type=Path, required=True, help="folder for the plot and its table")
    parser.add_argument(
        "--noise", type=float, default=Noise.wrong, help="chance of a wrong finding"
    )
    options = parser.parse_args()
    reviewer = SimulatedReviewer(UploadSettings.read(), SimulationSettings.read())
    points: list[Point] = []
    try:
        patients = DataFolder(options.data)
        for point in measure(patients, options.scans, Noise(options.noise), reviewer):
            points.append(point)
            write(points, options.out)  # a later run that fails takes nothing back
    except PermanentError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
