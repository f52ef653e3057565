"""`study.json` of `discai predict`: the series of a study, beside their folders, and its discs."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pydantic

from discai.errors import PermanentError
from discai.pictures.output import remove_prediction
from discai.records.study import StudyResult

STUDY_FILE: Final = "study.json"
_FOLDER: Final = re.compile(r"[1-9][0-9]*-[\w-]+")


def table_of(result: StudyResult) -> Iterator[str]:
    """The study's discs as lines of text: the answer, then what each series says, then warnings."""
    folders = [series.folder for series in result.series if series.error is None]
    if result.discs:
        yield " ".join([" " * 5, "study", *folders])
    for disc in result.discs:
        said = [disc.per_series.get(folder) for folder in folders]
        cells = [
            f"{'-' if each is None else format(each, '.0%'):>{max(5, len(name))}}"
            for name, each in zip(["study", *folders], [disc.herniation, *said], strict=True)
        ]
        yield " ".join([disc.level, *cells, disc.disagreement or ""]).rstrip()
    yield from result.warnings


def write_study(directory: Path, result: StudyResult) -> None:
    """Writes the file in one go, and its folder if there is none."""
    directory.mkdir(parents=True, exist_ok=True)
    text = result.model_dump_json(by_alias=True, indent=2) + "\n"
    with tempfile.TemporaryDirectory(prefix=".discai-", dir=directory) as folder:
        draft = Path(folder, STUDY_FILE)
        draft.write_text(text, encoding="utf-8")
        draft.replace(directory / STUDY_FILE)


def folders_of_study(directory: Path) -> list[Path]:
    """The series' folders that an earlier `study.json` names, whether they are there or not.

    Raises `PermanentError("bad-output")` for a file of that name that is no result.
    """
    file = directory / STUDY_FILE
    if not file.is_file():
        return []
    try:
        result = StudyResult.model_validate_json(file.read_bytes())
    except pydantic.ValidationError as error:
        raise _no_result(file) from error
    names = [series.folder for series in result.series]
    if not all(map(_FOLDER.fullmatch, names)):
        raise _no_result(file)
    return [directory / name for name in names]


def remove_study(directory: Path) -> None:
    """Removes an earlier study's predictions and its `study.json`, and folders that are then empty.

    Raises `PermanentError("bad-output")` as `remove_prediction` does.
    """
    for folder in folders_of_study(directory):
        remove_prediction(folder)
    file = directory / STUDY_FILE
    if file.is_file():
        file.unlink()
        if not any(directory.iterdir()):
            directory.rmdir()


def _no_result(file: Path) -> PermanentError:
    return PermanentError(
        "bad-output",
        f"{file} has the name of a result, but is none; move it or change --out.",
    )
