"""Pictures of a reading: slices as shown, masks as class indices, overlays for people."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.anatomy import CANAL, FIRST_DISC, FIRST_VERTEBRA, LAST_VERTEBRA, LEVELS_FROM_SACRUM
from discai.pictures.greys import USUAL_PERCENTILES, Greys, percentiles_of, planes_of
from discai.pictures.overlay import overlay
from discai.pictures.packing import Packed, pack
from discai.pictures.png import encode_indexed
from discai.reading import Reading
from discai.records.windows import Windows
from discai.scan import Scan

__all__ = ["Pictures", "overlay", "slices_as_shown"]

#: Class indices of the mask pictures: small, so that a browser's canvas can map them.
MASK_VERTEBRA: Final = 1
MASK_CANAL: Final = 2
MASK_FIRST_DISC: Final = 3  # L5-S1; L4-L5 is 4, … upward

_SQUARE_TOLERANCE: Final = 0.01
#: A tenth smaller than OpenCV's default, in the same time: `python -m benchmarks.pictures`.
GREY_PNG: Final = (
    cv2.IMWRITE_PNG_COMPRESSION,
    1,
    cv2.IMWRITE_PNG_STRATEGY,
    cv2.IMWRITE_PNG_STRATEGY_RLE,
    cv2.IMWRITE_PNG_FILTER,
    cv2.IMWRITE_PNG_FILTER_AVG,
)
_COLOUR_PNG: Final = (cv2.IMWRITE_PNG_COMPRESSION, 1)

#: Twice what a row of the worklist shows, for sharp screens.
THUMBNAIL_HEIGHT: Final = 96
_THUMBNAIL_JPEG: Final = (cv2.IMWRITE_JPEG_QUALITY, 80)

#: Neighbouring discs differ; no amber or red, which would look like a finding.
_PALETTE: Final = np.array(
    [
        (0, 0, 0),
        (120, 140, 170),
        (70, 130, 210),
        (125, 200, 145),
        (80, 185, 225),
        (180, 145, 225),
        (95, 210, 185),
        (110, 160, 240),
        (150, 205, 120),
        (90, 200, 215),
        (165, 130, 210),
        (115, 190, 165),
        (100, 150, 225),
        (195, 160, 230),
    ],
    np.uint8,
)


class Pictures:
    """Pictures of a scan's canonical slices and of what was read in them, made when asked for.

    Any thread may ask: encoding takes most of the time and lets go of the interpreter.

    Attributes:
        shown: the slices `(slice, row, column)` as they are shown, in 8 bits.
        count: how many slices there are.
        width: of slices and masks, in pixels.
        height: of slices and masks, in pixels.
        scale: pixels as shown per canonical pixel along (row, column).
        pixel_mm: height of a pixel as shown, and nearly its width; None for scans without spacing.
    """

    def __init__(self, scan: Scan, reading: Reading) -> None:
        self.shown = slices_as_shown(scan)
        self._reading = reading
        self.count, self.height, self.width = self.shown.shape
        _, rows, columns = scan.voxels.shape
        self.scale = (self.height / rows, self.width / columns)
        self._greys = Greys(scan, (self.height, self.width))
        self.pixel_mm = scan.spacing_mm and scan.spacing_mm[1] / self.scale[0]

    def slice(self, index: int) -> bytes:
        """The slice with all its greys and square pixels, as the planes of `planes_of`."""
        return _png(planes_of(self._greys.slice(index)))

    def windows(self) -> Windows:
        """Windows of the slices' greys."""
        return self._greys.windows(self._reading)

    def mask(self, index: int) -> bytes:
        """Class indices of the same size, with a palette."""
        labels = self._reading.segmentation[index]
        return encode_indexed(_mask_indices(labels, (self.height, self.width)), _PALETTE)

    def overlay(self, index: int) -> bytes:
        """The slice enlarged by a whole number, with the discs' outlines, levels, probabilities."""
        picture = overlay(self.shown, self._reading, index, self.pixel_mm)
        shows_discs = (self._reading.segmentation[index] >= FIRST_DISC).any()
        return _png(picture if shows_discs else picture[..., 0])

    def thumbnail(self) -> bytes:
        """The key slice's overlay as a JPEG for lists: some kilobytes, where it has hundreds."""
        picture = overlay(self.shown, self._reading, self._reading.key_slice, self.pixel_mm)
        height, width = picture.shape[:2]
        size = (max(1, round(width * THUMBNAIL_HEIGHT / height)), THUMBNAIL_HEIGHT)
        small = cv2.resize(picture[..., ::-1], size, interpolation=cv2.INTER_AREA)
        _, encoded = cv2.imencode(".jpg", small, _THUMBNAIL_JPEG)
        return bytes(encoded)

    @cached_property
    def packed(self) -> Packed:
        """All that a page shows, in one file: slice 0, mask 0, slice 1, mask 1, …"""
        return pack(self._slices_and_masks())

    def overlays(self) -> Iterator[bytes]:
        """All of them, in the order of the slices."""
        with ThreadPoolExecutor() as pool:
            yield from pool.map(self.overlay, range(self.count))

    def _slices_and_masks(self) -> Iterator[tuple[str, bytes]]:
        indices = range(self.count)
        with ThreadPoolExecutor() as pool:
            made = zip(pool.map(self.slice, indices), pool.map(self.mask, indices), strict=True)
            for index, (slice_, mask) in enumerate(made):
                yield f"slice-{index:02d}.png", slice_
                yield f"mask-{index:02d}.png", mask


def slices_as_shown(scan: Scan) -> NDArray[np.uint8]:
    """The slices `(slice, row, column)` windowed to 8 bits, with square pixels."""
    voxels = scan.voxels
    low, high = percentiles_of(voxels, USUAL_PERCENTILES)
    gain = 255.0 / max(high - low, 1e-30)
    shape = shape_as_shown(scan)
    return np.stack(
        [
            _resize(np.clip((pixels.astype(np.float32) - low) * gain, 0, 255), shape)
            for pixels in voxels
        ]
    ).astype(np.uint8)


def shape_as_shown(scan: Scan) -> tuple[int, int]:
    _, rows, columns = scan.voxels.shape
    if scan.spacing_mm is None:
        return rows, columns
    _, row_mm, column_mm = scan.spacing_mm
    finer_mm = min(row_mm, column_mm)
    if max(row_mm, column_mm) <= (1 + _SQUARE_TOLERANCE) * finer_mm:
        return rows, columns
    return round(rows * row_mm / finer_mm), round(columns * column_mm / finer_mm)


def _resize(pixels: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    if pixels.shape == shape:
        return pixels
    return np.asarray(
        cv2.resize(pixels, shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32
    )


def _mask_indices(labels: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    indices = np.zeros(256, np.uint8)
    indices[FIRST_VERTEBRA : LAST_VERTEBRA + 1] = MASK_VERTEBRA
    indices[CANAL] = MASK_CANAL
    discs = range(len(LEVELS_FROM_SACRUM))
    indices[FIRST_DISC : FIRST_DISC + len(discs)] = [MASK_FIRST_DISC + disc for disc in discs]
    mask = indices[labels]
    if mask.shape == shape:
        return mask
    return np.asarray(cv2.resize(mask, shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _png(picture: NDArray[np.uint8]) -> bytes:
    if picture.ndim == 2:
        _, encoded = cv2.imencode(".png", picture, GREY_PNG)
    else:
        _, encoded = cv2.imencode(".png", picture[..., ::-1], _COLOUR_PNG)  # OpenCV writes BGR
    return bytes(encoded)
