"""Measures of a disc's crop: protrusion behind the vertebrae, narrowing of the canal, heights.

With few herniated discs to learn from, these measures generalise better to other patients than
what a network finds in the pixels by itself.
"""

from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from discai.herniation.crops import (
    ANCHOR,
    CROP_SHAPE,
    MM_PER_PIXEL,
    Crop,
    canal_probability,
    disc_probability,
    vertebra_probability,
)

_Mask = NDArray[np.bool_]
_Profile = NDArray[np.float64]
"""A column for each row of the crop, in pixels; NaN where there is none."""

#: Rows this far above and below the disc's middle show the bodies' back walls.
_WALL_MM = (4.0, 14.0)
#: Rows this far from the disc's middle show the canal beside the disc.
_BESIDE_MM = (9.0, 16.0)
#: Bodies' back walls lie this far in front of the disc's border at most, and behind it.
_WALL_AROUND_BORDER_MM = (22.0, 7.0)
#: Signals are divided by no less than this.
_DARKEST = 0.03
#: So few pixels have no signal worth telling.
_FEW = 10


@dataclass(frozen=True)
class DiscShape:
    """Measures of one disc on one slice; lengths in mm, areas in mm², signals 0 to 1.

    What can't be measured takes the value that an ordinary disc has.
    """

    behind_wall_mm2: float = 8.0
    behind_wall_depth_mm: float = 1.5
    behind_wall_height_mm: float = 6.0
    step_of_walls_mm: float = 0.0
    wall_to_canal_least_mm: float = 3.0
    wall_to_canal_most_mm: float = 4.0
    wall_to_canal_beside_mm: float = 3.5
    canal_dent_mm: float = 1.5
    canal_dent_mm2: float = 8.0
    canal_depth_mm: float = 13.0
    canal_depth_ratio: float = 0.85
    canal_area_ratio: float = 0.85
    height_mm: float = 9.0
    posterior_height_mm: float = 6.0
    length_mm: float = 30.0
    disc_signal: float = 0.2
    disc_to_vertebra_signal: float = 0.6
    canal_to_vertebra_signal: float = 1.5
    signal_spread: float = 0.05
    behind_wall_signal: float = 0.2
    vertebra_signal: float = 0.35
    canal_signal: float = 0.6
    bright_canal_to_vertebra_signal: float = 1.8
    canal_at_disc_to_beside_signal: float = 0.95
    canal_spread_to_vertebra_signal: float = 0.4
    dark_disc_to_vertebra_signal: float = 0.35
    bright_disc_to_vertebra_signal: float = 0.9
    nucleus_to_vertebra_signal: float = 0.65
    nucleus_to_canal_signal: float = 0.4
    posterior_disc_to_vertebra_signal: float = 0.5
    confidence: float = 0.9


FEATURE_NAMES = tuple(field.name for field in fields(DiscShape))


def feature_vector(crop: Crop) -> NDArray[np.float32]:
    """The measures of a crop in the order of `FEATURE_NAMES`, float32."""
    return np.array(astuple(measure_shape(crop)), np.float32)


def back_wall(crop: Crop) -> NDArray[np.float64] | None:
    """The line of the back walls in a crop, as a column for each row; None where none is seen."""
    canal = canal_probability(crop) >= 0.5
    return _back_wall(_bodies(vertebra_probability(crop) >= 0.5, canal), canal)


def canal_edges(crop: Crop) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Front and back of the canal if it ran straight past the disc, as columns for each row.

    Straight lines through the canal beside the disc; None where it isn't seen on both sides.
    """
    canal, offsets = canal_probability(crop) >= 0.5, _offsets_mm()
    front, back = _first_column(canal), _last_column(canal)
    reference = _beside() & np.isfinite(front)
    if min((reference & (offsets < 0)).sum(), (reference & (offsets > 0)).sum()) < 6:
        return None
    used = offsets[reference]
    of_front = np.polyval(np.polyfit(used, front[reference], 1), offsets)
    of_back = np.polyval(np.polyfit(used, back[reference], 1), offsets)
    return np.asarray(of_front, np.float64), np.asarray(of_back, np.float64)


def measure_shape(crop: Crop) -> DiscShape:
    """Measure one disc from its crop."""
    image = crop[..., 0].astype(np.float64) / 255
    disc = disc_probability(crop) >= 0.5
    canal = canal_probability(crop) >= 0.5
    body = _bodies(vertebra_probability(crop) >= 0.5, canal)
    measures: dict[str, float] = {}
    wall = _back_wall(body, canal)
    if wall is not None:
        measures |= _protrusion(disc, wall, image) | {"step_of_walls_mm": _step_of_walls(body)}
        measures |= _wall_to_canal(wall, canal)
    measures |= _canal(canal)
    measures |= _heights(disc)
    measures |= _signals(image, disc, body, canal)
    if disc.any():
        measures["confidence"] = float(disc_probability(crop)[disc].mean())
    return DiscShape(**{name: v for name, v in measures.items() if np.isfinite(v)})


def _offsets_mm() -> _Profile:
    """For each row its distance below the disc's middle."""
    return (np.arange(CROP_SHAPE[0], dtype=np.float64) - ANCHOR[0]) * MM_PER_PIXEL


