"""Small files of every format, made on the spot: what the readers' tests read."""

import io
import zipfile
from collections.abc import Callable, Sequence
from itertools import permutations, product
from pathlib import Path

import cv2
import nibabel
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)

from discai.scan import mha
from discai.scan.orientation import direction_of, stored_grid
from discai.study import opened, sort_study

#: Every way in which the axes of a volume can run, as three "to" letters.
ORIENTATIONS = [
    "".join(letters)
    for axes in permutations(("LR", "PA", "SI"))
    for letters in product(*axes)
]  # fmt: skip


def picture_bytes(array: NDArray[np.generic], suffix: str = ".png") -> bytes:
    """A picture of grey `(row, column)` or BGR `(row, column, 3)` pixels."""
    ok, encoded = cv2.imencode(suffix, array)
    assert ok
    return encoded.tobytes()


def mha_bytes(
    array: NDArray[np.generic],
    spacing_mm: tuple[float, float, float] = (4.0, 0.6, 0.5),
    orientation: str = "PIR",
) -> bytes:
    """A MetaImage of an array `(z, y, x)` whose axes run as `orientation` says (x, y, z)."""
    z, y, x = array.shape
    return mha.encode(
        array, stored_grid((z, y, x), spacing_mm, (1.5, -2.25, 3.0), direction_of(orientation))
    )


def nifti_bytes(array: NDArray[np.generic], affine: NDArray[np.floating] | None = None) -> bytes:
    """An uncompressed NIfTI; nibabel's arrays are (x, y, z), its affine is RAS."""
    if affine is None:  # x to the back, y to the feet, z to the right
        affine = np.array([[0, 0, 4.0, 0], [-0.5, 0, 0, 0], [0, -0.6, 0, 0], [0, 0, 0, 1]])
    image = nibabel.Nifti1Image(array, affine)  # type: ignore[no-untyped-call]  # only a part has types
    return image.to_bytes()


def dicom_slice(
    pixels: NDArray[np.uint16],
    position: tuple[float, float, float] = (0.0, 0.0, 0.0),
    axes: tuple[float, ...] = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    series: str = "1.2.3.4",
) -> FileDataset:
    """One sagittal slice (unless `axes` say otherwise) with a patient's name in it."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
    dataset.SeriesInstanceUID, dataset.StudyInstanceUID = series, "1.2.3"
    dataset.PatientName, dataset.PatientID = "Doe^Jane", "4711"
    dataset.PatientBirthDate, dataset.InstitutionName = "19700101", "General Hospital"
    dataset.StudyDate, dataset.Modality = "20200101", "MR"
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = list(position), list(axes)
    dataset.PixelSpacing, dataset.SliceThickness = [0.6, 0.5], 4.0
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    dataset.PixelData = pixels.tobytes()
    return dataset


def multi_frame(
    dataset: FileDataset,
    pages: NDArray[np.uint16],
    positions: Sequence[tuple[float, float, float]],
    own: Callable[[int, Dataset], None] | None = None,
) -> FileDataset:
    """The enhanced file that a slice becomes, with a frame for each of `pages` at its position.

    Orientation, spacing and a thickness of 4 mm go into the groups that all frames share;
    `own(number, groups)` adds to those of one frame.
    """
    orientation, measures, shared = (Dataset() for _ in range(3))
    orientation.ImageOrientationPatient = dataset.ImageOrientationPatient
    measures.PixelSpacing, measures.SliceThickness = dataset.PixelSpacing, 4.0
    for keyword in ("ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing"):
        delattr(dataset, keyword)
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [orientation], [measures]
    frames = []
    for number, position in enumerate(positions):
        place, frame = Dataset(), Dataset()
        place.ImagePositionPatient = list(position)
        frame.PlanePositionSequence = [place]
        if own:
            own(number, frame)
        frames.append(frame)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = EnhancedMRImageStorage
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = frames
    dataset.NumberOfFrames = len(frames)
    dataset.PixelData = pages.tobytes()
    return dataset


def dicom_bytes(dataset: FileDataset) -> bytes:
    """The dataset as a DICOM file."""
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def dicom_series(volume: NDArray[np.uint16], slice_mm: float = 4.0) -> dict[str, bytes]:
    """Files of a sagittal series `(slice, row, column)`; the first slice lies leftmost."""
    return {
        f"study/IM{index:03d}": dicom_bytes(dicom_slice(pixels, (-slice_mm * index, 5.0, 7.0)))
        for index, pixels in enumerate(volume)
    }


def zip_bytes(files: dict[str, bytes]) -> bytes:
    """A plain archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def pack_folder(folder: Path, target: Path) -> None:
    """Packs the one readable series of a folder as `discai upload` does."""
    with opened(folder) as files:
        [series] = sort_study(files).series
        series.pack(target)


def write(folder: Path, name: str, content: bytes) -> Path:
    """The file, written."""
    path = folder / name
    path.write_bytes(content)
    return path
