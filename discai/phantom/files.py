"""Writes a phantom in the formats that people upload; the suffix decides."""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import SimpleITK as sitk  # noqa: N813 - everybody's name for it

from discai.errors import PermanentError
from discai.phantom.phantom import Phantom
from discai.pictures.rendering import slices_as_shown
from discai.scan.mha import encode_scan

#: Any fixed moment: the same phantom gives the same bytes.
_ZIP_TIME: Final = (2000, 1, 1, 0, 0, 0)
_UID_ROOT: Final = "2.25.212418953126548412371264836712345678"


def write_phantom(phantom: Phantom, path: Path) -> None:
    """Writes the file.

    Raises:
        PermanentError: `bad-option` for a suffix that isn't one of `SUFFIXES`.
        OSError: if it can't be written.
    """
    for suffix, encoded in _ENCODERS.items():
        if path.name.lower().endswith(suffix):
            path.write_bytes(encoded(phantom))
            return
    raise PermanentError("bad-option", f"A phantom's name ends in {', '.join(SUFFIXES)}.")


def _mha(phantom: Phantom) -> bytes:
    return encode_scan(phantom.scan)


def _nifti(phantom: Phantom) -> bytes:
    return _written_by_itk(phantom, "phantom.nii")


def _compressed_nifti(phantom: Phantom) -> bytes:
    return _written_by_itk(phantom, "phantom.nii.gz")


def _written_by_itk(phantom: Phantom, name: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="discai-") as folder:
        path = Path(folder, name)
        sitk.WriteImage(_image(phantom), path)
        return path.read_bytes()


def _dicom_series(phantom: Phantom) -> bytes:
    """A zip of one DICOM file per slice along the file's slowest axis."""
    image = _image(phantom)
    series = _number_of(phantom)
    with tempfile.TemporaryDirectory(prefix="discai-") as folder:
        writer = sitk.ImageFileWriter()
        writer.KeepOriginalImageUIDOn()
        names = []
        for index in range(image.GetDepth()):
            names.append(Path(folder, f"IM{index:04d}.dcm"))
            writer.SetFileName(str(names[-1]))
            writer.Execute(_dicom_slice(image, index, series))
        return _zip((name.name, name.read_bytes()) for name in names)


def _picture_series(phantom: Phantom) -> bytes:
    """A zip of the slices as shown, numbered without leading zeros as many programs do."""
    shown = slices_as_shown(phantom.scan)
    return _zip((f"slice{index + 1}.png", _png(pixels)) for index, pixels in enumerate(shown))


def _picture(phantom: Phantom) -> bytes:
    return _png(slices_as_shown(phantom.scan)[phantom.middle_slice])


_ENCODERS: Final[dict[str, Callable[[Phantom], bytes]]] = {
    ".mha": _mha,
    ".nii.gz": _compressed_nifti,
    ".nii": _nifti,
    ".png.zip": _picture_series,
    ".zip": _dicom_series,
    ".png": _picture,
}
SUFFIXES: Final = tuple(_ENCODERS)


def _image(phantom: Phantom) -> sitk.Image:
    grid = phantom.scan.grid
    image = sitk.GetImageFromArray(phantom.scan.to_stored(phantom.scan.voxels))
    z, y, x = grid.spacing_mm or (1.0, 1.0, 1.0)
    image.SetSpacing((x, y, z))
    image.SetOrigin(grid.origin_mm)
    image.SetDirection(grid.direction)
    return image


def _number_of(phantom: Phantom) -> int:
    """A number that another drawing doesn't share: a T1 and a T2 are two series of one study."""
    digest = hashlib.sha256(np.ascontiguousarray(phantom.scan.voxels).tobytes()).hexdigest()
    return int(digest, 16) % 10**12


def _dicom_slice(image: sitk.Image, index: int, series: int) -> sitk.Image:
    pixels = image[:, :, index]
    direction = np.array(image.GetDirection()).reshape(3, 3)
    single = sitk.JoinSeries(pixels, 0.0, image.GetSpacing()[2])
    tags = {
        "0008|0060": "MR",
        "0008|0016": "1.2.840.10008.5.1.4.1.1.4",
        "0008|0018": f"{_UID_ROOT}.3.{series}.{index + 1}",
        "0010|0010": "Phantom",
        "0010|0020": "PHANTOM",
        "0020|000d": f"{_UID_ROOT}.1",
        "0020|0052": f"{_UID_ROOT}.4",
        "0020|000e": f"{_UID_ROOT}.2.{series}",
        "0020|0013": str(index + 1),
        "0020|0032": _decimals(image.TransformIndexToPhysicalPoint((0, 0, index))),
        "0020|0037": _decimals(direction.T.ravel()[:6]),
        "0018|0050": _decimals([image.GetSpacing()[2]]),
    }
    for tag, value in tags.items():
        single.SetMetaData(tag, value)
    return single


def _decimals(values: object) -> str:
    return "\\".join(f"{value:.8g}" for value in np.asarray(values, np.float64))


def _png(pixels: np.ndarray) -> bytes:
    _, encoded = cv2.imencode(".png", pixels)
    return bytes(encoded)


def _zip(files: Iterator[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
