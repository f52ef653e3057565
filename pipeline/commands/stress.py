"""Wrong levels of which nothing is said, over pictures as users make them, of all development data.

    python -m pipeline.commands.stress --data DATA --out docs/model

Every mid-slice of the patients that train or tune, of both hospitals, is read with square pixels,
and after some changes drawn by chance (`evaluation.changes.stressed`), half without spacing.
Writes `stress.csv`, a row a kind, and prints each picture whose levels are shifted without a word.
"""

import argparse
import logging
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from discai.anatomy import LEVELS
from discai.predictor import Predictor, built_in_model
from discai.reading import CornerBox, Reading
from discai.scan import Scan
from pipeline.data.folder import DataFolder
from pipeline.data.scans import without_spacing
from pipeline.evaluation.cases import Case, mid_slice_cases
from pipeline.evaluation.changes.cuts import warns_of_levels
from pipeline.evaluation.changes.perturbations import on_grid, with_square_pixels
from pipeline.evaluation.changes.stressed import CHANGES, Changed, is_shifted
from pipeline.evaluation.readings import Outcome, Readings
from pipeline.metrics.estimates import Estimate, estimate_share

SEED: Final = 20261201
NAME: Final = "stress.csv"
CHANGES_EACH: Final = 3
UNCHANGED: Final = "unchanged"
COLUMNS: Final = ("change", "pictures", "refused", "warned", "shifted", "silent")
_SAME: Final = np.eye(3)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stressed:
    """A changed picture as a scan, with the truth in the picture as it was."""

    name: str
    patient: int
    change: str
    scan: Scan
    made: Changed
    truth: Mapping[str, CornerBox]


def stressed(
    case: Case, truth: Mapping[str, CornerBox], number: int, each: int
) -> Iterator[Stressed]:
    """Changes of a picture, drawn by chance; the same number draws the same ones."""
    random = np.random.default_rng((SEED, number))
    picture = _as_bytes(case.scan.voxels[0])
    rows = {level: (box[1] + box[3]) / 2 for level, box in truth.items()}
    for name in random.choice(list(CHANGES), each, replace=False).tolist():
        made = CHANGES[name](picture, rows, random)
        scan = _as_scan(case.scan, made)
        if made.scale is not None and random.random() < 0.5:
            scan, name = without_spacing(scan), f"{name}, without spacing"
        yield Stressed(case.name, case.patient, name, scan, made, truth)


def truth_of(case: Case, outcome: Outcome) -> Mapping[str, CornerBox] | None:
    """Boxes of all lumbar discs by level: the annotators', else as read unchanged.

    None where neither tells of all of them.
    """
    read = {disc.level: disc.box for disc in outcome.discs} if isinstance(outcome, Reading) else {}
    for boxes in (case.boxes, read):
        if set(LEVELS) <= boxes.keys():
            return {level: boxes[level] for level in LEVELS}
    return None


def result(change: str, cases: list[Stressed], outcomes: list[Outcome]) -> dict[str, Any]:
    """A row of the table."""
    read = [
        (case, is_wrong(case, outcome), warns_of_levels(outcome))
        for case, outcome in zip(cases, outcomes, strict=True)
        if isinstance(outcome, Reading)
    ]
    for case, wrong, warned in read:
        if wrong and not warned:
            log.warning("shifted without a word: %s, %s", case.name, change)
    return {
        "change": change,
        "pictures": len(cases),
        "refused": len(cases) - len(read),
        "warned": sum(warned for *_, warned in read),
        "shifted": sum(wrong for _, wrong, _ in read),
        "silent": sum(wrong and not warned for _, wrong, warned in read),
    }


def is_wrong(case: Stressed, reading: Reading) -> bool:
    """Tell if a disc was read under another level than its own."""
    return is_shifted({disc.level: disc.box for disc in reading.discs}, case.truth, case.made)


def measure(data: DataFolder, readings: Readings, each: int, limit: int | None) -> pd.DataFrame:
    """The table of all kinds, the unchanged pictures first."""
    cases = [
        with_square_pixels(case)
        for part in data.sets
        for subset in ("train", "tune")
        for case in mid_slice_cases(part, subset, ("t1", "t2"))
    ][:limit]
    whole = readings.read_all([case.scan for case in cases], UNCHANGED)
    by_change: dict[str, list[Stressed]] = {UNCHANGED: []}
    for number, (case, outcome) in enumerate(zip(cases, whole, strict=True)):
        truth = truth_of(case, outcome)
        if truth is None:
            continue
        made = Changed(_as_bytes(case.scan.voxels[0]), _SAME, 1.0)
        same = Stressed(case.name, case.patient, UNCHANGED, case.scan, made, truth)
        for change in (same, *stressed(case, truth, number, each)):
            by_change.setdefault(change.change, []).append(change)
    return pd.DataFrame(
        [
            result(name, of, readings.read_all([case.scan for case in of], name))
            for name, of in sorted(by_change.items(), key=lambda item: item[0] != UNCHANGED)
        ],
        columns=list(COLUMNS),
    )


def silent_share(table: pd.DataFrame) -> Estimate:
    """Share of the readings of changed pictures with a wrong level and no word of it."""
    of = table[table.change != UNCHANGED]
    return estimate_share(int(of.silent.sum()), int((of.pictures - of.refused).sum()))


def main() -> int:
    """Measure from the command line."""
    parser = argparse.ArgumentParser("python -m pipeline.commands.stress", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the table")
    parser.add_argument("--weights", type=Path, help="default: the newest that came with the code")
    parser.add_argument("--cache", type=Path, default=Path(".local/stress"), help="for readings")
    parser.add_argument("--each", type=int, default=CHANGES_EACH, help="changes of each picture")
    parser.add_argument("--limit", type=int, metavar="N", help="only N pictures, for a quick look")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    weights = options.weights or built_in_model()
    readings = Readings(Predictor.load(weights), weights, options.cache)
    table = measure(DataFolder(options.data), readings, options.each, options.limit)
    table.to_csv(options.out / NAME, index=False)
    print(table.to_string(index=False))
    print(f"shifted without a word: {silent_share(table)}")
    return 0


def _as_bytes(page: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    grey = page.astype(np.float32)
    return np.asarray((255 * grey / max(1.0, float(grey.max()))).astype(np.uint8))


def _as_scan(scan: Scan, made: Changed) -> Scan:
    """The changed picture with the spacing that it then has."""
    plain = scan.spacing_mm is None or made.scale is None
    spacing_mm = scan.spacing_mm or (1.0, 1.0, 1.0)
    scale = made.scale or 1.0
    pixels = made.pixels[None]
    changed = on_grid(scan, pixels, (spacing_mm[0], spacing_mm[1] / scale, spacing_mm[2] / scale))
    return without_spacing(changed) if plain else changed


if __name__ == "__main__":
    sys.exit(main())
