"""Two ways in which a reader may outline discs, told apart by the labels alone.

Between the bright body of a disc and the marrow of a vertebra lies the endplate. Some readers leave
it out of both, so that a gap runs between disc and bone; others draw disc and bone until they
touch. Nothing in a picture says which of the two a reader will have chosen, and no outline can
suit both: figures of outlines are worth most within each group.
"""

from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

GAP: Final = "gap between disc and bone"
TOUCHING: Final = "disc touches bone"
Convention = Literal["gap between disc and bone", "disc touches bone"]

#: Discs touch the bone where they do so in more than this share of their columns.
TOUCHING_SHARE: Final = 0.5
#: Bone farther from a disc than this is not its neighbour: a disc's rim reaches beyond the bodies,
#: and no bone is outlined below L5-S1.
FARTHEST_MM: Final = 5.0


class Endplates(NamedTuple):
    """Distance of disc and bone in the labels of a volume.

    Attributes:
        touching: share of the columns of discs, counted above and below, whose first pixel beyond
            the disc is bone.
        gap_mm: the median distance between disc and bone in all of these columns.
    """

    touching: float
    gap_mm: float

    @property
    def convention(self) -> Convention:
        """Group that the volume belongs to."""
        return TOUCHING if self.touching > TOUCHING_SHARE else GAP


def endplates(disc: NDArray[np.bool_], bone: NDArray[np.bool_], row_mm: float) -> Endplates | None:
    """Measure the true outlines `(slice, row, column)`, head up; None where no disc nears bone."""
    gaps_mm = np.concatenate(
        [_gaps_above(disc, bone), _gaps_above(disc[:, ::-1], bone[:, ::-1])]
    ) * row_mm  # fmt: skip
    near_mm = gaps_mm[gaps_mm <= FARTHEST_MM]
    if not near_mm.size:
        return None
    return Endplates(float((near_mm == 0).mean()), float(np.median(near_mm)))


def _gaps_above(disc: NDArray[np.bool_], bone: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Rows between the top of each column of each disc and the bone above it."""
    rows = np.arange(disc.shape[1])[None, :, None]
    last_bone = np.maximum.accumulate(np.where(bone, rows, -np.inf), axis=1)
    top = disc.copy()
    top[:, 1:] &= ~disc[:, :-1]
    slices, tops, columns = np.nonzero(top)
    return np.asarray(tops - last_bone[slices, tops, columns] - 1, np.float64)
