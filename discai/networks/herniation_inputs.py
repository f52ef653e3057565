"""From crops to the herniation network's inputs; importing this doesn't import TensorFlow."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from discai.anatomy import LEVELS
from discai.crops import Crop
from discai.shape import feature_vector

ClassifyCrops = Callable[[Sequence[Crop], Sequence[str]], NDArray[np.float32]]
"""Crops of discs and their levels to herniation logits `(crop,)`."""


def inputs_of(
    crops: Sequence[Crop], levels: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The network's two inputs for crops of discs at these levels, as in `anatomy.LEVELS`."""
    shape = np.stack([feature_vector(crop) for crop in crops])
    one_hot = np.eye(len(LEVELS), dtype=np.float32)[[LEVELS.index(level) for level in levels]]
    return shape, one_hot
