"""Lines on stdout of `discai predict`: of each scan, for people, for programs, or none."""

import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any

from tqdm import tqdm

from discai.commands.study_results import STUDY_FILE, table_of
from discai.pictures.output import prediction_json
from discai.reading import Reading
from discai.records.record import Failure
from discai.records.study import StudyResult
from discai.scan import Scan


class Stdout(StrEnum):
    """Form of what is printed.

    `TEXT` is a line for each reading and a table for each study. `JSON` is an object for each
    reading, each study, each failure and what is skipped, one a line, as docs/cli.md lists them.
    `NOTHING` also draws no progress.
    """

    TEXT = "text"
    JSON = "json"
    NOTHING = "nothing"

    @property
    def no_progress(self) -> bool | None:
        """For tqdm's `disable`: None draws on terminals alone."""
        return True if self is Stdout.NOTHING else None

    def reading(self, path: Path, series: str, folder: Path, scan: Scan, reading: Reading) -> None:
        """Prints what was read; `series` is empty for a path's only scan."""
        if self is Stdout.TEXT:
            _print([f"{path} -> {folder}: {_at_a_glance(reading)}"])
        elif self is Stdout.JSON:
            _print_object(
                path, series, folder=str(folder), prediction=prediction_json(scan, reading)
            )

    def study(self, path: Path, folder: Path, result: StudyResult) -> None:
        """Prints the answer of a study, whose series were printed before."""
        if self is Stdout.TEXT:
            _print([f"{path} -> {folder / STUDY_FILE}:", *table_of(result)])
        elif self is Stdout.JSON:
            study = result.model_dump(mode="json", by_alias=True)
            _print_object(path, "", folder=str(folder), study=study)

    def skipped(self, path: Path, folder: Path) -> None:
        """Prints that a path's results are there already."""
        if self is Stdout.TEXT:
            _print([f"{path} -> {folder}: is there already"])
        elif self is Stdout.JSON:
            _print_object(path, "", folder=str(folder), skipped=True)

    def failure(self, path: Path, series: str, failure: Failure) -> None:
        """Prints a failure for programs; people are told on stderr."""
        if self is Stdout.JSON:
            _print_object(path, series, error=failure.model_dump(by_alias=True))


def _print_object(path: Path, series: str, **content: Any) -> None:
    # ASCII alone: a file's name may hold bytes that are no text.
    _print([json.dumps({"scan": str(path), "series": series or None, **content})])


def _print(lines: Iterable[str]) -> None:
    tqdm.write("\n".join(lines))


def _at_a_glance(reading: Reading) -> str:
    discs = ", ".join(f"{disc.level} {disc.herniation:.0%}" for disc in reading.discs)
    return " · ".join([discs, *reading.warnings])
