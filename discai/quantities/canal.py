"""Depth of the spinal canal behind a disc from its section."""

from math import ceil
from typing import Final

import numpy as np

from discai.quantities.section import Section, Values, median, nth_least

#: The canal is at the disc so far above and below the disc's middle.
AT_DISC_MM: Final = 2.0
#: So much of its height must be as narrow as the narrowest place is said to be.
NARROW_HEIGHT_MM: Final = 1.0


def canal_depths_mm(section: Section, disc_height_mm: Values) -> tuple[Values, Values]:
    """Depth along the disc's axis at the disc, and the least within the disc's height, by slice.

    NaN where a part of the canal behind the disc isn't seen: the outline may have failed there.
    """
    depth = section.canal.sum(axis=2, dtype=np.int32) * section.step_mm
    off_mm = np.abs(section.across_mm)
    at_disc = np.where(off_mm <= AT_DISC_MM, depth, np.nan)
    half_mm = np.fmax(disc_height_mm / 2, AT_DISC_MM)[:, None]
    within = np.where(off_mm <= half_mm, depth, np.nan)
    whole = ~((within == 0) | (at_disc == 0)).any(axis=1)
    rows = ceil(NARROW_HEIGHT_MM / section.step_mm)
    return (
        np.where(whole, median(at_disc), np.nan),
        np.where(whole, nth_least(within, rows), np.nan),
    )
