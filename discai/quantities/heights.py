"""Heights and length of a disc from its section."""

from typing import Final

import numpy as np

from discai.quantities.section import Section, Values, extent
from discai.quantities.walls import Walls

#: Bands of a disc from its front to the line of the back walls, as shares. Rounded rims and what
#: protrudes lie outside.
BANDS: Final = {"anterior": (0.1, 0.3), "middle": (0.4, 0.6), "posterior": (0.7, 0.9)}
#: A disc begins where it is so high, and is no shorter.
LEAST_HEIGHT_MM: Final = 1.0
LEAST_LENGTH_MM: Final = 10.0


def heights_and_length(section: Section, walls: Walls) -> dict[str, Values]:
    """Heights across the disc's axis and the length along it, in mm, by slice.

    Keys are `anterior`, `middle`, `posterior`, `length`.
    """
    high = section.disc.sum(axis=1, dtype=np.int32) * section.step_mm
    first, last = extent((high >= LEAST_HEIGHT_MM)[:, None], section.along_mm)
    front, end = first[:, 0] - section.step_mm / 2, last[:, 0] + section.step_mm / 2
    back = np.fmin(end, walls.line_mm(np.zeros(1))[:, 0])
    length = back - front
    length[~(length >= LEAST_LENGTH_MM)] = np.nan
    share = (section.along_mm - front[:, None]) / length[:, None]
    measured = {"length": np.where(np.isfinite(length), end - front, np.nan)}
    for name, (begin, until) in BANDS.items():
        within = (share >= begin) & (share <= until)
        samples = np.where(np.isfinite(length), within.sum(axis=1), np.nan)
        measured[name] = (high * within).sum(axis=1) / samples
    return measured
