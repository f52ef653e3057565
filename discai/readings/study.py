"""`read` and `StudyReading`: a file, a folder or an archive read, for people who write Python."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Final

from discai.errors import DiscaiError, PermanentError, sentence_of
from discai.predictor import Predictor
from discai.readings.mask import Mask
from discai.readings.opening import Opened, Part, Reader, name_of, opened_path
from discai.readings.picture import Picture
from discai.readings.said import said_by, said_by_only, study_result
from discai.readings.series import SeriesReading
from discai.records.combination import combine
from discai.records.places import ReadSeries
from discai.records.record import Failure
from discai.records.scans import Step
from discai.records.study import LeftOut, StudyDisc
from discai.study import Study

if TYPE_CHECKING:
    import pandas as pd

#: The sequence that the worklist opens a study at, and the next best.
_FIRST: Final = ("T2", "T1")


@dataclass(frozen=True, eq=False)
class StudyReading:
    """A file, a folder or an archive as a model read it: one series or several.

    Attributes:
        series: those that were read, in the order of the study; at least one.
        answers: one a disc from all series, from the head down, as `discs` of `study.json`.
        failures: why a series could not be read, by its label.
        left_out: what else there was, and why it wasn't read.
        warnings: sentences for a person, of the study and of its series.
    """

    series: tuple[SeriesReading, ...]
    answers: tuple[StudyDisc, ...] = field(repr=False)
    failures: dict[str, Failure]
    left_out: tuple[LeftOut, ...] = field(repr=False)
    warnings: tuple[str, ...]

    @property
    def main(self) -> SeriesReading:
        """The series that `mask` and `show` are of: the first T2, else the first T1, else any.

        The review page opens a study at the same one.
        """
        ranks = [*_FIRST, None]
        return min(
            self.series,
            key=lambda each: ranks.index(each.sequence if each.sequence in _FIRST else None),
        )

    @cached_property
    def discs(self) -> "pd.DataFrame":
        """The tables of all series one after the other; the column `scan` names the series."""
        import pandas as pd

        return pd.concat([each.discs for each in self.series], ignore_index=True)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One answer a disc from all series, one a row.

        `herniation` is the answer; a column of each series' name has what that says, and
        `disagreement` a sentence. A cell is missing where a series doesn't show the disc, and
        where all agree.
        """
        import pandas as pd

        return pd.DataFrame(
            {
                "level": disc.level,
                "herniation": disc.herniation,
                **{each.name: disc.per_series.get(each.name) for each in self.series},
                "disagreement": disc.disagreement,
            }
            for disc in self.answers
        )

    @property
    def mask(self) -> Mask:
        """The segmentation of `main`; that of another is `reading.series[1].mask`."""
        return self.main.mask

    def show(self, slice: int | None = None) -> Picture:  # noqa: A002 - the field's word
        """A slice of `main` with outlines, levels and probabilities; as `SeriesReading.show`."""
        return self.main.show(slice)


def read(
    path: str | PathLike[str], *, model: str | PathLike[str] | None = None, backend: str = ""
) -> StudyReading:
    """Reads a scan or a study: whatever `discai predict` takes, by the same code.

    Args:
        path: a file, a folder or an archive.
        model: a folder with a model's `manifest.json` and weights; None for the built-in model. It
            is loaded once.
        backend: what runs the networks, one of `discai.backends.BACKEND_NAMES`; "" for the best.

    Raises:
        DiscaiError: with a code and a sentence, as in the README's table of codes. Of a study with
            several series only where none can be read.
    """
    return read_with(load(None if model is None else Path(model), backend), Path(path))


@cache
def load(model: Path | None = None, backend: str = "") -> Predictor:
    """The predictor of a folder, or of the built-in model, warm; loaded once.

    Raises `PermanentError` as `Predictor.load` does.
    """
    loaded = Predictor.bootstrap(backend) if model is None else Predictor.load(model, backend)
    loaded.warm()
    return loaded


def read_with(reader: Reader, path: Path) -> StudyReading:
    """The same by a reader that is loaded already."""
    try:
        with opened_path(path) as found:
            if found.study is None or len(found.parts) == 1:
                return _read_only(reader, name_of(path), found)
            return _read_several(reader, found.study, found.parts)
    except OSError as error:
        raise PermanentError("file-error", sentence_of(error)) from error


def _read_only(reader: Reader, name: str, found: Opened) -> StudyReading:
    (part,) = found.parts
    scan, reading = part.read(reader, _ignore)
    said = said_by_only(name, scan, reading, reader.herniation_threshold)
    sequence = part.series.sequence if part.series else None
    series = SeriesReading(name, sequence, scan, reading)
    left_out = found.study.left_out if found.study else ()
    return StudyReading((series,), tuple(combine([said]).discs), {}, left_out, series.warnings)


def _read_several(reader: Reader, study: Study, parts: Sequence[Part]) -> StudyReading:
    read_: list[SeriesReading] = []
    said: list[ReadSeries] = []
    errors: dict[str, DiscaiError] = {}
    for series, part in zip(study.series, parts, strict=True):
        try:
            scan, reading = part.read(reader, _ignore)
        except DiscaiError as error:
            errors[part.label] = error
        else:
            said.append(said_by(series, scan, reading, reader.herniation_threshold))
            read_.append(SeriesReading(part.label, series.sequence, scan, reading))
    if not read_:
        raise next(iter(errors.values()))
    failures = {
        label: Failure(code=error.code, message=error.message) for label, error in errors.items()
    }
    result = study_result(study, failures, said)
    warnings = [f"{each.name}: {warning}" for each in read_ for warning in each.warnings]
    return StudyReading(
        tuple(read_),
        tuple(result.discs),
        failures,
        study.left_out,
        (*result.warnings, *warnings),
    )


def _ignore(_step: Step, _done: int, _total: int) -> None:
    """Progress that is not shown."""
