"""Results that are there already: what `discai predict --resume` skips."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from discai.commands.study_results import folders_of_study
from discai.errors import PermanentError
from discai.pictures.output import PREDICTION_FILE


def is_done(path: Path, folder: Path, model_digest: str, wanted: Sequence[str]) -> bool:
    """Tell if a path was read into a folder, by this model, after its files were last changed.

    Of a study each series must have been read: one that failed is tried again. `wanted` are names
    of further files that each result must have.
    """
    try:
        results = folders_of_study(folder) or [folder]
        marks = [result / PREDICTION_FILE for result in results]
        if not all(_is_by(mark, model_digest) for mark in marks):
            return False
        if not all((result / name).is_file() for result in results for name in wanted):
            return False
        written = min(mark.stat().st_mtime for mark in marks)
        return all(file.stat().st_mtime <= written for file in _files(path))
    except (OSError, PermanentError):
        return False  # the reading says what is wrong


def results_below(folder: Path) -> list[Path]:
    """The folders with a result of one path: its own, or those of its study's series."""
    try:
        folders = folders_of_study(folder) or [folder]
    except PermanentError:  # a file of that name that is no result
        return []
    return [each for each in folders if (each / PREDICTION_FILE).is_file()]


def _is_by(mark: Path, model_digest: str) -> bool:
    try:
        prediction: Any = json.loads(mark.read_bytes())
    except ValueError:
        return False
    return isinstance(prediction, dict) and prediction.get("modelDigest") == model_digest


def _files(path: Path) -> Iterator[Path]:
    """A file, or all files of a folder; never none, so that what is gone is not done."""
    yield path
    if path.is_dir():
        yield from (file for file in path.rglob("*") if file.is_file())
