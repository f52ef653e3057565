"""A whole spine out of the segmentation network's probabilities: its objects and their names."""

from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray

from discai.manifest import Thresholds
from discai.segmentation.grid import VoxelSize
from discai.segmentation.signature import CHANNELS
from discai.spine.discs import join_pieces, label_vertebrae, measure
from discai.spine.doubts import THICKEST_MM
from discai.spine.islands import label_components
from discai.spine.levels import Chain, name_levels

DISC, VERTEBRA, CANAL_CHANNEL, L5S1 = (
    CHANNELS.index(name) for name in ("disc", "vertebra", "canal", "l5s1_disc")
)
#: A part of the canal smaller than this share of the largest is something else.
CANAL_SHARE = 0.1
#: The canal within this distance above and below a disc tells its midline.
AROUND_DISC_MM = 20.0


@dataclass(frozen=True)
class Spine:
    """The spine of a scan on the network's grid, axis order `(slice, row, column)`.

    Attributes:
        chain: discs and names, from the lowest up.
        discs: 1-based position in the chain for each voxel, 0 for none.
        vertebrae: 1 for the body on L5-S1, 2 for the next one up, 0 for none.
        canal: voxels of the spinal canal.
        voxel_mm: along `(slice, row, column)`.
    """

    chain: Chain
    discs: NDArray[np.int32]
    vertebrae: NDArray[np.int32]
    canal: NDArray[np.bool_]
    voxel_mm: VoxelSize

    @cached_property
    def disc_areas(self) -> NDArray[np.int64]:
        """Number of pixels of each disc on each slice: `(slice, 1 + position in the chain)`."""
        return areas_of(self.discs, len(self.chain.discs))

    @cached_property
    def midlines(self) -> list[int]:
        """For each disc the slice that cuts the canal best there: the middle of the body."""
        rows_mm = np.arange(self.discs.shape[1]) * self.voxel_mm[1]
        canal_by_row = np.count_nonzero(self.canal, axis=2)
        return [
            _midline(
                self.disc_areas[:, number],
                canal_by_row[:, np.abs(rows_mm - disc.centroid_mm[1]) < AROUND_DISC_MM].sum(axis=1),
            )
            for number, disc in enumerate(self.chain.discs, start=1)
        ]


def find_chain(
    probabilities: NDArray[np.float32],
    voxel_mm: VoxelSize,
    threshold: float,
    lower_edge_mm: float = inf,
) -> tuple[Chain, NDArray[np.int32]]:
    """The named discs, and for each voxel its 1-based position in the chain (0 for none)."""
    disc, l5s1 = probabilities[..., DISC], probabilities[..., L5S1]
    labels = label_components(disc, threshold, voxel_mm, THICKEST_MM)
    candidates = measure(labels, disc, l5s1, probabilities[..., VERTEBRA], voxel_mm)
    chain = name_levels(candidates, lower_edge_mm)
    numbers = join_pieces(labels, candidates, list(chain.discs))
    return chain, numbers


def find_spine(
    probabilities: NDArray[np.float32],
    voxel_mm: VoxelSize,
    thresholds: Thresholds,
    lower_edge_mm: float = inf,
) -> Spine:
    """The spine in the network's output `(slice, row, column, channel)`.

    `lower_edge_mm` is where the image ends below, from the first row.
    """
    chain, discs = find_chain(probabilities, voxel_mm, thresholds.disc, lower_edge_mm)
    vertebra = probabilities[..., VERTEBRA] >= thresholds.vertebra
    return Spine(
        chain=chain,
        discs=discs,
        vertebrae=label_vertebrae(
            vertebra & (discs == 0), list(chain.discs), chain.places, voxel_mm
        ),
        canal=_clean_canal(probabilities[..., CANAL_CHANNEL], thresholds.canal, voxel_mm),
        voxel_mm=voxel_mm,
    )


def areas_of(numbers: NDArray[np.int32], greatest: int) -> NDArray[np.int64]:
    """Number of pixels of each number from 0 to the greatest on each slice: `(slice, number)`.

    Pixels of greater numbers count for 0.
    """
    count = greatest + 1
    pages = numbers.reshape(len(numbers), -1)
    seen = np.flatnonzero(pages > 0)  # few voxels show anything, and counting takes time
    of_seen = pages.ravel()[seen]
    seen, of_seen = seen[of_seen < count], of_seen[of_seen < count]
    keys = seen // pages.shape[1] * count + of_seen
    areas = np.bincount(keys, minlength=len(pages) * count).reshape(len(pages), count)
    areas[:, 0] = pages.shape[1] - areas.sum(axis=1)
    return areas


def midline_slices(spine: Spine) -> list[int]:
    """`Spine.midlines`."""
    return spine.midlines


def _midline(disc: NDArray[np.int64], canal: NDArray[np.int64]) -> int:
    """The middle slice of a disc by the pixels of disc and canal that each slice shows."""
    canal = np.where(disc >= 0.5 * disc.max(), canal, 0)
    if not canal.any():
        return int(disc.argmax())
    # Halfway between the first and the last slice that cut nearly all of the canal.
    full = np.flatnonzero(canal >= 0.8 * canal.max())
    return int(full[np.abs(full - full.mean()).argmin()])


def _clean_canal(
    probability: NDArray[np.float32], threshold: float, voxel_mm: VoxelSize
) -> NDArray[np.bool_]:
    labels = label_components(probability, threshold, voxel_mm)
    canal = labels > 0
    sizes = np.bincount(labels[canal])
    if sizes.size:
        canal[canal] = (sizes >= max(1, CANAL_SHARE * sizes.max()))[labels[canal]]
    return canal
