"""The usual ranges of quantities, which the reason for a probability names.

    python -m pipeline.evaluation.figures.usual --data DATA

Reads the mid-slices and T2-SPACE volumes of the patients that models learn from, takes every disc
whose grading is sure and says no herniation, and writes the end of each quantity's usual range at
each level to `discai/quantities/usual.json`. A disc that several series show counts once for each.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from discai.anatomy import LEVELS
from discai.predictor import Predictor, built_in_model
from discai.quantities.usual import (
    BEYOND_PERCENT,
    ENDS,
    USUAL_FILE,
    UsualEnd,
    UsualRanges,
)
from discai.reading import RangedName, Reading
from pipeline.data.folder import DataFolder, GradedScan
from pipeline.evaluation.readings import Outcome, Readings

#: No end is drawn through fewer discs.
FEWEST_DISCS: Final = 50
_DIGITS: Final = 2
_COMMAND: Final = "python -m pipeline.evaluation.figures.usual --data DATA"


def ranges_of(
    scans: Sequence[GradedScan], outcomes: Iterable[Outcome], model_version: str
) -> UsualRanges:
    """The ranges over the discs without a herniation; a refused scan has none."""
    values: dict[tuple[RangedName, str], list[float]] = defaultdict(list)
    patients = set()
    for scan, outcome in zip(scans, outcomes, strict=True):
        if not isinstance(outcome, Reading):
            continue
        for disc in outcome.discs:
            if scan.herniations.get(disc.level) is not False or disc.quantities is None:
                continue
            patients.add(scan.patient)
            for name in ENDS:
                value = getattr(disc.quantities, name)
                if value is not None:
                    values[name, disc.level].append(value)
    return UsualRanges(
        made_by=_COMMAND,
        model_version=model_version,
        patients=len(patients),
        ends={
            name: {
                level: UsualEnd(end=_end(name, known), discs=len(known))
                for level in LEVELS
                if len(known := values[name, level]) >= FEWEST_DISCS
            }
            for name in ENDS
        },
    )


def _end(name: RangedName, values: list[float]) -> float:
    percent = BEYOND_PERCENT if ENDS[name] == "low" else 100 - BEYOND_PERCENT
    return round(float(np.percentile(values, percent)), _DIGITS)


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.evaluation.figures.usual",
        description="Measure the usual range of quantities in discs without a herniation.",
    )
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--weights", type=Path, help="a model version (default: the built-in one)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(".local/usual"),
        help="where readings are kept (default: %(default)s)",
    )
    arguments = parser.parse_args()
    weights = arguments.weights or built_in_model()
    predictor = Predictor.load(weights)
    graded = DataFolder(arguments.data).graded_scans(("train", "tune"))
    scans = [scan for scan in graded if scan.herniations]
    readings = Readings(predictor, weights, arguments.cache)
    outcomes = readings.read_all([scan.scan for scan in scans], "training patients")
    ranges = ranges_of(scans, outcomes, predictor.model_version)
    USUAL_FILE.write_text(ranges.model_dump_json(indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
