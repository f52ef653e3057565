"""Fit a convolutional network to labelled crops, of herniation or of gradings.

With the herniated discs of one hospital such networks fitted the noise; with those of two they see
what the measures miss, on T1 above all (docs/decisions/0032-convolutional-networks.md).
"""

from typing import Final

import cv2
import keras
import numpy as np
import tensorflow as tf
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


def fit(
    network: keras.Model, table: CropTable, seed: int, labels: NDArray[np.float32] | None = None
) -> None:
    """Fit a network from some of the table's inputs, `planes` among them, to logits.

    Crops are drawn by their weights, an epoch as many as there are, and each is moved a little.
    `labels` `(row, output)` take the place of the table's; those that are NaN teach nothing.
    """
    labels = table.labels[:, None] if labels is None else labels
    random = np.random.default_rng(seed)
    steps = EPOCHS * -(-int(np.count_nonzero(table.weights)) // BATCH)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    network.compile(
        keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY),
        known_crossentropy,
    )
    chances = table.weights / table.weights.sum(dtype=np.float64)
    for _ in range(steps):
        rows = random.choice(len(chances), BATCH, p=chances)
        planes = np.stack([moved(picture, random) for picture in table.inputs["planes"][rows]])
        network.train_on_batch(
            [
                planes if tensor.name == "planes" else table.inputs[tensor.name][rows]
                for tensor in network.inputs
            ],
            labels[rows],
        )


def known_crossentropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of each row, summed over the outputs whose labels aren't NaN.

    `labels` `(row, output)`, `logits` `(row, …, output)`; the mean over what lies between.
    """
    known = tf.math.is_finite(labels)
    while len(labels.shape) < len(logits.shape):
        labels, known = labels[:, None], known[:, None]
    answers = tf.where(known, labels, 0.0) + tf.zeros_like(logits)
    lost = tf.nn.sigmoid_cross_entropy_with_logits(answers, logits)
    of_outputs = tf.reduce_sum(tf.where(known, lost, 0.0), axis=-1)
    return tf.reduce_mean(tf.reshape(of_outputs, [tf.shape(logits)[0], -1]), axis=1)


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
