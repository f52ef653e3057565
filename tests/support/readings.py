"""A reading made by hand, so that rendering and output need no network."""

import numpy as np

from discai.anatomy import CANAL, FIRST_VERTEBRA, disc_value
from discai.reading import DiscReading, Reading
from discai.scan import Scan


def reading_of(scan: Scan, key_slice: int = 1) -> Reading:
    """Two discs, a vertebra and the canal as boxes on the key slice."""
    segmentation = np.zeros(scan.voxels.shape, np.uint8)
    segmentation[key_slice, 30:36, 10:30] = disc_value("L5-S1")
    segmentation[key_slice, 12:18, 12:32] = disc_value("L4-L5")
    segmentation[key_slice, 19:29, 11:31] = FIRST_VERTEBRA
    segmentation[key_slice, 5:40, 34:40] = CANAL
    discs = (
        DiscReading("L4-L5", 0.8312345, key_slice, {key_slice: (12, 12, 32, 18)}, 0.97, 6100.0),
        DiscReading("L5-S1", 0.05, key_slice, {key_slice: (10, 30, 30, 36)}, 0.99, 5400.0),
    )
    return Reading(
        "2026-01-01a",
        "sha256:00",
        segmentation,
        discs,
        ("Odd.",),
        {"segment": 1.23456},
        key_slice,
        "cpu, by hand",
    )
