"""The two checksums of every object, computed while its bytes stream by."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import google_crc32c

from infrastructure.local.gcs.errors import invalid

BLOCK_BYTES = 1 << 20


class Digests:
    """MD5 and CRC32C of a stream, and how many bytes it had."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32c = google_crc32c.Checksum()
        self.size = 0

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """The digests of a file; reads it in blocks."""
        digests = cls()
        with path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                digests.update(block)
        return digests

    def update(self, block: bytes) -> None:
        """Take the next bytes of the stream."""
        self._md5.update(block)
        self._crc32c.update(block)
        self.size += len(block)

    @property
    def md5(self) -> str:
        """MD5 in base64, as `md5Hash` carries it."""
        return base64.b64encode(self._md5.digest()).decode()

    @property
    def crc32c(self) -> str:
        """CRC32C in base64, as `crc32c` carries it."""
        return base64.b64encode(self._crc32c.digest()).decode()

    def check(self, expected: Mapping[str, object]) -> None:
        """Raise 400 if the sender's `md5Hash` or `crc32c` says that other bytes were meant."""
        for key, actual in (("md5Hash", self.md5), ("crc32c", self.crc32c)):
            if expected.get(key) not in (None, "", actual):
                raise invalid(f"Provided {key} {expected[key]} doesn't match {actual}.")


def hashes_of_header(header: str | None) -> dict[str, str]:
    """`x-goog-hash: crc32c=…,md5=…` as the resource fields they stand for."""
    fields = {"crc32c": "crc32c", "md5": "md5Hash"}
    pairs = (part.strip().partition("=") for part in (header or "").split(","))
    return {fields[kind]: value for kind, _, value in pairs if kind in fields}
