"""Reads many scans one after the other: what `discai predict` does."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from discai.commands.asked_for import NOTHING, AskedFor
from discai.commands.stdout import Stdout
from discai.commands.study_results import (
    folders_of_study,
    remove_study,
    write_study,
)
from discai.errors import DiscaiError, PermanentError, sentence_of
from discai.pictures.output import files_of_prediction, remove_prediction, write_prediction
from discai.reading import Reading
from discai.readings.opening import Part, Reader, name_of, opened_path
from discai.readings.said import said_by, study_result
from discai.records.places import ReadSeries
from discai.records.record import Failure
from discai.records.scans import Step
from discai.scan import Scan
from discai.study import Series, Study

logger = logging.getLogger(__name__)

IsDone = Callable[[Path, Path], bool]
"""Tells if the results of a path are in its folder already."""


def predict_all(
    predictor: Reader,
    scans: list[Path],
    out: Path,
    complain: Callable[[str], None],
    asked_for: AskedFor = NOTHING,
    stdout: Stdout = Stdout.TEXT,
    is_done: IsDone = lambda path, folder: False,
) -> int:
    """Writes the prediction of each scan below `out`; returns how many scans failed.

    A study of several series gets a folder for each of them below its own, and a `study.json` with
    one answer a disc.
    Each failure is one line to `complain`: `scan: code: sentence`; an unexpected one is
    `internal`, and its traceback is logged. What was asked for and can't be is no failure, but a
    note to `complain`: `scan: note: sentence`. Progress goes to stderr if that is a terminal, what
    is read to stdout in the form that `stdout` says. An earlier result in a scan's folder is
    removed before the scan is read, so that none is there if that fails; what may be no result but
    a scan is left, and the new one refused. Paths that are done are left as they are.
    """
    failed = 0
    sources = set(map(_real, scans))
    with tqdm(total=len(scans), unit="scan", disable=stdout.no_progress, leave=False) as bar:

        def fail(path: Path, series: str, failure: Failure) -> None:
            nonlocal failed
            failed += 1
            stdout.failure(path, series, failure)
            bar.clear()
            name = f"{path} ({series})" if series else path
            complain(f"{name}: {failure.code}: {failure.message}")

        def note(name: str, sentence: str) -> None:
            bar.clear()
            complain(f"{name}: note: {sentence}")

        for path, folder in zip(scans, output_folders(scans, out), strict=True):
            if is_done(path, folder):
                stdout.skipped(path, folder)
                bar.update()
                continue
            job = _Job(predictor, path, folder, sources, fail, note, asked_for, stdout)
            if failure := _failure_of(job.predict):
                fail(path, "", failure)
            bar.update()
    return failed


@dataclass(frozen=True)
class _Job:
    """One path on its way to results below its folder.

    `fail` hears of series that failed, and `note` of what was asked for and can't be.
    """

    predictor: Reader
    path: Path
    folder: Path
    sources: set[Path]
    fail: Callable[[Path, str, Failure], None]
    note: Callable[[str, str], None]
    asked_for: AskedFor
    stdout: Stdout

    def predict(self) -> None:
        """Reads the path's scan, or all series of its study."""
        for folder in (self.folder, *folders_of_study(self.folder)):
            _refuse_to_overwrite(self.sources, self.path, folder)
        remove_study(self.folder)
        remove_prediction(self.folder)
        with opened_path(self.path) as found:
            if found.study is None or len(found.parts) == 1:
                self._read(found.parts[0], self.folder)
            else:
                self._predict_study(found.study, found.parts)

    def _predict_study(self, study: Study, parts: tuple[Part, ...]) -> None:
        failures: dict[str, Failure] = {}
        said: list[ReadSeries] = []
        # Before the series, so that these are found when it breaks off.
        write_study(self.folder, study_result(study, failures, said))
        for series, part in zip(study.series, parts, strict=True):
            failure = _failure_of(partial(self._predict_series, series, part, said))
            if failure:
                self.fail(self.path, part.label, failure)
                failures[part.label] = failure
        result = study_result(study, failures, said)
        write_study(self.folder, result)
        self.stdout.study(self.path, self.folder, result)

    def _predict_series(self, series: Series, part: Part, said: list[ReadSeries]) -> None:
        folder = self.folder / part.label
        _refuse_to_overwrite(self.sources, self.path, folder)
        remove_prediction(folder)
        scan, reading = self._read(part, folder)
        said.append(said_by(series, scan, reading, self.predictor.herniation_threshold))

    def _read(self, part: Part, folder: Path) -> tuple[Scan, Reading]:
        with tqdm(
            unit="slice",
            desc=self.path.name,
            disable=self.stdout.no_progress,
            leave=False,
            position=1,
        ) as bar:

            def show(step: Step, done: int, total: int) -> None:
                bar.set_description(f"{self.path.name} {step}", refresh=False)
                bar.total, bar.n = total, done
                bar.refresh()

            scan, reading = part.read(self.predictor, show)
        threshold = self.predictor.herniation_threshold
        more, notes = self.asked_for.files(scan, reading, threshold, part.files)
        write_prediction(folder, scan, reading, more)
        series = "" if folder == self.folder else folder.name
        for sentence in notes:
            self.note(f"{self.path} ({series})" if series else str(self.path), sentence)
        self.stdout.reading(self.path, series, folder, scan, reading)
        return scan, reading


def _failure_of(work: Callable[[], None]) -> Failure | None:
    """The failure of some work; None if it did not fail."""
    try:
        work()
    except DiscaiError as error:
        return Failure(code=error.code, message=error.message)
    except BrokenPipeError:  # the program that read our lines has ended
        raise
    except OSError as error:
        return Failure(code="file-error", message=sentence_of(error))
    except Exception as error:
        logger.exception("the reading broke off")  # a fault in DiscAI: show where
        return Failure(code="internal", message=f"The reading broke off ({type(error).__name__}).")
    return None


def output_folders(scans: list[Path], out: Path) -> list[Path]:
    """A folder of its own for each scan: `out/NAME`, then `out/NAME-2` for another of that name.

    Who is first is decided by the paths and not by their order, and no scan is given the name that
    another one has by itself. Names that differ only in case count as one: some file systems think
    so too.
    """
    names = [name_of(path) for path in scans]
    taken = {name.casefold() for name in names}
    given: set[str] = set()
    for index in sorted(range(len(scans)), key=lambda index: str(scans[index])):
        plain = name = names[index]
        number = 1
        while plain.casefold() in given and name.casefold() in taken:
            number += 1
            name = f"{plain}-{number}"
        given.add(plain.casefold())
        taken.add(name.casefold())
        names[index] = name
    return [out / name for name in names]


def _refuse_to_overwrite(sources: set[Path], path: Path, folder: Path) -> None:
    """A result must neither replace a scan nor become a part of its own, if that is a folder."""
    target = _real(folder)
    replaced = {target, *map(_real, files_of_prediction(target))}
    if sources & replaced or _real(path) in target.parents:
        raise PermanentError(
            "bad-output", "The result would lie in a scan's folder or replace it; change --out."
        )


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # unlike `resolve`, takes links that lead in a circle
