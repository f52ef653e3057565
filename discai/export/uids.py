"""UIDs of results that follow from what they say, so that the same answer is the same instance."""

import hashlib
from typing import Final, NamedTuple

#: The root of UIDs that are UUIDs written as a number: DICOM PS3.5, B.2.
_ROOT: Final = "2.25."


class ResultUids(NamedTuple):
    """UIDs of a result: of the series that it lies in, and its own."""

    series: str
    instance: str


def uid_of(*parts: str) -> str:
    """The UID of these words in this order; each time and on each machine the same one.

    A UUID of version 8 (RFC 9562) of the first 128 bits of their SHA-256: all of its 256 bits
    would make a UID longer than the 64 characters that DICOM allows.
    """
    digest = hashlib.sha256("\0".join(parts).encode("utf-8")).digest()
    number = int.from_bytes(digest[:16], "big")
    number = number & ~(0xF << 76) | 8 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return f"{_ROOT}{number}"
