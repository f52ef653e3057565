"""From crops to the herniation network's inputs; importing this doesn't import TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.anatomy import LEVELS
from discai.herniation.crops import Crop, coarse_outlines, coarse_signals, planes
from discai.herniation.shape import feature_vector

#: What the network takes, in order. Those of before December 2026 take no planes.
INPUTS: Final = ("shape", "outlines", "signals", "level", "planes")

ClassifyCrops = Callable[[Sequence[Crop], Sequence[str]], NDArray[np.float32]]
"""Crops of discs and their levels to herniation logits `(crop,)`."""


def inputs_of(crops: Sequence[Crop], levels: Sequence[str]) -> tuple[NDArray[np.float32], ...]:
    """The network's inputs for crops of discs at these levels, as in `anatomy.LEVELS`.

    Shape `(disc, measure)`, outlines and signals `(disc, row, column, channel)`, one-hot level
    `(disc, level)`, and planes `(disc, row, column, channel)`.
    """
    return (
        np.stack([feature_vector(crop) for crop in crops]),
        np.stack([coarse_outlines(crop) for crop in crops]),
        np.stack([coarse_signals(crop) for crop in crops]),
        np.eye(len(LEVELS), dtype=np.float32)[[LEVELS.index(level) for level in levels]],
        np.stack([planes(crop) for crop in crops]),
    )