def _bodies(vertebra: _Mask, canal: _Mask) -> _Mask:
    """Vertebra in front of the canal: bodies without posterior elements."""
    front = _first_column(canal)
    limit = np.where(np.isnan(front), ANCHOR[1] + _WALL_AROUND_BORDER_MM[1] / MM_PER_PIXEL, front)
    return vertebra & (np.arange(vertebra.shape[1]) < limit[:, None])


def _first_column(mask: _Mask) -> _Profile:
    return np.where(mask.any(axis=1), mask.argmax(axis=1), np.nan)


def _last_column(mask: _Mask) -> _Profile:
    last = mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)
    return np.where(mask.any(axis=1), last, np.nan)


def _wall_rows(side: int) -> _Mask:
    """Rows that show the back wall of the body above (-1) or below (+1) the disc."""
    offsets = _offsets_mm() * side
    return (offsets >= _WALL_MM[0]) & (offsets <= _WALL_MM[1])


def _wall_points(body: _Mask) -> _Profile:
    points = _last_column(body)
    lowest = ANCHOR[1] - _WALL_AROUND_BORDER_MM[0] / MM_PER_PIXEL
    highest = ANCHOR[1] + _WALL_AROUND_BORDER_MM[1] / MM_PER_PIXEL
    return np.where((points >= lowest) & (points <= highest), points, np.nan)


def _back_wall(body: _Mask, canal: _Mask) -> _Profile | None:
    """The straight line through the back walls of the bodies above and below, for each row.

    The sacrum isn't outlined; below the L5-S1 disc the front of the canal stands for its wall,
    moved by the gap between wall and canal above the disc.
    """
    points = _wall_points(body)
    upper, lower = _wall_rows(-1), _wall_rows(1)
    if np.isfinite(points[lower]).sum() < 6:
        front = _first_column(canal)
        gap = front[upper] - points[upper]
        if np.isfinite(gap).any():
            points = np.where(lower, front - np.nanmedian(gap), points)
    used = (upper | lower) & np.isfinite(points)
    if min((used & upper).sum(), (used & lower).sum()) < 6:
        return None
    offsets = _offsets_mm()
    slope = (np.median(points[used & lower]) - np.median(points[used & upper])) / (
        np.median(offsets[used & lower]) - np.median(offsets[used & upper])
    )
    middle = np.median(points[used] - slope * offsets[used])
    return np.asarray(middle + slope * offsets)


def _step_of_walls(body: _Mask) -> float:
    """Distance of the lower body's wall in front of the upper one's (slipping vertebrae)."""
    points = _wall_points(body)
    upper, lower = points[_wall_rows(-1)], points[_wall_rows(1)]
    if min(np.isfinite(upper).sum(), np.isfinite(lower).sum()) < 6:
        return float("nan")
    return float((np.nanmedian(upper) - np.nanmedian(lower)) * MM_PER_PIXEL)


def _protrusion(disc: _Mask, wall: _Profile, image: NDArray[np.float64]) -> dict[str, float]:
    behind = disc & (np.arange(disc.shape[1]) > wall[:, None])
    depth = behind.sum(axis=1) * MM_PER_PIXEL
    return {
        "behind_wall_mm2": float(behind.sum() * MM_PER_PIXEL**2),
        "behind_wall_depth_mm": float(depth.max()),
        "behind_wall_height_mm": float((depth > 0).sum() * MM_PER_PIXEL),
        "behind_wall_signal": float(image[behind].mean()) if behind.sum() > 8 else float("nan"),
    }


def _beside() -> _Mask:
    offsets = np.abs(_offsets_mm())
    return (offsets >= _BESIDE_MM[0]) & (offsets <= _BESIDE_MM[1])


def _wall_to_canal(wall: _Profile, canal: _Mask) -> dict[str, float]:
    """From the line of the back walls to the front of the canal: what lies between is epidural.

    Unlike the outline of the disc it also sees a sequestered or ill-outlined protrusion.
    """
    gap = (_first_column(canal) - wall) * MM_PER_PIXEL
    at_disc, beside = gap[np.abs(_offsets_mm()) <= 5], gap[_beside()]
    measures = {}
    if np.isfinite(at_disc).any():
        measures["wall_to_canal_least_mm"] = float(np.nanmin(at_disc))
        measures["wall_to_canal_most_mm"] = float(np.nanmax(at_disc))
    if np.isfinite(beside).any():
        measures["wall_to_canal_beside_mm"] = float(np.nanmean(beside))
    return measures


