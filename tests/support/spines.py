"""Spines drawn for tests: every structure has its own grey value, so that they can be read back."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from discai.scan import CANONICAL_ORIENTATION, Scan, StoredGrid
from discai.segmentation.signature import CHANNELS

GREY = {"disc": 1.0, "l5s1_disc": 0.85, "vertebra": 0.55, "canal": 0.3}
LENGTH_MM, HEIGHT_MM, CANAL_MM = 34.0, 10.0, 14.0


def draw_spine(
    *,
    discs: int = 7,
    pitch_mm: float = 35.0,
    missing: Collection[int] = (),
    l5s1_known: bool = True,
    pixel_mm: float = 0.65,
    field_mm: float = 300.0,
    slices: int = 3,
) -> NDArray[np.float32]:
    """Voxels `(slice, row, column)` of an upright spine; disc 0 is the lowest, L5-S1."""
    size = round(field_mm / pixel_mm)
    rows_mm, columns_mm = (np.mgrid[:size, :size].astype(np.float32) + 0.5) * pixel_mm
    lowest_mm, middle_mm = field_mm - 45, field_mm / 2
    body = np.abs(columns_mm - middle_mm) <= LENGTH_MM / 2
    top_mm = lowest_mm - (discs - 0.5) * pitch_mm
    page = np.zeros((size, size), np.float32)
    page[body & (rows_mm < lowest_mm) & (rows_mm > top_mm)] = GREY["vertebra"]
    behind_mm = columns_mm - middle_mm - LENGTH_MM / 2 - 3
    page[(behind_mm > 0) & (behind_mm < CANAL_MM) & (rows_mm > top_mm)] = GREY["canal"]
    for index in set(range(discs)) - set(missing):
        at_mm = lowest_mm - index * pitch_mm
        known = index == 0 and l5s1_known
        disc = body & (np.abs(rows_mm - at_mm) <= HEIGHT_MM / 2)
        page[disc] = GREY["l5s1_disc" if known else "disc"]
    return np.repeat(page[None], slices, axis=0)


def with_grain(page: NDArray[np.float32]) -> NDArray[np.float32]:
    """A page with the noise of a scanner, without which it would be a label map."""
    grain = np.random.default_rng(0).uniform(-0.02, 0.02, page.shape)
    return np.clip(page + grain, 0, 1).astype(np.float32)


def see(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """A segmentation network that knows the grey values: `(row, column)` -> probabilities."""
    probabilities = np.zeros((*image.shape, len(CHANNELS)), np.float32)
    for name, grey in GREY.items():
        probabilities[..., CHANNELS.index(name)] = np.abs(image - grey) < 0.06
    probabilities[..., CHANNELS.index("disc")] += probabilities[..., CHANNELS.index("l5s1_disc")]
    return probabilities * np.float32(0.95)


def as_scan(voxels: NDArray[np.generic], spacing_mm: tuple[float, float, float] | None) -> Scan:
    """Voxels in the canonical frame as a scan."""
    slices, rows, columns = voxels.shape
    grid = StoredGrid(
        (slices, rows, columns), (0, 1, 2), (False, False, False), CANONICAL_ORIENTATION, spacing_mm
    )
    return Scan(voxels, spacing_mm, grid)
