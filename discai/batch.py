"""Reads many scans one after the other: what `discai predict` does."""

import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from tqdm import tqdm

from discai.errors import DiscaiError, PermanentError
from discai.output import write_prediction
from discai.reading import Reading
from discai.records import Step
from discai.scan import Scan, read_scan
from discai.scan.folder import zip_folder

logger = logging.getLogger(__name__)

_DOUBLE_EXTENSIONS: Final = (".nii.gz", ".png.zip")


class Reader(Protocol):
    """What reads scans: the `Predictor`."""

    def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
        """The reading; raises `PermanentError`."""


def predict_all(
    predictor: Reader, scans: list[Path], out: Path, complain: Callable[[str], None]
) -> int:
    """Writes the prediction of each scan below `out`; returns how many scans failed.

    Each failure is one line to `complain`: `name: code: sentence`; one that nobody foresaw is
    `internal`, and its traceback is logged. Progress goes to stderr, one line per finished scan to
    stdout.
    """
    failed = 0
    with tqdm(total=len(scans), unit="scan", disable=None, leave=False) as bar:
        for path, folder in zip(scans, output_folders(scans, out), strict=True):
            try:
                reading = _predict_one(predictor, path, folder)
            except DiscaiError as error:
                failed += 1
                bar.clear()
                complain(f"{path.name}: {error.code}: {error.message}")
            except OSError as error:
                failed += 1
                bar.clear()
                complain(f"{path.name}: file-error: {error.strerror}.")
            except Exception as error:
                failed += 1
                bar.clear()
                logger.exception("the reading broke off")  # a fault of ours: show where
                complain(f"{path.name}: internal: The reading broke off ({type(error).__name__}).")
            else:
                tqdm.write(f"{folder}: {_at_a_glance(reading)}")
            bar.update()
    return failed


def output_folders(scans: list[Path], out: Path) -> list[Path]:
    """A folder of its own for each scan: `out/NAME`, then `out/NAME-2` for the next of that name.

    Names that differ only in case count as one: some file systems think so too.
    """
    folders: list[Path] = []
    taken: set[str] = set()
    for path in scans:
        stem = name = _stem(path)
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        folders.append(out / name)
    return folders


def _stem(path: Path) -> str:
    name = path.resolve().name  # `.` and `..` have none of their own
    for extension in _DOUBLE_EXTENSIONS:
        if name.lower().endswith(extension) and len(name) > len(extension):
            return name[: -len(extension)]
    return name if path.is_dir() else Path(name).stem


def _predict_one(predictor: Reader, path: Path, folder: Path) -> Reading:
    started = time.monotonic()
    scan = _read(path)
    seconds = time.monotonic() - started
    with tqdm(unit="slice", desc=path.name, disable=None, leave=False, position=1) as bar:

        def show(step: Step, done: int, total: int) -> None:
            bar.set_description(f"{path.name} {step}", refresh=False)
            bar.total, bar.n = total, done
            bar.refresh()

        reading = predictor.read(scan, show)
    reading = replace(reading, seconds={"read": seconds, **reading.seconds})
    write_prediction(folder, scan, reading)
    return reading


def _read(path: Path) -> Scan:
    if not path.exists():
        raise PermanentError("not-found", "There is no such file or folder.")
    if not path.is_dir():
        return read_scan(path)
    with tempfile.TemporaryDirectory(prefix="discai-") as folder:
        archive = Path(folder, "scan.zip")
        zip_folder(path, archive)
        return read_scan(archive)


def _at_a_glance(reading: Reading) -> str:
    discs = ", ".join(f"{disc.level} {disc.herniation:.0%}" for disc in reading.discs)
    return " · ".join([discs, *reading.warnings])
