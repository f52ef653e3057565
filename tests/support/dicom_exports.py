"""DICOM series of the drawn phantom in any orientation, readings of them, and their judges."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from discai.anatomy import FIRST_VERTEBRA, disc_value
from discai.export.answer import Answer
from discai.export.source import read_source
from discai.phantom import PhantomOptions, draw_phantom
from discai.scan import Scan, dicom
from discai.scan.orientation import direction_of, stored_grid, to_canonical
from tests.support.checkout import require_tool
from tests.support.readings import reading_of
from tests.support.scan_files import dicom_bytes, dicom_slice, multi_frame

if TYPE_CHECKING:
    import highdicom as hd

MADE_AT: Final = datetime(2026, 11, 30, 6, 7, 8, tzinfo=UTC)
SLICES: Final = 7
EVEN_MM: Final = 6.0

Change = Callable[[int, FileDataset], None]


@cache
def _drawn() -> Scan:
    """A coarse phantom of even voxels, so that it may be cut in any plane."""
    spacing = (EVEN_MM, EVEN_MM, EVEN_MM)
    return draw_phantom(PhantomOptions(slices=SLICES, spacing_mm=spacing)).scan


def oriented(orientation: str) -> tuple[NDArray[np.uint16], NDArray[np.float64]]:
    """The phantom as a file of that orientation stores it, `(z, y, x)`, and its directions."""
    scan = _drawn()
    direction = direction_of(orientation)
    axes = stored_grid((1, 1, 1), None, (0.0, 0.0, 0.0), direction)
    stored = replace(scan, grid=axes).to_stored(scan.voxels)
    return stored.astype(np.uint16), np.array(direction).reshape(3, 3)


def series(
    volume: NDArray[np.uint16],
    direction: NDArray[np.float64],
    change: Change | None = None,
    spacing_mm: tuple[float, float, float] = (EVEN_MM, EVEN_MM, EVEN_MM),
) -> list[FileDataset]:
    """One file for each slice of `(z, y, x)`; `change(number, dataset)` may alter it."""
    datasets = []
    for number, pixels in enumerate(volume):
        position = np.array([11.5, -22.25, 33.0]) + number * spacing_mm[0] * direction[:, 2]
        x, y, z = (round(float(part), 6) for part in position)
        axes = tuple(round(float(part), 9) for part in direction.T[:2].ravel())
        dataset = dicom_slice(pixels, (x, y, z), axes)
        dataset.PixelSpacing, dataset.SliceThickness = list(spacing_mm[1:]), spacing_mm[0]
        dataset.FrameOfReferenceUID = "1.2.3.5"
        dataset.SOPInstanceUID = f"1.2.3.4.{number + 1}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        if change:
            change(number, dataset)
        datasets.append(dataset)
    return datasets


def scrambled() -> tuple[FileDataset, list[int]]:
    """One enhanced file with the slices of the phantom in another order."""
    volume, direction = oriented("PIR")
    single = series(volume, direction)
    order = [3, 0, 6, 2, 5, 1, 4]
    places = [tuple(single[number].ImagePositionPatient) for number in order]
    file = multi_frame(single[0], volume[order], places)
    file.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness = 6.0
    return file, order


def written(folder: Path, datasets: Sequence[FileDataset]) -> list[Path]:
    """Files of the datasets, not in their order."""
    folder.mkdir(exist_ok=True)
    paths = [folder / f"IM{(7 * number) % 101:03d}" for number in range(len(datasets))]
    for path, dataset in zip(paths, datasets, strict=True):
        path.write_bytes(dicom_bytes(dataset))
    return sorted(paths)


def answer_of(paths: list[Path], **changes: Any) -> Answer:
    """A reading by hand of the series in these files: it looks the same from no two sides."""
    scan = to_canonical(dicom.read_series(paths))
    key_slice = min(2, len(scan.voxels) - 1)
    reading = reading_of(scan, key_slice)
    other = min(4, len(scan.voxels) - 1)
    reading.segmentation[other, 3:9, 20:33] = disc_value("L3-L4")
    reading.segmentation[other, 10:12, 5:9] = FIRST_VERTEBRA + 1
    return replace(Answer(scan, reading, 0.42, MADE_AT), **changes)


def exported(paths: list[Path], **changes: Any) -> dict[str, bytes]:
    """Files of all DICOM results of the series in these files."""
    from discai.export.dicom import as_files, dicom_results

    answer = answer_of(paths, **changes)
    return as_files(dicom_results(read_source(paths, answer.scan), answer))


def by_value(seg: "hd.seg.Segmentation", values: Mapping[str, int]) -> dict[int, int]:
    """The number of the segment of each value of the mask; `values` are by their names."""
    return {values[item.SegmentLabel]: item.SegmentNumber for item in seg.SegmentSequence}


def mask_in_the_patient(
    seg: "hd.seg.Segmentation", values: Mapping[str, int]
) -> dict[tuple[float, ...], int]:
    """Value by place in mm (LPS) of all voxels that are in a segment, as highdicom reads them."""
    volume = seg.get_volume(combine_segments=True, relabel=False)
    numbers = {number: value for value, number in by_value(seg, values).items()}
    found = np.argwhere(volume.array)
    places = volume.map_indices_to_reference(found)
    return {
        tuple(np.round(place, 2) + 0.0): numbers[int(volume.array[tuple(index)])]
        for place, index in zip(places, found, strict=True)
    }


def places_in_mha(path: Path) -> dict[tuple[float, ...], int]:
    """The same of a segmentation's own file, as ITK reads it."""
    image = sitk.ReadImage(path)
    array = sitk.GetArrayFromImage(image)
    return {
        tuple(
            np.round(image.TransformIndexToPhysicalPoint([int(i) for i in index[::-1]]), 2) + 0.0
        ): int(array[tuple(index)])
        for index in np.argwhere(array)
    }


def errors_in(path: Path) -> list[str]:
    """Lines of dciodvfy that tell of an error, or that it doesn't know what this is."""
    judge = require_tool("dciodvfy", "apt-get install dicom3tools")
    done = subprocess.run([judge, path], capture_output=True, encoding="utf-8", errors="replace")
    lines = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    assert any(not line.startswith(("Error", "Warning")) for line in lines), "no kind was found"
    return [line for line in lines if line.startswith("Error")]


def dumped(tool: str, *arguments: str | Path) -> str:
    """What one of dcmtk's programs prints of a file that it accepts."""
    program = require_tool(tool, "apt-get install dcmtk")
    done = subprocess.run(
        [program, *arguments], check=True, capture_output=True, encoding="utf-8", errors="replace"
    )
    return done.stdout
