"""Fit one of the herniation network's convolutional networks to labelled crops.

With the herniated discs of one hospital such networks fitted the noise; with those of two they see
what the measures miss, on T1 above all (docs/decisions/0032-convolutional-networks.md).
"""

from typing import Final

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from discai.herniation.crops import ANCHOR, CROP_SHAPE, PLANES_SHAPE
from pipeline.training.crops import CropTable

EPOCHS: Final = 20
BATCH: Final = 64
LEARNING_RATE: Final = 2e-3
WEIGHT_DECAY: Final = 1e-2
#: Standard deviations of the changes that leave the picture of a disc what it is.
DEGREES: Final = 5.0
LOG_SCALE: Final = 0.07
SHIFT_PIXELS: Final = 1.0
LOG_BRIGHTNESS: Final = 0.1

#: The disc's posterior border in the planes `(x, y)`, around which they are turned and scaled.
_CENTRE: Final = np.array(ANCHOR[::-1]) * PLANES_SHAPE[0] / CROP_SHAPE[0]


def fit(network: keras.Model, table: CropTable, seed: int) -> None:
    """Fit a network from `planes` and `level` to a logit.

    Crops are drawn by their weights, an epoch as many as there are, and each is moved a little.
    """
    random = np.random.default_rng(seed)
    steps = EPOCHS * -(-int(np.count_nonzero(table.weights)) // BATCH)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    network.compile(
        keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    chances = table.weights / table.weights.sum(dtype=np.float64)
    for _ in range(steps):
        rows = random.choice(len(chances), BATCH, p=chances)
        planes = np.stack([moved(picture, random) for picture in table.inputs["planes"][rows]])
        network.train_on_batch([planes, table.inputs["level"][rows]], table.labels[rows, None])


def moved(picture: NDArray[np.floating], random: np.random.Generator) -> NDArray[np.float32]:
    """The planes of a disc `(row, column, channel)`, turned, scaled, shifted, and brightened."""
    angle = np.deg2rad(random.normal(0, DEGREES))
    scale = np.exp(random.normal(0, LOG_SCALE))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = _CENTRE - turn @ _CENTRE + random.normal(0, SHIFT_PIXELS, 2)
    view = cv2.warpAffine(
        picture.astype(np.float32),
        np.column_stack([turn, shift]),
        PLANES_SHAPE[1::-1],
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    view[..., 0] *= np.exp(random.normal(0, LOG_BRIGHTNESS))
    return np.asarray(view, np.float32)
