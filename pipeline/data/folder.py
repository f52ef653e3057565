"""The data folder: the sets of both hospitals as one, for whoever needs every graded scan."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from discai.manifest import sha256_of
from discai.records.gradings import LabelledGradings
from discai.scan import Scan
from pipeline.data.examples import MidSlice, Subset
from pipeline.data.scans import mid_slice_scan, volume_scan
from pipeline.data.spider import Spider
from pipeline.data.sudirman import Sudirman


class GradedScan(NamedTuple):
    """A scan of a patient whose discs a radiologist graded.

    Attributes:
        series: such as `12_t2`.
        sequence: `t1`, `t2` or `t2_SPACE`.
        herniations: by level whether the radiologist saw a herniation, whatever the series.
        gradings: by level those that a radiologist gave, whatever the series.
        group: the scanner's manufacturer in SPIDER; the name of the set in others.
    """

    series: str
    patient: int
    sequence: str
    scan: Scan
    herniations: Mapping[str, bool]
    group: str
    gradings: Mapping[str, LabelledGradings] = MappingProxyType({})

    @property
    def groups(self) -> tuple[str, str]:
        """Names of the groups whose discs are judged alone: the scanner or set, the sequence."""
        return self.group, self.sequence.upper().replace("_", "-")


class DataFolder:
    """Both hospitals' patients: SPIDER's and, where the folder has them, Sudirman's.

    Attributes:
        folder: with `spider/` and perhaps `sudirman/`.
        sudirman: None where the folder has only SPIDER.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spider = Spider(folder)
        self.sudirman = Sudirman(folder) if (folder / "sudirman").is_dir() else None

    @property
    def sets(self) -> tuple[Spider | Sudirman, ...]:
        """The sets that there are."""
        return (self.spider, self.sudirman) if self.sudirman else (self.spider,)

    def mid_slices(self, subset: Subset) -> Iterator[MidSlice]:
        """The usable mid-slices of a subset, set by set."""
        for part in self.sets:
            yield from part.mid_slices(subset)

    def graded_scans(self, subsets: Sequence[Subset]) -> Iterator[GradedScan]:
        """Every mid-slice and T2-SPACE volume of the subsets, those without a sure grading too."""
        for subset in subsets:
            for part in self.sets:
                for mid in part.mid_slices(subset):
                    scan = mid_slice_scan(mid)
                    yield _graded(part, mid.name, mid.patient, mid.sequence, scan)
            for volume in self.spider.volumes(subset):
                series, scan = f"{volume.patient}_t2_SPACE", volume_scan(volume)
                yield _graded(self.spider, series, volume.patient, "t2_SPACE", scan)

    @property
    def digest(self) -> str:
        """The sha256 over the names and contents of the sets' files, in hex."""
        digests = [f"{part.folder.name} {folder_digest(part.folder)}" for part in self.sets]
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()

    def patients(self, subset: Subset) -> frozenset[int]:
        """The numbers of the patients in a subset."""
        return frozenset().union(*(part.patients(subset) for part in self.sets))


def _graded(
    part: Spider | Sudirman, series: str, patient: int, sequence: str, scan: Scan
) -> GradedScan:
    graded = part.herniations(patient)
    return GradedScan(
        series, patient, sequence, scan, graded, part.manufacturer(series), part.gradings(patient)
    )


def folder_digest(folder: Path) -> str:
    """The sha256 over the names and contents of all files of a folder, in hex."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(f"{path.relative_to(folder).as_posix()} {sha256_of(path)}\n".encode())
    return total.hexdigest()
