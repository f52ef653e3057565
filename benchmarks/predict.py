"""Reading times of each backend, side by side: `python -m benchmarks.predict`.

Every backend reads the same scans in turns, so that what else the machine does hits all of them.
One line per scan and backend: seconds of a whole reading (median, least and most), how many times
as fast as TensorFlow, the network's milliseconds a slice, and how far the reading is from
TensorFlow's: the Dice that is lost and how far a herniation probability moves at most. What isn't
installed is named and left out; `uv sync --group backends` installs what only this command uses.
Start-up is measured in a new process each: from the first import until the first scan could be
read.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.backends import OTHER_NAMES, engine
from discai.backends import BACKEND_NAMES
from discai.errors import PermanentError
from discai.manifest import (
    manifest_in,
    sha256_of,
    write_manifest,
)
from discai.phantom import PhantomOptions, draw_phantom
from discai.predictor import WEIGHTS, Predictor
from discai.reading import Reading
from discai.scan import Scan, read_scan
from discai.segmentation.grid import NetworkGrid, normalise
from discai.segmentation.parallel import segment_each
from discai.spine.plain_picture import FIELDS_MM

NAMES = (*BACKEND_NAMES, *OTHER_NAMES)
ROOT = Path(__file__).resolve().parents[1]
START = """
import sys, time
started = time.perf_counter()
from pathlib import Path
from benchmarks.backends import engine
from discai.predictor import Predictor
Predictor.load(Path(sys.argv[1]), engine(sys.argv[2])).warm()
print(time.perf_counter() - started)
"""


def main() -> None:
    """Print the tables."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="discai-bench-") as scratch:
        folder = exported(options.model, Path(scratch))
        predictors = dict(loaded(folder, options.backends))
        print(f"{'backend':16}{'start s':>8}  what runs the networks")
        for name, predictor in predictors.items():
            print(f"{name:16}{start_seconds(folder, name):8.2f}  {predictor.device}", flush=True)
    for title, scan in scans():
        print(f"\n{title}, {len(scan.voxels)} slices, {options.runs} readings each")
        print(
            f"{'backend':16}{'median':>8}{'min':>7}{'max':>7}{'speed':>8}{'ms/slice':>10}"
            f"{'classify':>10}{'1 - Dice':>10}{'moved':>8}"
        )
        for line in compare(predictors, scan, options.runs):
            print(line, flush=True)


def compare(predictors: dict[str, Predictor], scan: Scan, runs: int) -> Iterator[str]:
    """A line per backend."""
    readings = {name: predictor.read(scan) for name, predictor in predictors.items()}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in predictors}
    for _ in range(runs):
        for name, predictor in predictors.items():
            started = time.perf_counter()
            reading = predictor.read(scan)
            seconds[name].append((time.perf_counter() - started, reading.seconds["classify"]))
    slowest = statistics.median(whole for whole, _ in seconds["tensorflow"])
    for name, predictor in predictors.items():
        whole = [one for one, _ in seconds[name]]
        median = statistics.median(whole)
        network = network_seconds(predictor, scan)
        lost, moved = distance(readings[name], readings["tensorflow"])
        yield (
            f"{name:16}{median:8.2f}{min(whole):7.2f}{max(whole):7.2f}{slowest / median:7.2f}x"
            f"{1000 * network:10.1f}"
            f"{statistics.median(classify for _, classify in seconds[name]):10.3f}"
            f"{lost:10.5f}{moved:8.4f}"
        )


def network_seconds(predictor: Predictor, scan: Scan) -> float:
    """Of segmenting one slice of the scan, when all of them are done at once."""
    slices = normalise(scan.voxels)
    pixel_mm = FIELDS_MM[0] / max(slices.shape[1:])
    spacing_mm = scan.spacing_mm[1:] if scan.spacing_mm else (pixel_mm, pixel_mm)
    images = NetworkGrid(slices.shape[1:], spacing_mm).to_network(slices)
    started = time.perf_counter()
    for _ in segment_each(predictor.segment, images):
        pass
    return (time.perf_counter() - started) / len(images)


def distance(reading: Reading, expected: Reading) -> tuple[float, float]:
    """The Dice lost over all structures, and the most that a herniation probability moves."""
    one, other = reading.segmentation, expected.segmentation
    same = np.count_nonzero((one == other) & (one > 0))
    dice = 2 * same / (np.count_nonzero(one) + np.count_nonzero(other))
    before = {disc.level: disc.herniation for disc in expected.discs}
    moved = [abs(disc.herniation - before.get(disc.level, 1.0)) for disc in reading.discs]
    return 1 - dice, max(moved)


def exported(model: Path, folder: Path) -> Path:
    """The model with files for every backend."""
    from pipeline.training.export import export, trained_files

    manifest = manifest_in(model)
    for name in trained_files(model):
        (folder / name).write_bytes((model / name).read_bytes())
    derived = {name: sha256_of(folder / name) for name in export(folder)}
    write_manifest(folder, manifest.model_copy(update={"files": manifest.files | derived}))
    return folder


def loaded(folder: Path, names: list[str]) -> Iterator[tuple[str, Predictor]]:
    """The model run by each backend that is installed, TensorFlow first."""
    for name in sorted({*names, "tensorflow"}, key=NAMES.index):
        try:
            predictor = Predictor.load(folder, engine(name))
        except PermanentError as error:
            print(f"{name}: {error.message}")
        else:
            predictor.warm()
            yield name, predictor


def start_seconds(folder: Path, name: str) -> float:
    """From the first import of a new process until the model is loaded and warm."""
    answer = subprocess.run(
        [sys.executable, "-c", START, folder, name],
        check=True,
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    return float(answer.stdout)


def scans() -> Iterator[tuple[str, Scan]]:
    """A study of ordinary size, the largest one, and, where the data is, a real volume."""
    for slices in (17, 67):
        yield "phantom", draw_phantom(PhantomOptions(slices=slices)).scan
    data = Path(os.environ.get("DISCAI_DATA", ROOT.parent / "shared" / "data"))
    real = data / "spider" / "space_volumes" / "209.mha"
    if real.exists():
        yield "real T2-SPACE volume", read_scan(real)
        yield (
            "real picture without spacing",
            read_scan(data / "spider" / "midslices" / "101_t2.png"),
        )


def _options() -> Any:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.predict",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    newest = sorted(WEIGHTS.glob("*/manifest.json"))[-1].parent
    parser.add_argument("--model", type=Path, default=newest, help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=7, help="default: %(default)s")
    parser.add_argument(
        "--backends", nargs="+", choices=NAMES, default=list(NAMES), metavar="NAME",
        help="some of " + ", ".join(NAMES) + " (default: all)",
    )  # fmt: skip
    return parser.parse_args()


if __name__ == "__main__":
    main()
