"""The segmentation network over the slices of a scan, no further than where the spine is.

A spine takes up half of a sagittal slice, front to back. Three slices are looked at whole; the
others only in the columns that showed something there, and a little beyond.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.segmentation.grid import MULTIPLE, PIXEL_MM, NetworkGrid
from discai.segmentation.parallel import segment_each
from discai.segmentation.signature import CHANNELS, SegmentSlice

SlicesDone = Callable[[int, int], None]
"""`progress(done, total)` in slices."""

#: Scans of fewer slices are looked at whole.
FEWEST_SLICES: Final = 6
#: What the network sees beside the spine where it looks at a part: spinous processes of other
#: slices, and what lies around a disc.
MARGIN_MM: Final = 20.0
#: From this probability on a pixel may belong to the spine.
SEEN: Final = 0.3
#: A column shows some of the spine if so much of it does; less is a speck.
SPECK_MM: Final = 3.0
#: What is seen so close to the edge of a part may go on beyond it.
EDGE_MM: Final = 3.0


def segment_slices(
    images: NDArray[np.float32],
    grid: NetworkGrid,
    segment: SegmentSlice,
    progress: SlicesDone = lambda done, total: None,
) -> NDArray[np.float32]:
    """Probabilities `(slice, row, column, channel)` of network input `(slice, row, column)`.

    They are 0 in the padding and where no spine was looked for.
    """
    count, _, width = images.shape
    maps = np.zeros((*images.shape, len(CHANNELS)), np.float32)
    done: set[int] = set()
    progress(0, count)

    def fill(indices: Sequence[int], part: slice) -> None:
        rows, end = grid.resampled_shape[0], min(part.stop, grid.resampled_shape[1])
        views = (np.ascontiguousarray(images[index, :, part]) for index in indices)
        for index, seen in zip(indices, segment_each(segment, views), strict=True):
            # The network doesn't learn what padding shows, so it may see anything there.
            maps[index, :rows, part.start : end] = seen[:rows, : end - part.start]
            done.add(index)
            progress(len(done), count)

    everywhere = slice(0, width)
    whole = looked_at_whole(count)
    fill(whole, everywhere)
    others = [index for index in range(count) if index not in whole]
    if others:
        part = columns_of_spine(maps[whole])
        fill(others, part)
        if reaches_edge(maps[others], part):
            fill(others, everywhere)
    return maps


def looked_at_whole(count: int) -> list[int]:
    """The slices of a scan that tell where the spine is: around the middle, a third from the ends.

    All of a scan that has few.
    """
    if count < FEWEST_SLICES:
        return list(range(count))
    return [count // 3, count // 2, count - 1 - count // 3]


def columns_of_spine(maps: NDArray[np.float32]) -> slice:
    """The columns, a multiple of the network's, that hold what whole slices show of the spine.

    All of them where nothing is seen.
    """
    width = maps.shape[2]
    columns = np.flatnonzero(_shows_spine(maps))
    if not columns.size:
        return slice(0, width)
    margin = round(MARGIN_MM / PIXEL_MM)
    first, end = columns[0] - margin, columns[-1] + 1 + margin
    size = min(width, -(-(end - first) // MULTIPLE) * MULTIPLE)
    # What rounding adds lies on both sides, unless the image ends there.
    start = int(np.clip((first + end - size) // 2, 0, width - size))
    return slice(start, start + size)


def reaches_edge(maps: NDArray[np.float32], part: slice) -> bool:
    """Tell if the spine reaches an edge of the part that isn't the image's own."""
    edge = round(EDGE_MM / PIXEL_MM)
    in_front, behind = maps[:, :, part][:, :, :edge], maps[:, :, part][:, :, -edge:]
    return bool(
        (part.start > 0 and _shows_spine(in_front).any())
        or (part.stop < maps.shape[2] and _shows_spine(behind).any())
    )


def _shows_spine(maps: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Columns that show enough of disc, vertebra or canal on any slice."""
    brightest = np.maximum.reduce([maps[..., channel] for channel in range(maps.shape[-1])])
    seen = np.count_nonzero(brightest >= SEEN, axis=1) * PIXEL_MM
    return np.asarray((seen >= SPECK_MM).any(axis=0))
