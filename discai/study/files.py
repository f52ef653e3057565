"""Files of a folder or an archive, with the names that they have for people."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from discai.errors import PermanentError
from discai.records.scans import SCAN_MAX_BYTES
from discai.scan import dicom
from discai.scan.archive import MAX_ENTRIES, MAX_UNPACKED_BYTES, is_archive, unpack
from discai.scan.kinds import IMAGES, format_of, formats_of, is_of_system

#: An archive in an archive is opened, one in that isn't.
_DEPTH: Final = 1


def may_hold_several(path: Path) -> bool:
    """Tell if a path is a folder or an archive; what isn't there or too large is neither."""
    if path.is_dir():
        return True
    return path.is_file() and path.stat().st_size <= SCAN_MAX_BYTES and is_archive(path)


def names_its_study(path: Path) -> bool:
    """Tell if a file is an archive or DICOM: sorted as a study, it says which it belongs to."""
    return may_hold_several(path) or (
        path.is_file() and format_of(path, path.name, IMAGES) is dicom
    )


@contextmanager
def opened(path: Path) -> Iterator[dict[Path, str]]:
    """The files of a folder, an archive, or a file that is neither, and their names in it.

    Archives that lie where no image does are opened, too. What is unpacked goes with the context.

    Raises:
        PermanentError: `empty` for a folder without files, or what `discai.scan.archive.unpack`
            raises.
    """
    with tempfile.TemporaryDirectory(prefix="discai-") as folder:
        if path.is_dir():
            yield _with_archives(_files_below(path), Path(folder), _DEPTH + 1)
        elif is_archive(path):
            yield _with_archives(unpack(path, _new_folder(Path(folder))), Path(folder), _DEPTH)
        else:
            yield {path: path.name}


def _files_below(folder: Path) -> dict[Path, str]:
    files = {
        path: name
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not is_of_system(name := path.relative_to(folder).as_posix())
    }
    if not files:
        raise PermanentError(
            "empty", "The folder holds no DICOM files, no volumes and no pictures."
        )
    return files


def _with_archives(files: dict[Path, str], scratch: Path, depth: int) -> dict[Path, str]:
    """The files, archives among them opened unless images lie beside them, as in a viewer's."""
    archives = [path for path in files if is_archive(path)]
    if not archives or not depth or formats_of(files):
        return files
    unpacked: dict[Path, str] = {}
    for archive in archives:
        inside = unpack(archive, _new_folder(scratch))
        unpacked |= {path: f"{files[archive]}/{name}" for path, name in inside.items()}
        _refuse_too_much(unpacked)
    others = {path: name for path, name in files.items() if path not in archives}
    return others | _with_archives(unpacked, scratch, depth - 1)


def _refuse_too_much(files: dict[Path, str]) -> None:
    """Bounds archives together as each is bounded by itself."""
    total = sum(path.stat().st_size for path in files)
    if len(files) > MAX_ENTRIES or total > MAX_UNPACKED_BYTES:
        raise PermanentError("too-large", "The archives' files are too large when unpacked.")


def _new_folder(scratch: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=scratch))
