"""One disc as the herniation network sees it: an oriented crop around its posterior border.

A crop is an 8-bit RGB picture, so that it can be stored as a PNG, looked at and trained on again:

* red: the slice, as the segmentation network got it, times 255;
* green: the probability of disc;
* blue: vertebra above 128, canal below it.

In it the disc lies level, its posterior border at `ANCHOR`, anterior on the left. Training and
serving both import this file.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.spine.spine import Spine, midline_slices

Crop = NDArray[np.uint8]
"""`(row, column, channel)`, as above."""

CROPS_ID = "oriented-posterior-40x48mm-0.5mm-1"
MM_PER_PIXEL = 0.5
CROP_SHAPE = (80, 96, 3)
#: `(row, column, channel)` of `coarse_outlines` and `coarse_signals`: pixels of 2 mm.
OUTLINES_SHAPE = (20, 24, 3)
SIGNALS_SHAPE = (20, 24, 1)
#: `(row, column, channel)` of `planes`: pixels of 1 mm.
PLANES_SHAPE = (40, 48, 4)
#: Row and column of the disc's posterior border: 32 mm in front of it are seen, 16 mm behind.
ANCHOR = (40, 64)
#: The farthest voxels of a disc are noise of the outline; the border is where this part is passed.
BORDER_PERCENTILE = 97.0
#: Slices this far from the midline of a disc still show where discs herniate.
AROUND_MIDLINE_MM = 6.0
#: As many slices are looked at for herniation; more bring nothing new.
MOST_SLICES = 5

#: The corners of a crop lie 38 mm from its anchor.
_REACH_MM = 42.0
_NEUTRAL = 128.0
#: Grey values of vertebrae: no darker ones are believed, and those where none are seen.
_DARKEST, _USUAL = 8.0, 80.0


@dataclass(frozen=True)
class DiscCrops:
    """One disc on the slices around the middle of its body.

    Attributes:
        number: 1-based position in the spine's chain.
        level: its name.
        midline: the slice in the middle of the body, on which the disc is read best.
        crops: by slice.
    """

    number: int
    level: str
    midline: int
    crops: dict[int, Crop]


def crop_discs(
    images: NDArray[np.float32], probabilities: NDArray[np.float32], spine: Spine
) -> list[DiscCrops]:
    """Cut every disc of a spine out of its slices around the midline, from the lowest disc up.

    `images` `(slice, row, column)` and `probabilities` `(slice, row, column, channel)` are on the
    network's grid.
    """
    cut = []
    midlines = midline_slices(spine)
    for number, (disc, level, midline) in enumerate(
        zip(spine.chain.discs, spine.chain.levels, midlines, strict=True), start=1
    ):
        crops = {
            index: crop_disc(
                images[index],
                probabilities[index],
                spine.discs[index] == number,
                disc.axis,
                spine.voxel_mm[1],
            )
            for index in slices_to_classify(spine.disc_areas[:, number], midline, spine.voxel_mm[0])
        }
        cut.append(DiscCrops(number, level, midline, crops))
    return cut


def slices_to_classify(areas: NDArray[np.int64], midline: int, slice_mm: float) -> list[int]:
    """The slices around the midline that show most of one disc, the midline among them.

    `areas` by slice are those of the disc.
    """
    reach = int(AROUND_MIDLINE_MM / slice_mm)
    step = max(1, -(-2 * reach // (MOST_SLICES - 1)))
    around = range(midline - reach // step * step, midline + reach + 1, step)
    return [
        index
        for index in around
        if 0 <= index < len(areas) and areas[index] >= 0.4 * areas[midline]
    ]


def crop_disc(
    image: NDArray[np.float32],
    probabilities: NDArray[np.float32],
    disc: NDArray[np.bool_],
    axis: tuple[float, float],
    pixel_mm: float,
) -> Crop:
    """Cut one disc out of one slice.

    Args:
        image: the normalised slice `(row, column)`, 0 to 1.
        probabilities: `(row, column, channel)`; channels begin with disc, vertebra, canal.
        disc: the voxels of this disc on this slice; at least one.
        axis: unit vector `(row, column)` along the disc towards the back.
        pixel_mm: edge of the slice's square pixels.
    """
    anchor = _posterior_border(disc, axis)
    transform = _crop_to_slice(anchor, axis, MM_PER_PIXEL / pixel_mm)
    # Only this part of the slice is seen, and computing all of it takes several times as long.
    reach = np.ceil(_REACH_MM / pixel_mm)
    (top, left), (bottom, right) = np.maximum(anchor - reach, 0), anchor + reach + 1
    part = np.s_[int(top) : int(bottom), int(left) : int(right)]
    maps = probabilities[part]
    page = np.zeros((3, *image.shape), np.float32)
    page[0][part] = image[part] * 255
    page[1][part] = np.where(_near(disc[part], pixel_mm), maps[..., 0], 0) * 255
    page[2][part] = _NEUTRAL + 127 * (maps[..., 1] - maps[..., 2])
    red, green = _warp(page[0], transform, 0), _warp(page[1], transform, 0)
    blue = _warp(page[2], transform, _NEUTRAL)
    return np.clip(np.rint(np.stack([red, green, blue], axis=-1)), 0, 255).astype(np.uint8)


def crop_to_slice(
    disc: NDArray[np.bool_], axis: tuple[float, float], pixel_mm: float
) -> NDArray[np.float64]:
    """The affine map `(x, y)` of a disc's crop -> `(x, y)` of its slice; arguments as above."""
    return _crop_to_slice(_posterior_border(disc, axis), axis, MM_PER_PIXEL / pixel_mm)


