"""CPU time and bytes of a reading's pictures: `python -m benchmarks.pictures`.

Three ways in turns, for each scan: a file for each slice, mask and overlay, as they were stored
first; all slices and masks in one file, slices in 8 bits as the usual window shows them; and the
same with all greys of the scan, and their windows. All window the slices and make the thumbnail;
one by one, slices are as OpenCV writes them by default, and masks as they are now. CPU seconds are
the least of the rounds, since other work on the machine only adds; signatures are what opening the
scan costs, each a call over the network in the cloud.
"""

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2

from discai.phantom import PhantomOptions, draw_phantom
from discai.pictures.packing import pack
from discai.pictures.rendering import GREY_PNG, Pictures
from discai.predictor import Predictor
from discai.reading import Reading
from discai.scan import Scan, read_scan


@dataclass(frozen=True)
class Way:
    """A way to store pictures: what makes them, and what opening a scan signs."""

    name: str
    make: Callable[[Scan, Reading], list[bytes]]
    signatures: Callable[[int], int]


def all_greys(scan: Scan, reading: Reading) -> list[bytes]:
    """All slices and masks in one file, and the thumbnail; the windows are in no file."""
    pictures = Pictures(scan, reading)
    pictures.windows()
    return [pictures.packed.data, pictures.thumbnail()]


def eight_bits(scan: Scan, reading: Reading) -> list[bytes]:
    """The same, slices in 8 bits."""
    pictures = Pictures(scan, reading)

    def slice_(index: int) -> bytes:
        return cv2.imencode(".png", pictures.shown[index], GREY_PNG)[1].tobytes()

    indices = range(pictures.count)
    with ThreadPoolExecutor() as pool:
        made = [*pool.map(slice_, indices), *pool.map(pictures.mask, indices)]
    packed = pack((f"{number}.png", png) for number, png in enumerate(made))
    return [packed.data, pictures.thumbnail()]


def one_by_one(scan: Scan, reading: Reading) -> list[bytes]:
    """A file for each slice, mask and overlay, and the thumbnail."""
    pictures = Pictures(scan, reading)
    slices = [cv2.imencode(".png", shown)[1].tobytes() for shown in pictures.shown]
    masks = [pictures.mask(index) for index in range(pictures.count)]
    return [*slices, *masks, *pictures.overlays(), pictures.thumbnail()]


WAYS = (
    Way("one by one", one_by_one, lambda slices: 3 * slices + 2),
    Way("8 bits", eight_bits, lambda _: 1),
    Way("16 bits", all_greys, lambda _: 1),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pictures", description="CPU time and bytes of pictures."
    )
    parser.add_argument("scans", type=Path, nargs="*", help="scans; the 17-slice phantom without")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    scans = {path.name: read_scan(path) for path in options.scans}
    scans = scans or {"phantom, 17 slices": draw_phantom(PhantomOptions(slices=17)).scan}
    predictor = Predictor.bootstrap()
    print(f"{'scan':24}{'stored':12}{'CPU s':>8}{'MB':>8}{'files':>8}{'signatures':>12}")
    for name, scan in scans.items():
        for way, seconds, files in measure(scan, predictor.read(scan), options.rounds):
            megabytes = sum(map(len, files)) / 1e6
            signatures = way.signatures(len(scan.voxels))
            print(
                f"{name:24}{way.name:12}{seconds:8.3f}{megabytes:8.2f}{len(files):8}{signatures:12}"
            )


def measure(scan: Scan, reading: Reading, rounds: int) -> list[tuple[Way, float, list[bytes]]]:
    """The least CPU seconds of each way, and the files that it makes."""
    seconds = {way.name: float("inf") for way in WAYS}
    files: dict[str, list[bytes]] = {}
    for _ in range(rounds):
        for way in WAYS:
            began = time.process_time()
            files[way.name] = way.make(scan, reading)
            seconds[way.name] = min(seconds[way.name], time.process_time() - began)
    return [(way, seconds[way.name], files[way.name]) for way in WAYS]


if __name__ == "__main__":
    main()