def _canal(canal: _Mask) -> dict[str, float]:
    """Dent in the canal's front at the disc, and the narrowing of its depth there."""
    at_disc, beside = np.abs(_offsets_mm()) <= 6, _beside()
    depth = canal.sum(axis=1) * MM_PER_PIXEL
    if not canal[beside].any():
        return {}
    measures = {
        "canal_depth_mm": float(np.percentile(depth[at_disc], 10)),
        "canal_depth_ratio": float(np.percentile(depth[at_disc], 10) / depth[beside].mean()),
        "canal_area_ratio": float(depth[at_disc].mean() / depth[beside].mean()),
    }
    front, signed = _first_column(canal), _offsets_mm()
    reference = beside & np.isfinite(front)
    if min((reference & (signed < 0)).sum(), (reference & (signed > 0)).sum()) >= 6:
        slope, middle = np.polyfit(signed[reference], front[reference], 1)
        dent = np.where(at_disc, front - (middle + slope * signed), np.nan) * MM_PER_PIXEL
        if np.isfinite(dent).any():
            measures["canal_dent_mm"] = float(np.nanmax(dent))
            measures["canal_dent_mm2"] = float(np.nansum(dent.clip(0)) * MM_PER_PIXEL)
    return measures


def _heights(disc: _Mask) -> dict[str, float]:
    heights = disc.sum(axis=0) * MM_PER_PIXEL
    border = ANCHOR[1]
    pixels = round(10 / MM_PER_PIXEL)
    middle = heights[border - 2 * pixels : border - pixels]
    posterior = heights[border - round(5 / MM_PER_PIXEL) : border - round(1 / MM_PER_PIXEL)]
    return {
        "height_mm": float(middle.mean()),
        "posterior_height_mm": float(posterior.mean()),
        "length_mm": float((heights > 1).sum() * MM_PER_PIXEL),
    }


def _signals(
    image: NDArray[np.float64], disc: _Mask, body: _Mask, canal: _Mask
) -> dict[str, float]:
    if not (disc.any() and body.any()):
        return {}
    vertebra = max(float(np.median(image[body])), _DARKEST)
    dark, middle, bright = np.percentile(image[disc], (10, 50, 90))
    measures = {
        "disc_signal": float(middle),
        "disc_to_vertebra_signal": float(middle) / vertebra,
        "dark_disc_to_vertebra_signal": float(dark) / vertebra,
        "bright_disc_to_vertebra_signal": float(bright) / vertebra,
        "signal_spread": float(image[disc].std()),
        "vertebra_signal": vertebra,
    }
    nucleus, posterior = disc & _nucleus(), disc & _posterior()
    if nucleus.sum() > _FEW:
        measures["nucleus_to_vertebra_signal"] = float(image[nucleus].mean()) / vertebra
    if posterior.sum() > _FEW:
        measures["posterior_disc_to_vertebra_signal"] = float(image[posterior].mean()) / vertebra
    if not canal.any():
        return measures
    fluid = float(np.percentile(image[canal], 80))
    measures["canal_signal"] = fluid
    measures["canal_to_vertebra_signal"] = float(np.median(image[canal])) / vertebra
    measures["bright_canal_to_vertebra_signal"] = fluid / vertebra
    if nucleus.sum() > _FEW:
        measures["nucleus_to_canal_signal"] = float(image[nucleus].mean()) / max(fluid, _DARKEST)
    at_disc = canal & (np.abs(_offsets_mm()) <= 4)[:, None]
    beside = canal & _beside()[:, None]
    if min(at_disc.sum(), beside.sum()) > _FEW:
        measures["canal_at_disc_to_beside_signal"] = float(
            image[at_disc].mean() / max(image[beside].mean(), _DARKEST)
        )
        measures["canal_spread_to_vertebra_signal"] = float(image[at_disc].std()) / vertebra
    return measures


def _nucleus() -> _Mask:
    """The inner part of a disc: between 8 and 22 mm in front of its border, 4 mm high."""
    before_mm = (ANCHOR[1] - np.arange(CROP_SHAPE[1])) * MM_PER_PIXEL
    return (np.abs(_offsets_mm()) < 2)[:, None] & ((before_mm > 8) & (before_mm < 22))[None]


def _posterior() -> _Mask:
    """Part of the crop from 8 mm in front of the disc's border backward."""
    before_mm = (ANCHOR[1] - np.arange(CROP_SHAPE[1])) * MM_PER_PIXEL
    return (before_mm <= 8)[None]