def disc_probability(crop: Crop) -> NDArray[np.float32]:
    """The disc's probability in a crop, 0 to 1."""
    return np.float32(1 / 255) * crop[..., 1]


def vertebra_probability(crop: Crop) -> NDArray[np.float32]:
    """The vertebrae's probability in a crop, 0 to 1."""
    signed = crop[..., 2].astype(np.float32) - np.float32(_NEUTRAL)
    return np.float32(1 / 127) * signed.clip(0)


def canal_probability(crop: Crop) -> NDArray[np.float32]:
    """The canal's probability in a crop, 0 to 1."""
    signed = crop[..., 2].astype(np.float32) - np.float32(_NEUTRAL)
    return np.float32(1 / 127) * (-signed).clip(0)


def coarse_outlines(crop: Crop) -> NDArray[np.float32]:
    """Disc, vertebra and canal of a crop, 0 to 1, `OUTLINES_SHAPE`."""
    return _coarse(_outlines(crop), OUTLINES_SHAPE)


def coarse_signals(crop: Crop) -> NDArray[np.float32]:
    """The slice of a crop, 1 where it is as bright as the vertebrae, 0 to 4, `SIGNALS_SHAPE`."""
    return _signals(crop, SIGNALS_SHAPE)[..., None]


def planes(crop: Crop) -> NDArray[np.float32]:
    """Signal, disc, vertebra and canal of a crop as above, but of finer pixels, `PLANES_SHAPE`."""
    return np.dstack([_signals(crop, PLANES_SHAPE), _coarse(_outlines(crop), PLANES_SHAPE)])


def _outlines(crop: Crop) -> NDArray[np.float32]:
    channels = disc_probability(crop), vertebra_probability(crop), canal_probability(crop)
    return np.stack(channels, axis=-1)


def _signals(crop: Crop, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    picture = crop[..., 0].astype(np.float32)
    vertebra = picture[vertebra_probability(crop) >= 0.5]
    bright = max(float(np.median(vertebra)), _DARKEST) if vertebra.size else _USUAL
    return np.asarray((_coarse(picture, shape) / np.float32(bright)).clip(0, 4), np.float32)


def _coarse(picture: NDArray[np.float32], shape: tuple[int, int, int]) -> NDArray[np.float32]:
    size = shape[1::-1]
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _posterior_border(disc: NDArray[np.bool_], axis: tuple[float, float]) -> NDArray[np.float64]:
    """The point `(row, column)` on the disc's long axis at its posterior border."""
    points = np.argwhere(disc).astype(np.float64)
    centre = points.mean(axis=0)
    along = (points - centre) @ np.array(axis)
    return np.asarray(centre + np.percentile(along, BORDER_PERCENTILE) * np.array(axis))


def _crop_to_slice(
    anchor: NDArray[np.float64], axis: tuple[float, float], scale: float
) -> NDArray[np.float64]:
    """The affine map `(x, y)` of the crop -> `(x, y)` of the slice."""
    row, column = axis
    turn = scale * np.array([[column, -row], [row, column]])
    shift = anchor[::-1] - turn @ np.array(ANCHOR[::-1], np.float64)
    return np.column_stack([turn, shift])


def _near(disc: NDArray[np.bool_], pixel_mm: float) -> NDArray[np.bool_]:
    """The disc and the rim of low probabilities around it, without its neighbours."""
    size = 2 * round(3 / pixel_mm) + 1
    grown = cv2.dilate(disc.astype(np.uint8), np.ones((size, size), np.uint8))
    return np.asarray(grown > 0)


def _warp(
    picture: NDArray[np.floating], transform: NDArray[np.float64], outside: float
) -> NDArray[np.float32]:
    warped = cv2.warpAffine(
        picture.astype(np.float32, copy=False),
        transform,
        CROP_SHAPE[1::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=outside,
    )
    return np.asarray(warped, np.float32)
