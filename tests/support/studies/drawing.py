"""Series and pictures as scanners and viewers write them, drawn from the phantom."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import (
    UID,
    SecondaryCaptureImageStorage,
)

from discai.phantom import Contrast, PhantomOptions, draw_phantom
from tests.support.scan_files import (
    dicom_bytes,
    dicom_slice,
    multi_frame,
    picture_bytes,
)

Files = dict[str, bytes]

#: Repetition, echo and inversion time in ms, as lumbar protocols have them.
TIMES: Final[dict[str, tuple[float, float, float | None]]] = {
    "T1": (600.0, 10.0, None),
    "T2": (3500.0, 100.0, None),
    "STIR": (4000.0, 60.0, 160.0),
    "PD": (2800.0, 20.0, None),
}
#: Directions of row and column, and the one in which slices follow each other.
PLANES: Final = {
    "sagittal": ((0.0, 1.0, 0.0, 0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)),
    "coronal": ((1.0, 0.0, 0.0, 0.0, 0.0, -1.0), (0.0, 1.0, 0.0)),
    "axial": ((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}
SLICES: Final = 7


@cache
def drawn(contrast: Contrast) -> NDArray[np.uint16]:
    """A small phantom `(slice, row, column)`: its midline in each, a little brighter every time."""
    options = PhantomOptions(contrast=contrast, slices=1, spacing_mm=(4.0, 1.5, 1.5))
    midline = draw_phantom(options).scan.voxels.astype(np.uint16)
    return midline + np.arange(SLICES, dtype=np.uint16)[:, None, None]


def acquisition(
    sequence: str = "T2",
    plane: str = "sagittal",
    count: int = SLICES,
    series: str = "1.2.3.1",
    *,
    step_mm: float = 4.0,
    places: Sequence[float] | None = None,
    **elements: Any,
) -> list[FileDataset]:
    """Slices of one series, as its scanner stores them."""
    volume = drawn("t1" if sequence == "T1" else "t2")
    axes, direction = PLANES[plane]
    datasets = []
    for index in range(count):
        place = index * step_mm if places is None else places[index]
        x, y, z = (float(part * place) for part in direction)
        dataset = dicom_slice(volume[index % SLICES], (x, y, z), axes, series)
        dataset.PixelSpacing = [1.5, 1.5]
        repetition, echo, inversion = TIMES[sequence]
        dataset.RepetitionTime, dataset.EchoTime = repetition, echo
        if inversion is not None:
            dataset.InversionTime = inversion
        dataset.ScanningSequence = ["SE", "IR"] if inversion else "SE"
        dataset.SeriesNumber = int(series.rsplit(".", 1)[-1])
        dataset.InstanceNumber = index + 1
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)
        datasets.append(dataset)
    return datasets


def localizer(series: str = "1.2.3.9", planes: Sequence[str] = tuple(PLANES)) -> list[FileDataset]:
    """Three slices in each plane, as scans are planned by."""
    return [
        dataset
        for plane in planes
        for dataset in acquisition(
            "PD", plane, 3, series, step_mm=12.0, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]
        )
    ]


def named(datasets: Sequence[Dataset], folder: str = "DICOM") -> Files:
    """The datasets as files without endings."""
    return {
        f"{folder}/IM{number:04d}": dicom_bytes(dataset)  # type: ignore[arg-type]
        for number, dataset in enumerate(datasets)
    }


def without_image(sop_class: str, series: str = "1.2.3.77") -> FileDataset:
    """A file of a study that shows nothing."""
    dataset = dicom_slice(drawn("t2")[0], series=series)
    for keyword in ("PixelData", "Rows", "Columns", "ImagePositionPatient"):
        delattr(dataset, keyword)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UID(sop_class)
    return dataset


def colour_capture() -> FileDataset:
    """A picture of a screen, as workstations add it."""
    dataset = dicom_slice(drawn("t2")[0], series="1.2.3.88")
    for keyword in ("ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing"):
        delattr(dataset, keyword)
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PlanarConfiguration = 7, 0
    grey = (drawn("t2")[0] % 256).astype(np.uint8)
    dataset.PixelData = np.repeat(grey[..., None], 3, axis=2).tobytes()
    return dataset


def enhanced(
    order: Sequence[int], own: Callable[[int, Dataset], None] | None = None, sequence: str = "T2"
) -> FileDataset:
    """One file with frames of the phantom in this order; `own(number, groups)` adds to a frame."""
    dataset = acquisition(sequence, count=1)[0]
    without([dataset], "RepetitionTime", "EchoTime")
    places = [(-4.0 * index, 0.0, 0.0) for index in order]
    dataset = multi_frame(dataset, drawn("t2")[list(order)], places, own)
    timing, echo = Dataset(), Dataset()
    timing.RepetitionTime, echo.EffectiveEchoTime, _ = TIMES[sequence]
    shared = dataset.SharedFunctionalGroupsSequence[0]
    shared.MRTimingAndRelatedParametersSequence, shared.MREchoSequence = [timing], [echo]
    return dataset


def pictures(pattern: str, contrast: Contrast = "t2", count: int = SLICES) -> Files:
    """Slices as PNG; `{}` in the pattern stands for the number."""
    return {
        pattern.format(number): picture_bytes((drawn(contrast)[number] // 4).astype(np.uint8))
        for number in range(count)
    }


def masks(pattern: str) -> Files:
    """Label pictures of the slices: a few grey values, most of them none."""
    labels = [(slice_ > 400).astype(np.uint8) * 255 for slice_ in drawn("t2")]
    return {pattern.format(number): picture_bytes(label) for number, label in enumerate(labels)}


def in_turn(*series: Sequence[FileDataset]) -> list[FileDataset]:
    return [dataset for datasets in zip(*series, strict=True) for dataset in datasets]


def without(datasets: list[FileDataset], *keywords: str) -> list[FileDataset]:
    for dataset in datasets:
        for keyword in keywords:
            delattr(dataset, keyword)
    return datasets


def tilted(datasets: list[FileDataset], degrees: float) -> list[FileDataset]:
    """Axial slices turned about the patient's left-right axis, as they lie along discs."""
    cosine, sine = float(np.cos(np.radians(degrees))), float(np.sin(np.radians(degrees)))
    for number, dataset in enumerate(datasets):
        place = 4.0 * number
        dataset.ImageOrientationPatient = [1.0, 0.0, 0.0, 0.0, round(cosine, 8), round(sine, 8)]
        dataset.ImagePositionPatient = [0.0, -sine * place, cosine * place + 2 * degrees]
    return datasets
