"""Zip archives of one DICOM series, one volume or a sequence of pictures; the rest is left out.

Python unpacks them (its zip code is memory-safe and every size is bounded) under names of our
own, so nothing an archive says ever becomes a path; the decoders then run in the sandbox.
Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import re
import stat
import struct
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from discai.errors import PermanentError
from discai.scan import dicom, picture
from discai.scan.kinds import images_among, is_of_system, read_volume
from discai.scan.volume import StoredVolume

NAME: Final = "zip archive"

MAX_ENTRIES: Final = 4096
MAX_UNPACKED_BYTES: Final = 2**30
_MAX_DIRECTORY_BYTES: Final = 4 * 2**20
_MAX_RATIO: Final = 200
_RATIO_FROM_BYTES: Final = 32 * 2**20  # small archives of black slices may be squeezed harder
_END_RECORD: Final = struct.Struct("<4s4H2LH")
_ZIP64_LOCATOR: Final = struct.Struct("<4sLQL")
_ZIP64_RECORD: Final = struct.Struct("<4sQ2H2L4Q")
#: An archive in an archive is read, one in that isn't.
_DEPTH: Final = 1


def recognises(head: bytes, name: str) -> bool:
    """By the signature of an entry or of an empty archive, or by the name."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06")) or name.endswith(".zip")


def read(path: Path, depth: int = _DEPTH) -> StoredVolume:
    """The volume of the archive's series; of `depth` archives inside each other at most.

    Raises:
        PermanentError: `not-an-image`, `empty`, `encrypted`, `unsafe-archive`, `too-large`,
            `truncated`, `damaged`, `unsupported-format`, `mixed-series`, or what the readers of
            pictures and DICOM raise.
    """
    with tempfile.TemporaryDirectory(prefix="discai-") as folder:
        return _read_unpacked(unpack(path, Path(folder)), depth)


def unpack(path: Path, folder: Path) -> dict[Path, str]:
    """The archive's files, unpacked into a folder, and their names in it, in natural order.

    Raises:
        PermanentError: `empty`, `encrypted`, `unsafe-archive`, `too-large`, `truncated`,
            `damaged` or `unsupported-format`.
    """
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [
                entry
                for entry in archive.infolist()
                if not entry.is_dir() and not is_of_system(entry.filename)
            ]
            _check_entries(entries, path.stat().st_size)
            entries.sort(key=lambda entry: natural_order(entry.filename))
            return _unpack(archive, entries, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise PermanentError("damaged", "The archive is damaged; zip it again.") from error
    except (NotImplementedError, UnicodeDecodeError) as error:
        raise PermanentError(
            "unsupported-format", "This kind of zip archive isn't supported."
        ) from error


def natural_order(name: str) -> list[object]:
    """A sort key under which `slice2` comes before `slice10`."""
    parts = re.split(r"([0-9]+)", name)
    return [
        (len(part.lstrip("0")), part.lstrip("0")) if i % 2 else part.casefold()
        for i, part in enumerate(parts)
    ]


def _check_directory(path: Path) -> None:
    """Bounds the directory before Python's zipfile reads all of it into memory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 2**16 - _END_RECORD.size - _ZIP64_LOCATOR.size))
        tail = file.read()
        start = tail.rfind(b"PK\x05\x06")
        if start < 0 or start + _END_RECORD.size > len(tail):
            raise PermanentError("truncated", "The archive has no end; zip or upload it again.")
        _, _, _, _, count, directory_bytes, _, _ = _END_RECORD.unpack_from(tail, start)
        before = start - _ZIP64_LOCATOR.size
        if before >= 0 and tail.startswith(b"PK\x06\x07", before):
            _, _, offset, _ = _ZIP64_LOCATOR.unpack_from(tail, before)
            if offset + _ZIP64_RECORD.size > size:
                raise PermanentError("damaged", "The archive's directory is damaged.")
            file.seek(offset)
            *_, count, directory_bytes, _ = _ZIP64_RECORD.unpack(file.read(_ZIP64_RECORD.size))
    if count > MAX_ENTRIES or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise PermanentError("too-large", f"The archive holds more than {MAX_ENTRIES} files.")


def _check_entries(entries: list[zipfile.ZipInfo], archive_bytes: int) -> None:
    if not entries:
        raise PermanentError("empty", "The archive holds no files.")
    if len(entries) > MAX_ENTRIES:
        raise PermanentError("too-large", f"The archive holds more than {MAX_ENTRIES} files.")
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if path.is_absolute() or ".." in path.parts or kind not in (0, stat.S_IFREG):
            raise PermanentError(
                "unsafe-archive", "The archive holds links, special files or unsafe names."
            )
        if entry.flag_bits & 0x1:
            raise PermanentError("encrypted", "The archive is encrypted; zip it without password.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise PermanentError(
                "unsupported-format", "The archive's compression isn't supported; use plain zip."
            )
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED_BYTES or total > max(_RATIO_FROM_BYTES, _MAX_RATIO * archive_bytes):
        raise PermanentError("too-large", "The archive's files are too large when unpacked.")


def _unpack(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], folder: Path
) -> dict[Path, str]:
    """The unpacked files and their names in the archive."""
    files = {}
    for number, entry in enumerate(entries):
        path = folder / f"{number:04d}"
        path.write_bytes(archive.read(entry))
        files[path] = entry.filename
    return files


def _read_unpacked(files: dict[Path, str], depth: int) -> StoredVolume:
    images, kinds = images_among(files)
    if kinds == {picture.NAME}:
        return picture.read_series(images)
    if kinds == {dicom.NAME}:
        return dicom.read_series(images)
    if images:
        return read_volume(images, files)
    if depth and (inner := [path for path in files if is_archive(path)]):
        if len(inner) > 1:
            raise PermanentError(
                "mixed-series", f"The archive holds {len(inner)} archives; give each by itself."
            )
        return read(inner[0], depth - 1)
    raise PermanentError(
        "unsupported-format",
        "The archive holds no DICOM files, no volume, and no PNG or JPG pictures.",
    )


def is_archive(path: Path) -> bool:
    """Tell if a file is a zip archive by its content."""
    with path.open("rb") as file:
        return recognises(file.read(4), "")
