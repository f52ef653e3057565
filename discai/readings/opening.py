"""Scans of a path that a person names: one, or the series of a study, each to be read."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from discai.errors import PermanentError
from discai.reading import Reading
from discai.records.scans import Step
from discai.scan import Scan, read_scan
from discai.scan.names import typed_name
from discai.study import Series, Study, may_hold_several, opened, sort_study

_DOUBLE_EXTENSIONS: Final = (".nii.gz", ".png.zip")

ReportProgress = Callable[[Step, int, int], None]
"""`progress(step, done, total)`, called as the work goes on."""


class Reader(Protocol):
    """Reader of scans, as the `Predictor` is."""

    @property
    def herniation_threshold(self) -> float:
        """The probability from which on a disc is herniated."""

    def read(self, scan: Scan, progress: ReportProgress) -> Reading:
        """The reading; raises `PermanentError`."""


@dataclass(frozen=True)
class Part:
    """One scan of what was named.

    Attributes:
        label: of the series, such as `1-t2`; empty for the only scan.
        files: that `Scan.sources` counts.
        load: reads the files; raises `PermanentError`.
        series: that it is; None for a file that no study was looked for in.
        started: when its opening began, by `time.monotonic`; None for one of several.
    """

    label: str
    files: tuple[Path, ...]
    load: Callable[[], Scan] = field(repr=False)
    series: Series | None = None
    started: float | None = None

    def read(self, reader: Reader, progress: ReportProgress) -> tuple[Scan, Reading]:
        """The scan and what is read in it; `seconds` say how long the opening took, too."""
        started = time.monotonic() if self.started is None else self.started
        scan = self.load()
        seconds = time.monotonic() - started
        reading = reader.read(scan, progress)
        return scan, replace(reading, seconds={"read": seconds, **reading.seconds})


@dataclass(frozen=True)
class Opened:
    """The scans of a path.

    Attributes:
        parts: at least one.
        study: that the parts are the series of; None for a file in which none was looked for.
    """

    parts: tuple[Part, ...]
    study: Study | None = None


@contextmanager
def opened_path(path: Path) -> Iterator[Opened]:
    """The scans of a file, a folder or an archive; what is unpacked goes with the context.

    Raises `PermanentError`: `not-found` if nothing is there, and what `sort_study` raises.
    """
    started = time.monotonic()
    if not may_hold_several(path):
        yield Opened((Part("", (path,), lambda: _read_file(path), started=started),))
        return
    with opened(path) as files:
        study = sort_study(files)
        if len(study.series) == 1:
            (only,) = study.series
            yield Opened((Part("", tuple(only.files), study.only_scan, only, started),), study)
        else:
            parts = [Part(each.label, tuple(each.files), each.read, each) for each in study.series]
            yield Opened(tuple(parts), study)


def name_of(path: Path) -> str:
    """The name as it was typed, without the extension of a file; never empty, `.` or `..`."""
    name = typed_name(path)
    stem = name if _is_folder(path) else _without_extension(name)
    return (stem if stem.strip(".") else name) or "scan"


def _read_file(path: Path) -> Scan:
    if not path.exists():
        raise PermanentError("not-found", "There is no such file or folder.")
    return read_scan(path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # is reported when the scan is read
        return False


def _without_extension(name: str) -> str:
    for extension in _DOUBLE_EXTENSIONS:
        if name.lower().endswith(extension) and len(name) > len(extension):
            return name[: -len(extension)]
    return Path(name).stem
