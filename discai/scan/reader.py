"""`read_scan`: the one list of readers, tried in order, and the file names that they know."""

from pathlib import Path, PurePosixPath
from typing import Final

from discai.errors import PermanentError
from discai.records.scans import SCAN_MAX_BYTES
from discai.scan import archive, dicom, foreign, mha, nifti, nrrd, picture
from discai.scan.kinds import Format, format_of
from discai.scan.orientation import to_canonical
from discai.scan.scan import Scan

READERS: Final[tuple[Format, ...]] = (picture, archive, dicom, nifti, nrrd, mha, foreign)


def read_scan(path: Path) -> Scan:
    """The scan in a file of any supported format, in the canonical frame.

    The content decides on the format; the name (whatever its case) only helps where the content
    is cut short or damaged.

    Raises:
        PermanentError: with a code and a sentence that names neither path nor patient.
    """
    if not path.is_file():
        raise PermanentError("not-an-image", "There is no such file, or it is a device.")
    size = path.stat().st_size
    if size == 0:
        raise PermanentError("empty", "The file is empty.")
    if size > SCAN_MAX_BYTES:
        raise PermanentError("too-large", f"The file is larger than {SCAN_MAX_BYTES // 2**30} GiB.")
    reader = format_of(path, path.name, READERS)
    if reader is None:
        raise PermanentError("not-an-image", "The file isn't a medical image or a picture.")
    return to_canonical(reader.read(path))


def nameless(file_name: str) -> str:
    """`scan` with a file's ending: an error may bring its path into a log, and names name patients.

    Readers look at the ending where the content is damaged; what none of them knows may be a name.
    """
    suffixes = PurePosixPath(file_name.lower()).suffixes
    for ending in ("".join(suffixes[-1:]), "".join(suffixes[-2:])):
        if any(reader.recognises(b"", f"scan{ending}") for reader in READERS):
            return f"scan{ending}"
    return "scan"
