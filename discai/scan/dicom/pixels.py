"""Pixels of the slices of a stack, as GDCM decodes them; only imported inside the child process."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.scan.dicom.frames import Frame, frames_of
from discai.scan.dicom.headers import Header
from discai.scan.itk import read_array
from discai.scan.volume import check_size


class _File(NamedTuple):
    """Pixels of all slices of a file, and the rescale factors that GDCM has applied to all."""

    pixels: NDArray[np.generic]
    applied: tuple[float, float] | None


def read_slices(frames: Sequence[Frame]) -> NDArray[np.generic]:
    """The pixels `(slice, row, column)` of these slices, in their order, rescaled.

    Raises:
        PermanentError: `truncated`, `damaged`, `unsupported-format`, `too-large`.
    """
    check_size((len(frames), *frames[0].size), 8)
    files: dict[int, _File] = {}
    slices: list[NDArray[np.generic]] = []
    for frame in frames:
        key = id(frame.header)
        if key not in files:
            files[key] = _file_of(frame.header)
        file = files[key]
        slices.append(_rescaled(file.pixels[frame.number], frame, file.applied))
    # Slices with rescale factors of their own come as floats beside plain integers. GDCM turns
    # values round that are the darker the higher they are (MONOCHROME1).
    return np.stack(slices)


def _file_of(header: Header) -> _File:
    array = read_array(header.path, "GDCMImageIO", colours=header.is_colour)
    if array.shape[1:] != (int(header.dataset.Rows), int(header.dataset.Columns)):
        raise PermanentError("damaged", "The file's pixels have another size than it says.")
    if len(array) != header.frames:
        raise PermanentError("truncated", "The file holds fewer slices than it says.")
    return _File(array, frames_of(header)[0].rescale)


def _rescaled(
    pixels: NDArray[np.generic], frame: Frame, applied: tuple[float, float] | None
) -> NDArray[np.generic]:
    """The slice with its own factors in place of those that were `applied` to all of its file."""
    if applied is None or frame.rescale is None or frame.rescale == applied or applied[0] == 0:
        return pixels
    stored = (pixels.astype(np.float64) - applied[1]) / applied[0]
    slope, intercept = frame.rescale
    return np.asarray(stored * slope + intercept)
