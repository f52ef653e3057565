"""Reads many scans one after the other: what `discai predict` does."""

import logging
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from tqdm import tqdm

from discai.errors import DiscaiError, PermanentError, sentence_of
from discai.pictures.output import files_of_prediction, remove_prediction, write_prediction
from discai.reading import Reading
from discai.records.scans import Step
from discai.scan import Scan, read_scan
from discai.scan.folder import typed_name, zip_folder

logger = logging.getLogger(__name__)

_DOUBLE_EXTENSIONS: Final = (".nii.gz", ".png.zip")


class Reader(Protocol):
    """Reader of scans, as the `Predictor` is."""

    def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
        """The reading; raises `PermanentError`."""


def predict_all(
    predictor: Reader, scans: list[Path], out: Path, complain: Callable[[str], None]
) -> int:
    """Writes the prediction of each scan below `out`; returns how many scans failed.

    Each failure is one line to `complain`: `scan: code: sentence`; an unexpected one is
    `internal`, and its traceback is logged. Progress goes to stderr, one line per finished scan to
    stdout. An earlier result in a scan's folder is removed before the scan is read, so that none
    is there if that fails; what may be no result but a scan is left, and the new one refused.
    """
    failed = 0
    sources = set(map(_real, scans))
    with tqdm(total=len(scans), unit="scan", disable=None, leave=False) as bar:
        for path, folder in zip(scans, output_folders(scans, out), strict=True):
            try:
                _refuse_to_overwrite(sources, path, folder)
                remove_prediction(folder)
                reading = _predict_one(predictor, path, folder)
            except DiscaiError as error:
                failed += 1
                bar.clear()
                complain(f"{path}: {error.code}: {error.message}")
            except OSError as error:
                failed += 1
                bar.clear()
                complain(f"{path}: file-error: {sentence_of(error)}")
            except Exception as error:
                failed += 1
                bar.clear()
                logger.exception("the reading broke off")  # a fault in DiscAI: show where
                complain(f"{path}: internal: The reading broke off ({type(error).__name__}).")
            else:
                tqdm.write(f"{path} -> {folder}: {_at_a_glance(reading)}")
            bar.update()
    return failed


def output_folders(scans: list[Path], out: Path) -> list[Path]:
    """A folder of its own for each scan: `out/NAME`, then `out/NAME-2` for another of that name.

    Who is first is decided by the paths and not by their order, and no scan is given the name that
    another one has by itself. Names that differ only in case count as one: some file systems think
    so too.
    """
    names = [_name_of(path) for path in scans]
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


def _name_of(path: Path) -> str:
    """The name as it was typed, without the extension of a file; never empty, `.` or `..`."""
    name = typed_name(path)
    stem = name if _is_folder(path) else _without_extension(name)
    return (stem if stem.strip(".") else name) or "scan"


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
