"""How long reading takes, step by step: `python -m benchmarks.predict`.

Reads the phantom and, where the data folder is, a real volume, each seven times after the networks
have run once, and prints the median seconds.
"""

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from discai.phantom import PhantomOptions, draw_phantom
from discai.predictor import Predictor
from discai.scan import Scan, read_scan

RUNS = 7
ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ("slices", "segment", "classify", "all", "slices/s")


def main() -> None:
    """Print one row per scan."""
    started = time.perf_counter()
    predictor = Predictor.bootstrap()
    loaded = time.perf_counter()
    predictor.warm()
    print(f"load {loaded - started:.2f} s, warm {time.perf_counter() - loaded:.2f} s")
    print(f"{'scan':28}" + "".join(f"{column:>10}" for column in COLUMNS))
    for name, scan in scans():
        rows = [seconds(predictor, scan) for _ in range(RUNS + 1)][1:]
        medians = [statistics.median(step) for step in zip(*rows, strict=True)]
        slices = scan.voxels.shape[0]
        cells = [f"{slices:10d}", *(f"{value:10.2f}" for value in medians)]
        print(f"{name:28}" + "".join(cells) + f"{slices / medians[-1]:10.1f}", flush=True)


def seconds(predictor: Predictor, scan: Scan) -> tuple[float, float, float]:
    """Segmenting, classifying, and the whole reading."""
    started = time.perf_counter()
    reading = predictor.read(scan)
    whole = time.perf_counter() - started
    return reading.seconds["segment"], reading.seconds["classify"], whole


def scans() -> Iterator[tuple[str, Scan]]:
    """A study of ordinary size, a plain picture, and a real volume."""
    phantom = draw_phantom(PhantomOptions(slices=17)).scan
    yield "phantom, 17 slices", phantom
    data = Path(os.environ.get("DISCAI_DATA", ROOT.parent / "shared" / "data"))
    real = data / "spider" / "space_volumes" / "209.mha"
    if real.exists():
        yield "real T2-SPACE volume", read_scan(real)
        yield "real picture, no spacing", read_scan(data / "spider" / "midslices" / "101_t2.png")


if __name__ == "__main__":
    main()
