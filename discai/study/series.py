"""`Study` and `Series`: what sorting finds; a series can be read, and packed as one file."""

import hashlib
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from discai.errors import PermanentError
from discai.records.keys import Identity
from discai.records.study import LeftOut, Plane, Sequence, SeriesFacts
from discai.scan import Scan, dicom, picture
from discai.scan.kinds import read_volume
from discai.scan.names import in_unicode
from discai.scan.orientation import to_canonical
from discai.scan.volume import StoredVolume

#: Any fixed moment: the same series makes the same archive.
_ZIP_TIME: Final = (2000, 1, 1, 0, 0, 0)
_DIGEST_LETTERS: Final = 32
#: What lies beside scans everywhere, and is no part of a study.
OTHER_FILE: Final = "a file of another kind"
ICON: Final = "a picture beside DICOM slices"
DAMAGED: Final = "a damaged DICOM file"


class NothingToReadError(PermanentError):
    """No series of a study can be read.

    Attributes:
        left_out: all that there is, and why it isn't read.
    """

    def __init__(self, why: PermanentError, left_out: tuple[LeftOut, ...]) -> None:
        super().__init__(why.code, why.message)
        self.left_out = left_out


@dataclass(frozen=True)
class Series:
    """One acquisition that can be read by itself.

    Attributes:
        files: in the order in which they are read, with the names that they have for people.
        format: NAME of their format, as in `discai.scan.kinds`.
        digest: 32 hex digits, the same for the same series whatever its files are called.
        number: its place among the series of its study, from 1.
        scanner_number: by which its scanner knows it; None where its files say none.
        sequence: by physics; None where nothing says it.
        plane: in which it was acquired; None for pictures, which know no patient axes.
        slices: how many; None where that is known only once it is read.
        name: what people call it, of a volume or of pictures; empty for DICOM.
        identity: whose it is, for DICOM; it is never shown and never stored.
    """

    files: dict[Path, str]
    format: str
    digest: str
    number: int = 1
    scanner_number: int | None = None
    sequence: Sequence | None = None
    plane: Plane | None = None
    slices: int | None = None
    name: str = ""
    identity: Identity | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """A name for its folder or file, such as `1-t2`; unique within its study."""
        name = "".join(letter if letter.isalnum() else "-" for letter in self.name).strip("-")
        return f"{self.number}-{name or (self.sequence or 'series').lower()}"

    @property
    def facts(self) -> SeriesFacts:
        """Facts that are stored of it: nothing that its files are called."""
        return SeriesFacts(
            number=self.number,
            sequence=self.sequence,
            plane=self.plane,
            slices=self.slices,
            digest=self.digest,
        )

    @property
    def facts_by_scanner(self) -> SeriesFacts:
        """The same facts, but numbered by its scanner; with 0 where that says no number."""
        return self.facts.model_copy(update={"number": max(self.scanner_number or 0, 0)})

    def read(self) -> Scan:
        """The scan in the canonical frame; raises `PermanentError` as `read_scan` does."""
        read: Callable[[], StoredVolume] = {
            dicom.NAME: lambda: dicom.read_series(list(self.files)),
            picture.NAME: lambda: picture.read_series(list(self.files)),
        }.get(self.format, lambda: read_volume(list(self.files)[:1], self.files))
        return to_canonical(read())

    def pack(self, target: Path) -> None:
        """Writes the series into the archive `target`, which `read_scan` reads as this series."""
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for path, name in self.files.items():
                entry = zipfile.ZipInfo(in_unicode(name), _ZIP_TIME)
                entry.file_size = path.stat().st_size
                with path.open("rb") as source, archive.open(entry, "w") as packed:
                    while chunk := source.read(2**20):
                        packed.write(chunk)


@dataclass(frozen=True)
class Study:
    """The readable series of some files, and what was left out; at least one series.

    Attributes:
        series: numbered from 1 in this order.
        left_out: as information; each thing once, with its count.
    """

    series: tuple[Series, ...]
    left_out: tuple[LeftOut, ...]

    def only_scan(self) -> Scan:
        """The scan of the one series, with a note on what lay beside it."""
        (series,) = self.series
        scan = series.read()
        return replace(scan, notes=(self.note, *scan.notes)) if self.note else scan

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences on what may be wrong with a series for all that its own files say."""
        damaged = sum(thing.count for thing in self.left_out if thing.what == DAMAGED)
        if not damaged:
            return ()
        files = "A DICOM file is" if damaged == 1 else f"{damaged} DICOM files are"
        return (f"{files} damaged and left out; a series may lack a slice at its end.",)

    @property
    def worth_telling(self) -> tuple[LeftOut, ...]:
        """Things that were left out, without what lies beside scans on every CD."""
        return tuple(thing for thing in self.left_out if thing.what not in (OTHER_FILE, ICON))

    @property
    def note(self) -> str | None:
        """A sentence on what of the study isn't read; None if that is nothing worth telling."""
        if not self.worth_telling:
            return None
        listed = "; ".join(map(in_words, self.worth_telling))
        return f"Beside the slices that were read, there was: {listed}."


def in_words(thing: LeftOut) -> str:
    """Something that was left out as one phrase, such as `axial T2, 30 slices (not sagittal)`."""
    times = "" if thing.count == 1 else f"{thing.count} times "
    return f"{times}{thing.what} ({thing.reason.rstrip('.')})"


def counted(things: Iterable[tuple[str, str]]) -> tuple[LeftOut, ...]:
    """Things that were left out and why, each once in the order of the alphabet."""
    return tuple(
        LeftOut(what=what, reason=reason, count=count)
        for (what, reason), count in sorted(Counter(things).items())
    )


def digest_of(digests: Iterable[str]) -> str:
    """The digest of a series by those of its files."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:_DIGEST_LETTERS]


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
