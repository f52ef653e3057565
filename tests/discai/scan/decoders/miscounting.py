"""Says of fewer slices than there are where they come from."""

from pathlib import Path

import numpy as np

from discai.scan.volume import StoredVolume


def decode(paths: list[Path]) -> StoredVolume:
    return StoredVolume(np.zeros((2, 3, 4), np.int16), sources=((0, 0),))
