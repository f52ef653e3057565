"""Agreement of outlines at their surfaces, slice by slice in plane.

Dice asks how much of two bodies is common and forgives a thick body what it asks of a thin one;
these figures ask how far apart the outlines run.
"""

from typing import Final, NamedTuple

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

#: Outlines that run closer than this agree, in the normalised surface Dice.
TOLERANCE_MM: Final = 1.0
#: Distances are float32: what lies just at the tolerance is within it.
_ROUNDING_MM: Final = 1e-4


class SurfaceAgreement(NamedTuple):
    """Agreement of the outlines of one structure in one volume.

    Attributes:
        dice: normalised surface Dice at `TOLERANCE_MM`, between 0 and 1: the share of the length
            of both outlines that runs within the tolerance of the other one (Nikolov et al.,
            J Med Internet Res 2021;23(7):e26151). Outline in a slice where the other has none is
            beyond every tolerance.
        distance_mm: average symmetric surface distance: the mean distance of all points of either
            outline to the other one (Heimann et al., IEEE TMI 2009;28(8):1251-65), over the slices
            that have both. None where no slice has both, but one of the two outlines something.
    """

    dice: float
    distance_mm: float | None


def surface_agreement(
    truth: NDArray[np.bool_], found: NDArray[np.bool_], pixel_mm: tuple[float, float]
) -> SurfaceAgreement:
    """Compare the outlines of two masks `(slice, row, column)`; `pixel_mm` is row, column.

    The pieces of outline and their lengths are those of Nikolov et al. in two dimensions: a piece
    lies where four neighbouring pixels meet that are not all alike, and is as long as a contour
    through them would be. All slices count together, by length. The picture's edge is no outline:
    what is cut off there ends nowhere. Two masks without any outline agree fully (1 and 0 mm).
    """
    distances, lengths = [], []
    for pair in zip(truth, found, strict=True):
        own, other = (_pieces_mm(each, pixel_mm) for each in _cropped(*pair))
        for pieces, opposite in ((own, other), (other, own)):
            there = pieces > 0
            distances.append(_distance_mm(opposite > 0, pixel_mm)[there])
            lengths.append(pieces[there])
    distance_mm, length_mm = np.concatenate(distances), np.concatenate(lengths)
    if not length_mm.size:
        return SurfaceAgreement(1.0, 0.0)
    within = distance_mm <= TOLERANCE_MM + _ROUNDING_MM
    met = np.isfinite(distance_mm)
    return SurfaceAgreement(
        float(length_mm[within].sum() / length_mm.sum()),
        float(np.average(distance_mm[met], weights=length_mm[met])) if met.any() else None,
    )


def _cropped(
    first: NDArray[np.bool_], second: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Both pictures `(row, column)` cut down to what is in either, and a pixel around it."""
    rows, columns = np.nonzero(first | second)
    if not rows.size:
        return first[:0], second[:0]
    window = np.s_[
        max(rows.min() - 1, 0) : rows.max() + 2, max(columns.min() - 1, 0) : columns.max() + 2
    ]
    return first[window], second[window]


def _pieces_mm(mask: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> NDArray[np.float64]:
    """Length of the outline `(row, column)` at each corner where four pixels meet."""
    if not mask.any():
        return np.zeros(tuple(max(size - 1, 0) for size in mask.shape))
    row_mm, column_mm = pixel_mm
    corner_mm = np.hypot(row_mm, column_mm) / 2
    at = mask.astype(np.uint8)
    # Each pixel of the four has a bit: upper left, upper right, lower left, lower right.
    kinds = at[:-1, :-1] + 2 * at[:-1, 1:] + 4 * at[1:, :-1] + 8 * at[1:, 1:]
    by_kind = np.full(16, corner_mm)
    by_kind[[0b0000, 0b1111]] = 0
    by_kind[[0b0011, 0b1100]] = column_mm
    by_kind[[0b0101, 0b1010]] = row_mm
    by_kind[[0b0110, 0b1001]] = 2 * corner_mm
    return np.asarray(by_kind[kinds])


def _distance_mm(there: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> NDArray[np.float64]:
    """Distance of each point `(row, column)` to the nearest that is there; infinite without any."""
    if not there.any():
        return np.full(there.shape, np.inf)
    image = sitk.GetImageFromArray(there.astype(np.uint8))
    image.SetSpacing(pixel_mm[::-1])
    signed = sitk.SignedMaurerDistanceMap(
        image, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )
    distances = np.asarray(sitk.GetArrayFromImage(signed), np.float64)
    return np.where(there, 0.0, distances)
