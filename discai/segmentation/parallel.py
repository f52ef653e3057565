"""Slices side by side: each processor works on one of its own."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from discai.segmentation.signature import SegmentSlice


def processors() -> int:
    """Number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def segment_each(
    segment: SegmentSlice, images: Iterable[NDArray[np.float32]]
) -> Iterator[NDArray[np.float32]]:
    """Run the network over slices, several at a time; its answers come in their order."""
    pool = ThreadPoolExecutor(processors(), thread_name_prefix="segmenting")
    try:
        yield from pool.map(segment, images)
    finally:
        # A caller that stops early doesn't wait for slices that were not begun.
        pool.shutdown(cancel_futures=True)
