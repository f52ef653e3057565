"""The Sudirman part of the data folder, mid-slices of another hospital, split by patient.

Pictures and reports are of Sudirman et al., disc boxes and vertebral bodies of Masood et al.; the
data's README says what was read from where, and under which licences.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from discai.anatomy import LEVELS
from discai.records.gradings import LabelledGradings
from pipeline.data.examples import MidSlice, Subset, read_json, read_png

#: Patients of this set are numbered from here, so that no number is also one of SPIDER.
FIRST_PATIENT: Final = 10_000
#: Group that its discs are counted in.
NAME: Final = "Sudirman"
#: Pictures of this set are named so, followed by their name in the data folder.
PREFIX: Final = "sudirman-"
#: Patients whose levels or discs the labels are not sure to describe: the boxes contradict the
#: vertebrae, or the patient was operated on.
_UNSURE: Final = frozenset({"levels-conflict", "operated"})


#: Kinds of boxes that are discs; the others are narrowings of the canal and slips.
_DISCS: Final = frozenset({"normal", "LDB", "TDB", "DDD"})


class Sudirman:
    """The Sudirman patients of a data folder.

    Patients whose number ends in 7 are the test fold: they never train or tune anything. Of the
    others those whose number ends in 5 tune, and the rest trains.

    Every method that reads a file raises `PermanentError("data-damaged")`, which names it, if it
    is missing or damaged.
    """

    def __init__(self, data: Path) -> None:
        self.folder = data / "sudirman"
        self._slices: dict[str, dict[str, Any]] = read_json(self.folder / "slices.json")
        self._patients: dict[str, dict[str, Any]] = read_json(self.folder / "patients.json")

    def patients(self, subset: Subset) -> frozenset[int]:
        """The numbers of the patients in a subset."""
        numbers = (FIRST_PATIENT + int(name) for name in self._patients)
        return frozenset(patient for patient in numbers if self.subset_of(patient) == subset)

    def subset_of(self, patient: int) -> Subset:
        """Subset that a patient is in."""
        return "test" if patient % 10 == 7 else "tune" if patient % 10 == 5 else "train"

    def __contains__(self, patient: int) -> bool:
        return str(patient - FIRST_PATIENT) in self._patients

    def herniations(self, patient: int) -> dict[str, bool]:
        """By level whether the report tells of a herniation that the midline can show.

        Without the levels of which the report isn't sure, and those whose herniation lies in or
        beyond the foramen. Empty for patients whose levels the data is not sure of and for those
        who were operated on.
        """
        entry = self._patients[str(patient - FIRST_PATIENT)]
        if _UNSURE & set(entry["flags"]):
            return {}
        return {
            level: bool(finding["herniation"])
            for level, finding in self._lumbar(patient).items()
            if finding["herniation"] is not None and not finding.get("foraminal_only")
        }

    def manufacturer(self, series: str) -> str:
        """Name of the set: it doesn't tell which scanner took a series."""
        return NAME

    def bulging(self, patient: int) -> dict[str, bool]:
        """By level whether the report names a bulge."""
        lumbar = self._lumbar(patient)
        return {level: bool(finding["bulging"]) for level, finding in lumbar.items()}

    def pfirrmann(self, patient: int) -> dict[str, int]:
        """Pfirrmann grade (1 to 5) by level, of the three lowest discs where they have one."""
        lumbar = self._lumbar(patient)
        return {level: int(f["pfirrmann"]) for level, f in lumbar.items() if f.get("pfirrmann")}

    def gradings(self, patient: int) -> dict[str, LabelledGradings]:
        """Pfirrmann grades of the lowest three discs; empty where `herniations` is.

        The reports' bulges are left out: they name one disc in five, where SPIDER's radiologist,
        who judged each disc, saw three in five.
        """
        sure = self.herniations(patient)
        grades = self.pfirrmann(patient)
        return {
            level: LabelledGradings(pfirrmann=grade)
            for level, grade in grades.items()
            if level in sure
        }

    def _lumbar(self, patient: int) -> dict[str, dict[str, Any]]:
        """The report by lumbar level; it tells of thoracic discs, too, which nothing judges."""
        levels = self._patients[str(patient - FIRST_PATIENT)]["levels"]
        return {level: finding for level, finding in levels.items() if level in LEVELS}

    def mid_slices(
        self, subset: Subset, sequences: Sequence[str] = ("t1", "t2")
    ) -> Iterator[MidSlice]:
        """The mid-slices of a subset, in a fixed order."""
        for name, entry in sorted(self._slices.items()):
            patient = FIRST_PATIENT + entry["patient"]
            if entry["sequence"] in sequences and self.subset_of(patient) == subset:
                yield self._mid_slice(name, entry, patient)

    def _mid_slice(self, name: str, entry: dict[str, Any], patient: int) -> MidSlice:
        boxes = {
            box["level"]: tuple(box["box_xyxy"])
            for box in entry["boxes"]
            if box.get("level") in LEVELS
        }
        return MidSlice(
            name=f"{PREFIX}{name}",
            patient=patient,
            sequence=entry["sequence"],
            pixels=read_png(self.folder / "images" / f"{name}.png"),
            spacing_mm=tuple(entry["stored_spacing_mm"]),
            boxes=boxes,
            disc_count=sum(box["kind"] in _DISCS for box in entry["boxes"]),
        )
