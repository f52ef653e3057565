"""Slices with all greys of the scan, and windows through which people look at them.

A grey takes 16 bits, in a PNG of 8 bits that is twice as high as the slice: above the high bytes,
below the low ones. Browsers decode it exactly, which they don't for PNG of 16 bits, and it is
smaller and faster made: noise of the low bytes doesn't spoil what the high ones share.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.anatomy import CANAL, FIRST_VERTEBRA, LAST_VERTEBRA
from discai.reading import Reading
from discai.records.windows import GreyRange, Windows
from discai.scan import Scan

_MOST: Final = 65535
_SAMPLE_VOXELS: Final = 1_000_000
#: Brighter and darker pixels of the whole scan are cut off: fat near the coil would blind.
USUAL_PERCENTILES: Final = (0.5, 99.5)
#: Black for T1 and T2: so many percent of the pixels around the spine are as dark.
_DARK_PERCENTILE: Final = 1.0
#: Around the outlined spine, as a share of its height and depth.
_MARGIN: Final = 0.1
#: The liquor's grey is this percentile of the canal's, in which roots and cord lie, too.
_LIQUOR_PERCENTILE: Final = 90.0
#: Brightness, from 0 to 1, of marrow and liquor. T1 shows marrow well above discs, whatever fat
#: burns out beside the coil; T2 keeps the liquor below white, so that roots are seen in it; in STIR
#: marrow is dark, whose fat is suppressed, and stays above black.
_T1_MARROW: Final = 0.6
_T2_LIQUOR: Final = 0.9
_STIR_MARROW, _STIR_LIQUOR = 0.2, 0.95


class Greys:
    """Greys of a scan's canonical slices, as whole numbers from 0 to 65535.

    Those of scanners are whole numbers themselves and only moved so that the darkest is 0; others
    are spread over the range.

    Attributes:
        shape: rows and columns as shown.
    """

    def __init__(self, scan: Scan, shape: tuple[int, int]) -> None:
        self._voxels = scan.voxels
        self.shape = shape
        self._darkest, brightest = float(scan.voxels.min()), float(scan.voxels.max())
        self._range = brightest - self._darkest
        self._gain = 1.0 if self._are_whole() else _MOST / self._range

    def slice(self, index: int) -> NDArray[np.uint16]:
        """The greys `(row, column)` of a slice as shown."""
        stored = self._voxels[index]
        if self._gain == 1 and stored.shape == self.shape:
            return np.asarray(stored - stored.dtype.type(self._darkest), np.uint16)
        pixels = (stored.astype(np.float32) - np.float32(self._darkest)) * np.float32(self._gain)
        if pixels.shape != self.shape:
            resized = cv2.resize(pixels, self.shape[::-1], interpolation=cv2.INTER_LINEAR)
            pixels = np.asarray(resized, np.float32)
        return np.asarray(np.rint(pixels).clip(0, _MOST), np.uint16)

    def windows(self, reading: Reading) -> Windows:
        """The windows to begin with; those of sequences by the greys of marrow and liquor.

        A sequence's is the usual one where these can't tell it.
        """
        usual = percentiles_of(self._voxels, USUAL_PERCENTILES)
        marrow, liquor, dark = _anchors(self._voxels, reading.segmentation)
        stir_range = (liquor - marrow) / (_STIR_LIQUOR - _STIR_MARROW)
        darkest = marrow - _STIR_MARROW * stir_range
        tried = {
            "t1": (dark, dark + (marrow - dark) / _T1_MARROW),
            "t2": (dark, dark + (liquor - dark) / _T2_LIQUOR),
            "stir": (darkest, darkest + stir_range),
        }
        known = {name: ends if ends[1] > ends[0] else usual for name, ends in tried.items()}
        return Windows(
            usual=self._range_of(usual),
            **{name: self._range_of(ends) for name, ends in known.items()},
            fit=GreyRange(low=0, high=round(max(self._range * self._gain, 1))),
        )

    def _are_whole(self) -> bool:
        if self._range > _MOST:
            return False
        voxels = self._voxels
        is_whole = np.issubdtype(voxels.dtype, np.integer) or bool(
            (voxels == np.rint(voxels)).all()
        )
        return is_whole or self._range == 0

    def _range_of(self, ends: tuple[float, float]) -> GreyRange:
        low, high = (round((end - self._darkest) * self._gain) for end in ends)
        return GreyRange(low=max(low, 0), high=max(high, low + 1, 1))


def planes_of(greys: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Greys `(row, column)` as bytes: the high ones of all rows, below them the low ones."""
    return np.concatenate([greys >> 8, greys & 0xFF]).astype(np.uint8)


def percentiles_of(
    voxels: NDArray[np.generic], percentiles: tuple[float, float]
) -> tuple[float, float]:
    """Two percentiles of voxels, by a sample of about a million."""
    sample = voxels.reshape(-1)[:: max(1, voxels.size // _SAMPLE_VOXELS)].astype(np.float32)
    low, high = np.percentile(sample, percentiles)
    return float(low), float(high)


def _anchors(
    voxels: NDArray[np.generic], segmentation: NDArray[np.uint8]
) -> tuple[float, float, float]:
    """Greys of marrow, of liquor and of what is dark around the spine; NaN for what isn't there."""
    part = _around_spine(segmentation)
    near, labels = voxels[part], segmentation[part]  # every second row and column is enough
    is_marrow = (labels >= FIRST_VERTEBRA) & (labels <= LAST_VERTEBRA)
    wanted = (
        (near[is_marrow], 50.0),
        (near[labels == CANAL], _LIQUOR_PERCENTILE),
        (near, _DARK_PERCENTILE),
    )
    marrow, liquor, dark = (
        float(np.percentile(greys, percentile)) if greys.size else float("nan")
        for greys, percentile in wanted
    )
    return marrow, liquor, dark


def _around_spine(segmentation: NDArray[np.uint8]) -> tuple[slice, slice, slice]:
    """The slices, rows and columns that hold all that is outlined, with a margin."""
    return slice(None), _with_margin(segmentation, 1), _with_margin(segmentation, 2)


def _with_margin(segmentation: NDArray[np.uint8], axis: int) -> slice:
    others = tuple(other for other in range(3) if other != axis)
    places = np.flatnonzero(segmentation.max(axis=others))
    first, last = (int(places[0]), int(places[-1])) if places.size else (0, 0)
    margin = round(_MARGIN * (last + 1 - first))
    return slice(max(0, first - margin), last + 1 + margin, 2)
