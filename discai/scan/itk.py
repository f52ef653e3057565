"""Common parts of the decoders over SimpleITK; only ever imported inside the child process."""

from pathlib import Path
from typing import Final

import numpy as np
import SimpleITK as sitk  # noqa: N813 - everybody's name for it

from discai.errors import PermanentError
from discai.scan.volume import StoredVolume, check_size

_GREY_TYPES: Final = {
    sitk.sitkInt8: 1,
    sitk.sitkUInt8: 1,
    sitk.sitkInt16: 2,
    sitk.sitkUInt16: 2,
    sitk.sitkInt32: 4,
    sitk.sitkUInt32: 4,
    sitk.sitkFloat32: 4,
    sitk.sitkFloat64: 8,
}


def open_header(path: Path, image_io: str) -> sitk.ImageFileReader:
    """A reader that has read the header only: a grey-value volume of acceptable size.

    Raises:
        PermanentError: `damaged`, `not-3d`, `unsupported-format`, `too-large`, `bad-geometry`.
    """
    reader = sitk.ImageFileReader()
    reader.SetImageIO(image_io)
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise PermanentError("damaged", "The file's header is damaged or incomplete.") from error
    size = reader.GetSize()
    if len(size) < 3 or any(count != 1 for count in size[3:]):
        raise PermanentError("not-3d", "The file holds no single three-dimensional image.")
    if reader.GetNumberOfComponents() != 1 or reader.GetPixelID() not in _GREY_TYPES:
        raise PermanentError("unsupported-format", "The file isn't a grey-value image.")
    check_size(size[:3], _GREY_TYPES[reader.GetPixelID()])
    if len(size) > 3:
        reader.SetExtractSize([*size[:3], *(0 for _ in size[3:])])
    return reader


def read_pixels(reader: sitk.ImageFileReader) -> StoredVolume:
    """The whole volume of an opened file.

    Raises:
        PermanentError: `truncated` where pixels are missing or damaged.
    """
    try:
        image = reader.Execute()
    except RuntimeError as error:
        raise PermanentError(
            "truncated", "The file's pixel data is incomplete or damaged."
        ) from error
    x, y, z = image.GetSpacing()
    return StoredVolume(
        np.asarray(sitk.GetArrayViewFromImage(image)).copy(),
        (z, y, x),
        image.GetOrigin(),
        image.GetDirection(),
    )
