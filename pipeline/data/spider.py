"""The SPIDER part of the data folder as typed training examples, split by patient."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.records.gradings import GRADING_NAMES, LabelledGradings
from discai.scan import read_scan
from discai.segmentation.grid import NetworkGrid, normalise
from discai.segmentation.signature import CHANNELS
from pipeline.data.examples import (
    UNKNOWN,
    Example,
    MidSlice,
    Subset,
    Volume,
    damaged,
    read_json,
    read_png,
)

#: Values in `space_volumes/N_labels.mha`.
SPACE_VALUES: Final = {"disc": 29, "vertebra": 76, "canal": 150}

#: Values in `t2_level_masks/masks`, as its `classes.json` lists them.
LEVEL_MASK_VALUES: Final = {
    "disc": range(10, 17),
    "vertebra": (1, 2, 3, 4, 5, 6, 7, 9),
    "canal": (8,),
    "l5s1_disc": (10,),
}

#: Whose slices `t2_level_masks` are. The files name no patient, but each correlates best with the
#: T2 mid-slice of one patient, of the same shape, and the found patients ascend with the file
#: numbers in the lexicographic order that the data's README tells of. File 1040 stayed unknown
#: and is left out: it may be anybody's.
LEVEL_MASK_PATIENTS: Final = {
    1007: 108, 1011: 112, 1015: 117, 1023: 125, 1029: 133, 1034: 13, 1047: 156, 1053: 163,
    1056: 167, 1076: 188, 1077: 189, 1079: 190, 1089: 200, 1103: 215, 1113: 226, 1126: 241,
    1129: 244, 1132: 249, 1142: 25, 1154: 38, 1166: 52, 1175: 61, 1195: 85, 1200: 8,
}  # fmt: skip

#: T1 and T2 of these patients do not lie on each other (the data's README).
MISALIGNED_PATIENTS: Final = frozenset({98})


class Spider:
    """The SPIDER patients of a data folder.

    The official `validation` patients are the test fold: they never train or tune anything. Of
    the official `training` patients those whose number ends in 5 tune, the others train.

    Every method that reads a file raises `PermanentError("data-damaged")`, which names it, if it
    is missing or damaged.
    """

    def __init__(self, data: Path) -> None:
        self.folder = data / "spider"
        self._mid_slices: dict[str, dict[str, Any]] = read_json(self.folder / "midslices.json")
        self._volumes: dict[str, dict[str, Any]] = read_json(self.folder / "space_volumes.json")
        self._official = {
            entry["patient"]: entry["subset"] for entry in self._mid_slices.values()
        } | {int(name): entry["subset"] for name, entry in self._volumes.items()}

    def patients(self, subset: Subset) -> frozenset[int]:
        """The numbers of the patients in a subset."""
        return frozenset(p for p in self._official if self.subset_of(p) == subset)

    def subset_of(self, patient: int) -> Subset:
        """Subset that a patient is in; raises `KeyError` for one that the folder lacks."""
        if self._official[patient] == "validation":
            return "test"
        return "tune" if patient % 10 == 5 else "train"

    def __contains__(self, patient: int) -> bool:
        return patient in self._official

    def bulging(self, patient: int) -> dict[str, bool]:
        """By level whether the radiologist saw the disc bulge, whatever the series."""
        return {level: bool(g.get("bulging")) for level, g in self._gradings(patient).items()}

    def pfirrmann(self, patient: int) -> dict[str, int]:
        """Pfirrmann grade (1 to 5) by level, of the discs that have one."""
        gradings = self._gradings(patient)
        return {level: int(g["pfirrmann"]) for level, g in gradings.items() if g.get("pfirrmann")}

    def gradings(self, patient: int) -> dict[str, LabelledGradings]:
        """Gradings by level as the radiologist gave them, whatever the series."""
        return {level: _labelled(grading) for level, grading in self._gradings(patient).items()}

    def manufacturer(self, series: str) -> str:
        """Maker of the scanner of a series such as `12_t2`: `Philips` or `Siemens`."""
        return str(self._mid_slices[series]["manufacturer"]).split()[0].capitalize()

    def herniations(self, patient: int) -> dict[str, bool]:
        """By level whether the radiologist saw a herniation, whatever the series."""
        gradings = self._gradings(patient)
        return {level: bool(grading["herniation"]) for level, grading in gradings.items()}

    def _gradings(self, patient: int) -> dict[str, dict[str, Any]]:
        entries = self._mid_slices.values()
        gradings: dict[str, dict[str, Any]] = next(
            entry["gradings"] for entry in entries if entry["patient"] == patient
        )
        return gradings

    def volumes(self, subset: Subset) -> Iterator[Volume]:
        """The T2-SPACE volumes of a subset with all four channels outlined."""
        for name in sorted(self._volumes, key=int):
            if self.subset_of(int(name)) == subset:
                yield _read_space_volume(self.folder / "space_volumes", name)

    def space_examples(self, subset: Subset) -> list[Example]:
        """Every slice of the T2-SPACE volumes of a subset."""
        return [example for volume in self.volumes(subset) for example in volume_examples(volume)]

    def level_mask_examples(self, subset: Subset) -> list[Example]:
        """The outlined T2 slices of a subset."""
        examples = []
        for path in sorted((self.folder / "t2_level_masks" / "images").glob("*.png")):
            patient = LEVEL_MASK_PATIENTS.get(int(path.stem.split("_")[0]))
            if patient is not None and self.subset_of(patient) == subset:
                examples.append(self._level_mask_example(path, patient))
        return examples

    def mid_slices(
        self, subset: Subset, sequences: Sequence[str] = ("t1", "t2")
    ) -> Iterator[MidSlice]:
        """The usable mid-slices of a subset, in a fixed order."""
        for name, entry in sorted(self._mid_slices.items()):
            wanted = entry["sequence"] in sequences and entry["mid_slice_usable"]
            if wanted and self.subset_of(entry["patient"]) == subset:
                yield self._mid_slice(name, entry)

    def _mid_slice(self, name: str, entry: dict[str, Any]) -> MidSlice:
        boxes = entry["boxes"] if entry["boxes_trusted"] else []
        return MidSlice(
            name=name,
            patient=entry["patient"],
            sequence=entry["sequence"],
            pixels=read_png(self.folder / "midslices" / f"{name}.png"),
            spacing_mm=tuple(entry["stored_spacing_mm"]),
            boxes={box["level"]: tuple(box["box_xyxy"]) for box in boxes},
            disc_count=entry["num_discs"],
        )

    def _level_mask_example(self, path: Path, patient: int) -> Example:
        pixels = read_png(path)
        classes = read_png(path.parents[1] / "masks" / path.name)
        # The slice shows the same field of view as the patient's T2 mid-slice.
        name = f"{patient}_t2"
        series = self._mid_slice(name, self._mid_slices[name])
        spacing_mm = tuple(
            spacing * size / own
            for spacing, size, own in zip(
                series.spacing_mm, series.pixels.shape, pixels.shape, strict=True
            )
        )
        grid = NetworkGrid(pixels.shape, spacing_mm)
        masks = {
            channel: np.isin(classes, list(values))[None]
            for channel, values in LEVEL_MASK_VALUES.items()
        }
        return Example(
            name=f"level-mask {path.stem}",
            patient=patient,
            source="level-mask",
            image=grid.to_network(normalise(pixels)[None])[0],
            target=targets_on(grid, masks)[0],
        )


def _labelled(grading: dict[str, Any]) -> LabelledGradings:
    """The radiologist's gradings of a disc; what a table lacks is unknown."""
    said = {name: grading.get(name) for name in GRADING_NAMES}
    return LabelledGradings(
        pfirrmann=said["pfirrmann"] or None,
        **{
            name: None if value is None else value > 0
            for name, value in said.items()
            if name != "pfirrmann"
        },
    )


