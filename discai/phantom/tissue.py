"""Tissues, and how bright they are in T2- and T1-weighted spin echo (share of fat's signal)."""

from enum import IntEnum
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Contrast = Literal["t2", "t1"]


class Tissue(IntEnum):
    """Tissue that a pixel of the drawing is made of."""

    AIR = 0
    FAT = 1
    MUSCLE = 2
    BOWEL = 3
    VESSEL = 4
    MARROW = 5
    CORTEX = 6
    ANNULUS = 7
    NUCLEUS_WET = 8
    NUCLEUS_FADED = 9
    NUCLEUS_DRY = 10
    FLUID = 11
    NERVE = 12
    LIGAMENT = 13
    VEIN = 14
    GRANULATION = 15


#: Signal in T2, signal in T1, and the grain: how much the texture varies it.
_SIGNALS: Final = {
    Tissue.AIR: (0.0, 0.0, 0.0),
    Tissue.FAT: (0.85, 1.0, 0.10),
    Tissue.MUSCLE: (0.17, 0.30, 0.35),
    Tissue.BOWEL: (0.30, 0.32, 0.30),
    Tissue.VESSEL: (0.06, 0.08, 0.4),
    Tissue.MARROW: (0.48, 0.60, 0.13),
    Tissue.CORTEX: (0.06, 0.07, 0.1),
    Tissue.ANNULUS: (0.10, 0.24, 0.25),
    Tissue.NUCLEUS_WET: (0.62, 0.28, 0.08),
    Tissue.NUCLEUS_FADED: (0.34, 0.27, 0.12),
    Tissue.NUCLEUS_DRY: (0.15, 0.25, 0.15),
    Tissue.FLUID: (1.05, 0.17, 0.05),
    Tissue.NERVE: (0.46, 0.31, 0.08),
    Tissue.LIGAMENT: (0.08, 0.10, 0.2),
    Tissue.VEIN: (0.75, 0.25, 0.1),
    Tissue.GRANULATION: (0.22, 0.27, 0.15),
}


def signal(contrast: Contrast) -> NDArray[np.float32]:
    """The brightness of each tissue, indexed by its number."""
    column = 0 if contrast == "t2" else 1
    return np.array([_SIGNALS[tissue][column] for tissue in Tissue], np.float32)


def grain() -> NDArray[np.float32]:
    """Strength of the texture in each tissue, indexed by its number."""
    return np.array([_SIGNALS[tissue][2] for tissue in Tissue], np.float32)
