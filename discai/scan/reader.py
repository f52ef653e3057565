"""`read_scan`: the one list of readers, tried in order."""

from pathlib import Path
from types import ModuleType
from typing import Final, Protocol

from discai.errors import PermanentError
from discai.records import SCAN_MAX_BYTES
from discai.scan import archive, dicom, mha, nifti, picture
from discai.scan.orientation import to_canonical
from discai.scan.scan import Scan
from discai.scan.volume import StoredVolume

_HEAD_BYTES: Final = 1024


class Reader(Protocol):
    """What every module of a format offers."""

    NAME: str

    def recognises(self, head: bytes, name: str) -> bool:
        """Whether the first bytes (or else the lower-case file name) are of this format."""

    def read(self, path: Path) -> StoredVolume:
        """The file's volume; raises `PermanentError`."""


READERS: Final[tuple[ModuleType, ...]] = (picture, archive, dicom, nifti, mha)

#: Files that people do try, told by their first bytes: an answer better than "not an image".
_OTHER_FORMATS: Final = {
    b"%PDF": "PDF documents",
    b"II*\0": "TIFF pictures",
    b"MM\0*": "TIFF pictures",
    b"GIF8": "GIF pictures",
    b"BM": "BMP pictures",
    b"RIFF": "WebP pictures and videos",
    b"NRRD": "NRRD files",
    b"\x89HDF": "HDF5 files",
    b"Rar!": "RAR archives",
    b"7z\xbc\xaf": "7z archives",
}


def read_scan(path: Path) -> Scan:
    """The scan in a file of any supported format, in the canonical frame.

    The content decides on the format; the name (whatever its case) only helps where the content
    is cut short or damaged.

    Raises:
        PermanentError: with a code and a sentence that names neither path nor patient.
    """
    if not path.is_file():
        raise PermanentError("not-an-image", "There is no such file.")
    size = path.stat().st_size
    if size == 0:
        raise PermanentError("empty", "The file is empty.")
    if size > SCAN_MAX_BYTES:
        raise PermanentError("too-large", f"The file is larger than {SCAN_MAX_BYTES // 2**30} GiB.")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return to_canonical(_reader_of(head, path.name.lower()).read(path))


def _reader_of(head: bytes, name: str) -> Reader:
    for hint in ("", name):  # content first
        for reader in READERS:
            if reader.recognises(head, hint):
                return reader
        for signature, what in _OTHER_FORMATS.items():
            if head.startswith(signature):
                raise PermanentError("unsupported-format", f"{what} aren't supported.")
    raise PermanentError("not-an-image", "The file isn't a medical image or a picture.")
