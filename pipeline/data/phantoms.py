"""A data folder of synthetic patients, in the layout of the real one:

    python -m pipeline.data.phantoms --out FOLDER [--patients 30]

What retraining learns from and is judged on where there is no real MRI: on a new machine, and in
tests. Two thirds of the patients may train, one third is for evaluation; in every second patient
one disc is herniated. Each has a T1 and a T2 picture. The model that comes with the code learned
from real patients and reads drawn T1 pictures a little worse, so there is something to learn here.
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from discai.anatomy import LEVELS
from discai.phantom import Contrast, PhantomOptions, draw_phantom
from discai.pictures.rendering import slices_as_shown

PATIENTS: Final = 30
SEQUENCES: Final[tuple[Contrast, ...]] = ("t1", "t2")
#: Coarse, so that the model that comes with the code overlooks some herniated discs of T1 and there
#: is something left to learn.
SPACING_MM: Final = (1.3, 1.3)
#: Numbers begin here, so that no phantom is the one that `make up` shows.
FIRST_SEED: Final = 2000


def write_data(out: Path, patients: int = PATIENTS) -> None:
    """Draws the patients and writes `out/spider/`; the same number gives the same files."""
    folder = out / "spider"
    (folder / "midslices").mkdir(parents=True, exist_ok=True)
    series = [(number, each) for number in range(1, patients + 1) for each in SEQUENCES]
    # Not forked: a lock that another thread holds just then would stay locked in the child.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        list(pool.map(_draw, *zip(*series, strict=True), [folder] * len(series)))
    table = {f"{number}_{sequence}": _entry(number, sequence) for number, sequence in series}
    (folder / "midslices.json").write_text(json.dumps(table), encoding="utf-8")
    (folder / "space_volumes.json").write_text("{}", encoding="utf-8")


def herniated_level(number: int) -> str | None:
    """The herniated disc of a patient."""
    return LEVELS[number // 2 % len(LEVELS)] if number % 2 else None


def _draw(number: int, sequence: Contrast, folder: Path) -> None:
    options = PhantomOptions(
        seed=FIRST_SEED + number,
        contrast=sequence,
        herniated=herniated_level(number),
        slices=3,
        spacing_mm=(4.0, *SPACING_MM),
    )
    phantom = draw_phantom(options)
    pixels = slices_as_shown(phantom.scan)[phantom.middle_slice]
    cv2.imwrite(
        str(folder / "midslices" / f"{number}_{sequence}.png"), np.ascontiguousarray(pixels)
    )


def _entry(number: int, sequence: Contrast) -> dict[str, Any]:
    herniated = herniated_level(number)
    return {
        "patient": number,
        "sequence": sequence,
        "subset": "validation" if number % 3 == 0 else "training",
        "mid_slice_usable": True,
        "stored_spacing_mm": SPACING_MM,
        "boxes": None,
        "boxes_trusted": False,
        "num_discs": len(LEVELS),
        "manufacturer": "Phantom",
        # Radiologists grade what they see; only lumbar discs are learned from.
        "gradings": {
            level: {"herniation": int(level == herniated)} for level in (*LEVELS, "T12-L1")
        },
    }


def main() -> None:
    """Draw from the command line."""
    parser = argparse.ArgumentParser(
        "python -m pipeline.data.phantoms", description="Draws a data folder of synthetic patients."
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--patients", type=int, default=PATIENTS, help="default: %(default)s")
    options = parser.parse_args()
    write_data(options.out, options.patients)
    print(f"{options.patients} synthetic patients in {options.out}")


if __name__ == "__main__":
    main()
