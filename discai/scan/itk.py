"""Common parts of the decoders over SimpleITK; only ever imported inside the child process."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import SimpleITK as sitk  # noqa: N813 - everybody's name for it
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan.volume import check_size, whole_numbers

_GREY_TYPES: Final = {
    sitk.sitkInt8,
    sitk.sitkUInt8,
    sitk.sitkInt16,
    sitk.sitkUInt16,
    sitk.sitkInt32,
    sitk.sitkUInt32,
    sitk.sitkInt64,
    sitk.sitkUInt64,
    sitk.sitkFloat32,
    sitk.sitkFloat64,
}
#: Parts of red, green and blue in brightness: ITU-R BT.601, as OpenCV takes them.
_BRIGHTNESS: Final = (0.299, 0.587, 0.114)


def open_header(path: Path, image_io: str) -> sitk.ImageFileReader:
    """A reader that has read the header only: a volume of acceptable size.

    Raises:
        PermanentError: `damaged`, `not-3d`, `too-large`, `bad-geometry`.
    """
    reader = sitk.ImageFileReader()
    reader.SetImageIO(image_io)
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise PermanentError("damaged", "The file's header is damaged or incomplete.") from error
    size = reader.GetSize()
    if len(size) > 3 and any(count != 1 for count in size[3:]):
        raise PermanentError("not-3d", "The file holds no single three-dimensional image.")
    check_size(tuple(size[:3]), 8 * reader.GetNumberOfComponents())
    if len(size) > 3:
        reader.SetExtractSize([*size[:3], *(0 for _ in size[3:])])
    return reader


def read_image(reader: sitk.ImageFileReader) -> sitk.Image:
    """The image of an opened file; `PermanentError("truncated")` where pixels are missing."""
    try:
        return reader.Execute()
    except RuntimeError as error:
        raise PermanentError(
            "truncated", "The file's pixel data is incomplete or damaged."
        ) from error


def read_volume(
    path: Path, image_io: str
) -> tuple[
    NDArray[np.generic],
    tuple[float, float, float],
    tuple[float, float, float],
    tuple[float, ...],
]:
    """Grey values `(z, y, x)`, spacing `(z, y, x)`, origin `(x, y, z)` and direction of a file.

    Raises:
        PermanentError: what `open_header` and `read_image` raise, `unsupported-format` for pixels
            of several values, `not-3d` for a single slice.
    """
    reader = open_header(path, image_io)
    _refuse_other_than_grey(reader)
    image = read_image(reader)
    if image.GetDimension() != 3:
        raise PermanentError("not-3d", "The file holds no three-dimensional image.")
    x, y, z = image.GetSpacing()
    return whole_numbers(_array_of(image)), (z, y, x), image.GetOrigin(), image.GetDirection()


def read_array(path: Path, image_io: str, *, colours: bool = False) -> NDArray[np.generic]:
    """The grey values `(slice, row, column)` of a file; with `colours`, their brightness.

    Raises:
        PermanentError: what `open_header` and `read_image` raise, `unsupported-format` for pixels
            of several values where no colours are expected.
    """
    reader = open_header(path, image_io)
    is_coloured = colours and reader.GetNumberOfComponents() in (3, 4)
    if not is_coloured:
        _refuse_other_than_grey(reader)
    array = _array_of(read_image(reader))
    if is_coloured:
        array = np.rint(array[..., :3] @ np.array(_BRIGHTNESS)).astype(array.dtype)
    return array if array.ndim == 3 else array[None]


def _refuse_other_than_grey(reader: sitk.ImageFileReader) -> None:
    if reader.GetNumberOfComponents() != 1 or reader.GetPixelID() not in _GREY_TYPES:
        raise PermanentError("unsupported-format", "The file isn't a grey-value image.")


def _array_of(image: sitk.Image) -> NDArray[Any]:
    return np.asarray(sitk.GetArrayViewFromImage(image)).copy()
