"""Input and output of the segmentation network, for code that runs it or uses its output.

Apart from the network itself, because importing that imports TensorFlow.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Output channels, in order. The L5-S1 disc has its own channel, because it names all others.
CHANNELS: Final = ("disc", "vertebra", "canal", "l5s1_disc")

SegmentSlice = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""One slice `(row, column)` to probabilities `(row, column, channel)`; any thread may call it."""
