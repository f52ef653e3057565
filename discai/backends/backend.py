"""The one interface over the engines that run networks, and what is common to them."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Run = Callable[..., NDArray[np.float32]]
"""A loaded network: its float32 inputs, batch first, to its float32 output. Any thread may call it,
and the same inputs give the same output bit for bit. Inputs beyond those that the network takes are
left out: one of an earlier version may take fewer."""


class Backend(Protocol):
    """An engine that runs the networks of a model.

    Attributes:
        description: device, engine, its version and its precision, as predictions report them.
        suffixes: of the files that it reads; those of a network are `segmentation.keras` and so on.
    """

    description: str
    suffixes: tuple[str, ...]

    def load(self, directory: Path, network: str) -> Run:
        """One of `manifest.NETWORKS` out of a model's checked files; raises `PermanentError`."""