def volume_examples(volume: Volume) -> list[Example]:
    """Every slice of a volume as an example."""
    images = volume.grid.to_network(normalise(volume.voxels))
    targets = targets_on(volume.grid, volume.masks)
    return [
        Example(f"{volume.name} slice {index}", volume.patient, "space", image, target)
        for index, (image, target) in enumerate(zip(images, targets, strict=True))
    ]


def targets_on(grid: NetworkGrid, masks: dict[str, NDArray[np.bool_]]) -> NDArray[np.uint8]:
    """Canonical masks `(slice, row, column)` as targets `(slice, row, column, channel)`.

    A channel that `masks` lacks, and the padding, are `UNKNOWN`.
    """
    count = len(next(iter(masks.values())))
    targets = np.full((count, *grid.padded_shape, len(CHANNELS)), UNKNOWN, np.uint8)
    rows, columns = grid.resampled_shape
    for channel, name in enumerate(CHANNELS):
        if name in masks:
            resampled = grid.to_network(masks[name].astype(np.float32))[:, :rows, :columns]
            targets[:, :rows, :columns, channel] = resampled >= 0.5
    return targets


def read_ivd_volumes(data: Path) -> Iterator[Volume]:
    """The two whole T2 volumes of another scanner; only discs are outlined. Never trained on."""
    for path in sorted((data / "ivd_volumes").glob("*_mask.mha")):
        name = path.stem.removesuffix("_mask")
        labels, spacing_mm = _read_mha(path)
        voxels, _ = _read_mha(path.with_name(f"{name}.mha"))
        masks = {"disc": labels.astype(np.int64) > 0, "l5s1_disc": labels == 1}
        yield Volume(f"ivd {name}", int(name), voxels, masks, spacing_mm)


def _read_space_volume(folder: Path, name: str) -> Volume:
    voxels, spacing_mm = _read_mha(folder / f"{name}.mha")
    labels, _ = _read_mha(folder / f"{name}_labels.mha")
    masks = {channel: labels == value for channel, value in SPACE_VALUES.items()}
    masks["l5s1_disc"] = lowest_component(masks["disc"])
    return Volume(f"space {name}", int(name), voxels, masks, spacing_mm)


def lowest_component(discs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The disc nearest to the feet in `(slice, row, column)`: SPIDER outlines none below L5-S1."""
    components = sitk.ConnectedComponent(sitk.GetImageFromArray(discs.astype(np.uint8)), True)
    # Crumbs of an outline at the volume's side are no discs.
    ordered = sitk.GetArrayFromImage(sitk.RelabelComponent(components, minimumObjectSize=200))
    rows = {label: np.nonzero(ordered == label)[1].mean() for label in range(1, ordered.max() + 1)}
    return np.asarray(ordered == max(rows, key=lambda label: rows[label]))


def _read_mha(path: Path) -> tuple[NDArray[np.generic], tuple[float, float, float]]:
    try:
        scan = read_scan(path)
    except PermanentError as error:
        raise damaged(path, f"can't be read: {error.message}") from error
    if scan.spacing_mm is None:
        raise damaged(path, "has no spacing.")
    return scan.voxels, scan.spacing_mm
