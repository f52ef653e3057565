"""One archive of a study, and what is to be found in it."""

from dataclasses import dataclass, field
from typing import Final

from tests.support.scan_files import (
    zip_bytes,
)
from tests.support.studies.drawing import SLICES, Files


@dataclass(frozen=True)
class Case:
    """One archive.

    Attributes:
        files: by their names in it.
        series: sequence and number of slices of each readable series, in order.
        left_out: what, reason (or how it begins) and count of each thing.
        refused: the code where nothing can be read.
        archive: its bytes, where they aren't just the zipped files.
    """

    files: Files
    series: list[tuple[str | None, int | None]] = field(default_factory=list)
    left_out: set[tuple[str, str, int]] = field(default_factory=set)
    refused: str = ""
    archive: bytes | None = None

    def zipped(self) -> bytes:
        """The archive."""
        return self.archive or zip_bytes(self.files)


T2: Final = ("T2", SLICES)
T1: Final = ("T1", SLICES)
