"""DICOM: one file, or the files of one series; decoded by pydicom and GDCM in the sandbox.

`headers` says which files are images, `frames` where each of their slices lies, `groups` which may
belong together, `stacks` which make one volume, and `pixels` what they show. In the child process
`decoding` does all that, and `series` sorts the files of a whole study.
Geometry: https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_C.7.6.2.html
"""

import re
from pathlib import Path
from typing import Final

from discai.scan import sandbox
from discai.scan.volume import StoredVolume

NAME: Final = "DICOM"

_PREAMBLE_BYTES: Final = 128

#: Files without a preamble begin with an element of group 0002 or 0008, in implicit little endian
#: or with a value representation of two capitals.
_WITHOUT_PREAMBLE: Final = re.compile(rb"[\x02\x08]\0.\0(?:[A-Z]{2}|.\0\0\0)", re.DOTALL)

#: Number of Frames (0028,0008) with and without its VR, in little endian as nearly all files are.
_FRAMES: Final = re.compile(rb"\x28\0\x08\0(?:IS.\0|.\0\0\0) *(\d{1,9})", re.DOTALL)


def recognises(head: bytes, name: str) -> bool:
    """By `DICM` after the preamble, by a first element without one, or by the name."""
    return (
        head[_PREAMBLE_BYTES : _PREAMBLE_BYTES + 4] == b"DICM"
        or _WITHOUT_PREAMBLE.match(head) is not None
        or name.endswith((".dcm", ".dicom"))
    )


def read(path: Path) -> StoredVolume:
    """A single DICOM image (one slice or multi-frame); what `decode` raises."""
    return read_series([path])


def read_series(paths: list[Path]) -> StoredVolume:
    """The slices of one series, in any order; what `decode` raises."""
    return sandbox.run("discai.scan.dicom.decoding", paths)


def frames_of(head: bytes) -> int:
    """Number of slices of a file by its first bytes: 1 if they don't say more."""
    found = _FRAMES.search(head)
    return max(1, int(found[1])) if found else 1
