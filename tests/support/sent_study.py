"""A whole study as a scanner sends it: T1, T2 and STIR of one phantom, a localizer, an axial T2."""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.uid import generate_uid

from discai.phantom import Contrast, PhantomOptions, draw_phantom
from tests.support.scan_files import dicom_bytes, dicom_slice
from tests.support.studies.drawing import PLANES, TIMES

PIXEL_MM = 0.6
STEP_MM = 4.0


@cache
def volume(contrast: Contrast, slices: int) -> NDArray[np.uint16]:
    """Voxels of a phantom `(slice, row, column)`, the rightmost slice first as scanners do."""
    options = PhantomOptions(
        contrast=contrast, slices=slices, spacing_mm=(STEP_MM, PIXEL_MM, PIXEL_MM)
    )
    return draw_phantom(options).scan.voxels.astype(np.uint16)


def study(
    sequences: tuple[str, ...] = ("T1", "T2", "STIR"), slices: int = 17, axial: int = 30
) -> dict[str, bytes]:
    """Files by name; each call makes another study of another patient."""
    names = {key: str(generate_uid()) for key in ("StudyInstanceUID", "FrameOfReferenceUID")}
    names["PatientID"] = names["StudyInstanceUID"][-16:]
    files: dict[str, bytes] = {}
    for number, sequence in enumerate(sequences, start=1):
        voxels = volume("t1" if sequence == "T1" else "t2", slices)
        files |= _series(number, sequence, "sagittal", voxels, STEP_MM, names)
    middle = volume("t2", slices)[slices // 2]
    if axial:
        many = np.repeat(middle[None], axial, axis=0)
        files |= _series(8, "T2", "axial", many, STEP_MM, names)
        for plane in PLANES:
            few = np.repeat(middle[None], 3, axis=0)
            files |= _series(9, "PD", plane, few, 12.0, names, ImageType=LOCALIZER)
    return files


LOCALIZER = ["ORIGINAL", "PRIMARY", "LOCALIZER"]


def written(files: dict[str, bytes], folder: Path) -> Path:
    """The folder with the files in it."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def _series(
    number: int,
    sequence: str,
    plane: str,
    voxels: NDArray[np.uint16],
    step_mm: float,
    names: dict[str, str],
    **more: object,
) -> dict[str, bytes]:
    axes, direction = PLANES[plane]
    uid = f"{names['StudyInstanceUID'][:56]}.{number}"
    files = {}
    for index, pixels in enumerate(voxels):
        x, y, z = (float(part * index * step_mm) for part in direction)
        dataset: FileDataset = dicom_slice(np.ascontiguousarray(pixels), (x, y, z), axes, uid)
        dataset.PixelSpacing = [PIXEL_MM, PIXEL_MM]
        repetition, echo, inversion = TIMES[sequence]
        dataset.RepetitionTime, dataset.EchoTime = repetition, echo
        if inversion is not None:
            dataset.InversionTime = inversion
        dataset.ScanningSequence = ["SE", "IR"] if inversion else "SE"
        dataset.SeriesNumber, dataset.InstanceNumber = number, index + 1
        for keyword, value in (names | more).items():
            setattr(dataset, keyword, value)
        files[f"{number}/{plane}-{index:03d}"] = dicom_bytes(dataset)
    return files
