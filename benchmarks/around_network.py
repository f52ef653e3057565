"""Time that a reading takes besides its network: `python -m benchmarks.around_network`.

The segmentation network is asked once and its answers are recorded; then the same scan is read
again and again with the record in its place. One line per scan: CPU and wall seconds from voxels to
reading, the small herniation network included. They are the least of the rounds, since other work
on the machine only adds. CPU seconds leave the record's own out, wall seconds don't.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from discai.phantom import PhantomOptions, draw_phantom
from discai.predictor import Predictor
from discai.scan import Scan, read_scan


class Recorded:
    """A segmentation network that is asked once for each slice and part of a slice.

    Attributes:
        seconds: CPU time of the record itself, which is no part of a reading.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._segment = predictor.segment
        self._answers: dict[bytes, NDArray[np.float32]] = {}
        self.seconds = 0.0

    def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of one slice, as from the network."""
        started = time.thread_time()
        key = repr(pixels.shape).encode() + pixels.tobytes()
        if key not in self._answers:
            self._answers[key] = self._segment(pixels)
        self.seconds += time.thread_time() - started
        return self._answers[key]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.around_network",
        description="CPU time of a reading besides its networks.",
    )
    parser.add_argument("scans", type=Path, nargs="*", help="scans; the 17-slice phantom without")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    scans = {path.name: read_scan(path) for path in options.scans}
    scans = scans or {"phantom, 17 slices": draw_phantom(PhantomOptions(slices=17)).scan}
    print(f"{'scan':28}{'CPU s':>8}{'wall s':>8}")
    for name, scan in scans.items():
        cpu, wall = measure(scan, options.rounds)
        print(f"{name:28}{cpu:8.3f}{wall:8.3f}")


def measure(scan: Scan, rounds: int) -> tuple[float, float]:
    """The least CPU and wall seconds of a reading without its segmentation network."""
    predictor = Predictor.bootstrap()
    record = Recorded(predictor)
    predictor.segment = record
    predictor.read(scan)
    times = []
    for _ in range(rounds):
        record.seconds = 0.0
        cpu, wall = time.process_time(), time.perf_counter()
        predictor.read(scan)
        times.append((time.process_time() - cpu - record.seconds, time.perf_counter() - wall))
    return min(cpu for cpu, _ in times), min(wall for _, wall in times)


if __name__ == "__main__":
    main()
