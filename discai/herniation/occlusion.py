"""Crops of discs from which one thing is taken away, to see what the model makes of the rest.

The network is asked about them as about any other crop, so it doesn't matter what it is made of.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.herniation.crops import (
    ANCHOR,
    BORDER_PERCENTILE,
    MM_PER_PIXEL,
    Crop,
    canal_probability,
    disc_probability,
    vertebra_probability,
)
from discai.herniation.shape import canal_edges

_Mask = NDArray[np.bool_]

#: Less than 1 mm² of anything is an edge of the outline.
_LEAST_PIXELS: Final = round(1 / MM_PER_PIXEL**2)
#: Rows this far from the disc's middle lie at the disc; beyond them lie the bodies.
_AT_DISC_MM: Final = 9.0
#: So far behind the back walls lies what is in front of the canal.
_EPIDURAL_MM: Final = 7.0
#: The canal's probability of 1, as a crop's third channel has it.
_CANAL: Final = 1


def without_protrusion(crop: Crop, wall: NDArray[np.float64]) -> Crop | None:
    """The crop without the disc's tissue behind the line of the back walls.

    In its place is what lies between the walls and the canal beside the disc. `wall` is the line's
    column for each row. None where nothing lies behind it.
    """
    behind = np.arange(crop.shape[1]) > wall[:, None]
    tissue = behind & (disc_probability(crop) >= 0.5)
    if tissue.sum() < _LEAST_PIXELS:
        return None
    changed = crop.copy()
    changed[..., 1][behind] = 0
    near = np.arange(crop.shape[1]) <= wall[:, None] + _EPIDURAL_MM / MM_PER_PIXEL
    beside = behind & near & ~_at_disc(crop) & _is_nothing(crop)
    if beside.any():
        changed[..., 0][tissue] = np.median(crop[..., 0][beside])
    return _cut_again(changed, crop)


def without_dent(crop: Crop) -> Crop | None:
    """The crop with a canal whose front runs straight past the disc.

    Whatever lies in front of the canal there, the disc too, is canal. None where there is no dent.
    """
    edges = canal_edges(crop)
    if edges is None:
        return None
    front, back = edges
    columns = np.arange(crop.shape[1])
    canal = canal_probability(crop) >= 0.5
    # What narrows the canal from behind stays: only its front is straightened.
    last = np.where(canal.any(axis=1), canal.shape[1] - canal[:, ::-1].argmax(axis=1), back)
    straight = (columns >= front[:, None]) & (columns <= np.minimum(back, last)[:, None])
    dent = straight & ~canal & _at_disc(crop)
    if dent.sum() < _LEAST_PIXELS:
        return None
    changed = crop.copy()
    changed[dent, 0] = np.median(crop[..., 0][canal])
    changed[dent, 1] = 0
    changed[dent, 2] = _CANAL
    return _cut_again(changed, crop)


def _at_disc(crop: Crop) -> _Mask:
    off_mm = np.abs(np.arange(crop.shape[0]) - ANCHOR[0]) * MM_PER_PIXEL
    return np.repeat((off_mm < _AT_DISC_MM)[:, None], crop.shape[1], axis=1)


def _is_nothing(crop: Crop) -> _Mask:
    """Pixels that are neither disc, vertebra nor canal."""
    outlined = (disc_probability(crop), vertebra_probability(crop), canal_probability(crop))
    return np.asarray(np.max(outlined, axis=0) < 0.25)


def _cut_again(changed: Crop, crop: Crop) -> Crop:
    """The changed crop as it would have been cut: with the border of what is left at `ANCHOR`."""
    before, after = _border(crop), _border(changed)
    moved = 0 if before is None or after is None else round(before - after)
    if moved <= 0:
        return changed
    front = np.repeat(changed[:, :1], moved, axis=1)
    return np.concatenate([front, changed[:, :-moved]], axis=1)


def _border(crop: Crop) -> float | None:
    """The column behind which only the farthest pixels of the disc lie."""
    columns = np.nonzero(disc_probability(crop) >= 0.5)[1]
    return float(np.percentile(columns, BORDER_PERCENTILE)) if columns.size else None
