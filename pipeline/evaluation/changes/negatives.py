"""Scans to refuse: real ones cut along other planes or beside the spine, and drawn pictures.

Real ones come from the same scanners as the lumbar scans, so that no mere grey value gives them
away; drawn ones are what people drop by mistake.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.scan import CANONICAL_ORIENTATION, Scan, StoredGrid
from pipeline.evaluation.cases import Case
from pipeline.evaluation.figures.gate import GateCase

#: Slices of a reformatted volume lie this far apart.
STEP_MM: Final = 8.0
#: A crop beside the spine is at least this wide, or shows nothing.
NARROWEST_MM: Final = 40.0
#: Canal, posterior elements and their muscles next to the spine reach so far behind the discs.
BEHIND_DISCS_MM: Final = 35.0
SIZE: Final = 384

Picture = NDArray[np.uint8]


def reformatted(cases: list[Case]) -> list[GateCase]:
    """Volumes cut into axial and coronal slices, stored as if they were sagittal."""
    planes = {"axial": (1, 0, 2), "coronal": (2, 1, 0)}
    return [
        GateCase(
            f"{plane} {case.name}", f"{plane} slices of a volume", False, _cut(case.scan, axes)
        )
        for plane, axes in planes.items()
        for case in cases
    ]


def turned(cases: list[Case]) -> list[GateCase]:
    """Sagittal mid-slices lying on one side or the other, as plain pictures."""
    turns = {"face up": 3, "face down": 1}
    return [
        GateCase(
            f"{case.name} {how}",
            f"sagittal pictures lying {how}",
            False,
            picture_scan(np.rot90(case.scan.voxels, quarters, axes=(1, 2))),
        )
        for how, quarters in turns.items()
        for case in cases
    ]


def beside_the_spine(cases: list[Case]) -> list[GateCase]:
    """The belly before and the back behind the spine, from slices whose discs' boxes are known."""
    return [crop for case in cases if case.boxes for crop in _crops(case)]


def drawn() -> list[GateCase]:
    """Pictures that are no MRI of a spine, several of each kind."""
    return [
        GateCase(f"{kind} {seed}", f"drawn: {kind}", False, picture_scan(picture[None]))
        for kind, draw in DRAWINGS.items()
        for seed, picture in enumerate(draw())
    ]


def picture_scan(voxels: NDArray[np.generic]) -> Scan:
    """Pictures without spacing as a scan."""
    slices, rows, columns = voxels.shape
    grid = StoredGrid(
        (slices, rows, columns), (0, 1, 2), (False, False, False), CANONICAL_ORIENTATION, None
    )
    return Scan(np.ascontiguousarray(voxels), None, grid)


def _cut(scan: Scan, axes: tuple[int, int, int]) -> Scan:
    """A volume whose axes are exchanged, every `STEP_MM` one slice."""
    spacing_mm = scan.spacing_mm or (1.0, 1.0, 1.0)
    slice_mm, row_mm, column_mm = (spacing_mm[axis] for axis in axes)
    step = max(1, round(STEP_MM / slice_mm))
    voxels = np.ascontiguousarray(np.transpose(scan.voxels, axes)[step // 2 :: step])
    spacing_mm = (slice_mm * step, row_mm, column_mm)
    grid = replace(picture_scan(voxels).grid, spacing_mm=spacing_mm)
    return Scan(voxels, spacing_mm, grid)


def _crops(case: Case) -> Iterator[GateCase]:
    column_mm = (case.scan.spacing_mm or (1.0, 1.0, 1.0))[2]
    boxes = np.array(list(case.boxes.values()))
    front = round(boxes[:, 0].min())
    back = round(boxes[:, 2].max() + BEHIND_DISCS_MM / column_mm)
    pieces = {"before": np.s_[:, :, :front], "behind": np.s_[:, :, back:]}
    for where, piece in pieces.items():
        voxels = case.scan.voxels[piece]
        if voxels.shape[2] * column_mm >= NARROWEST_MM:
            scan = replace(picture_scan(voxels), spacing_mm=case.scan.spacing_mm)
            yield GateCase(f"{case.name} {where}", f"sagittal, {where} the spine only", False, scan)


def _flat() -> list[Picture]:
    levels = [np.full((SIZE, SIZE), grey, np.uint8) for grey in (0, 128, 255)]
    ramp = np.linspace(0, 255, SIZE)[:, None] * np.ones((1, SIZE))
    return [*levels, ramp.astype(np.uint8), np.rot90(ramp).astype(np.uint8)]


def _noise() -> list[Picture]:
    """From single pixels to clouds."""
    random = np.random.default_rng(0)
    pictures = []
    for width in (0, 1, 3, 8, 20, 45):
        field = random.standard_normal((SIZE, SIZE)).astype(np.float32)
        pictures.append(_stretched(cv2.GaussianBlur(field, (0, 0), width) if width else field))
    return pictures


def _checkerboard() -> list[Picture]:
    row, column = np.indices((SIZE, SIZE))
    return [
        np.where((row // edge + column // edge) % 2, 255, 0).astype(np.uint8)
        for edge in (4, 12, 24, 48, 96)
    ]


def _stripes() -> list[Picture]:
    """Lying and standing, as far apart as discs and closer."""
    row, column = np.indices((SIZE, SIZE))
    return [
        np.where(along % period < period * share, 60, 200).astype(np.uint8)
        for along in (row, column)
        for period, share in ((16, 0.5), (32, 0.3), (48, 0.25), (64, 0.25))
    ]


def _text_page() -> list[Picture]:
    random = np.random.default_rng(1)
    words = ("report", "spine", "patient", "sequence", "thickness", "field of view", "time")
    pictures = []
    for scale, dark in ((0.4, False), (0.6, False), (0.9, False), (0.5, True)):
        page = np.full((SIZE, SIZE), 255, np.uint8)
        for bottom in range(30, SIZE - 10, round(45 * scale)):
            line = " ".join(random.choice(words, 6))
            cv2.putText(page, line, (20, bottom), cv2.FONT_HERSHEY_SIMPLEX, scale, 0, 1)
        pictures.append(255 - page if dark else page)
    return pictures


def _photo() -> list[Picture]:
    """Sky, hills and things of random size and brightness."""
    pictures = []
    for seed in range(6):
        random = np.random.default_rng(seed)
        page = np.linspace(230, 120, SIZE)[:, None] * np.ones((1, SIZE))
        for _ in range(12):
            x, y = random.integers(0, SIZE, 2)
            size = random.integers(10, 90, 2)
            grey = int(random.integers(0, 255))
            if random.random() < 0.5:
                cv2.ellipse(
                    page, (int(x), int(y)), (int(size[0]), int(size[1])), 0, 0, 360, grey, -1
                )
            else:
                far = (int(x + size[0]), int(y + size[1]))
                cv2.rectangle(page, (int(x), int(y)), far, grey, -1)
        page = cv2.GaussianBlur(page, (0, 0), 2) + random.normal(0, 6, page.shape)
        pictures.append(np.clip(page, 0, 255).astype(np.uint8))
    return pictures


def _head() -> list[Picture]:
    """Skull, brain and ventricles."""
    return [
        _tissue(
            ((192, 192), (wide, 160), 220),
            ((192, 192), (wide - 15, 145), 110),
            ((175, 180), (14, 45), 20),
            ((209, 180), (14, 45), 20),
        )
        for wide in (110, 130, 150)
    ]


def _knee() -> list[Picture]:
    """Two long bones that meet in a joint, and the knee cap."""
    return [
        _tissue(
            ((192, 192), (110, 190), 70),
            ((192, 90), (shaft, 120), 210),
            ((192, 185), (70, 35), 210),
            ((192, 198), (62, 5), 20),
            ((192, 225), (68, 25), 215),
            ((192, 320), (shaft, 110), 210),
            ((105, 175), (12, 30), 190),
        )
        for shaft in (32, 40, 48)
    ]


def _belly() -> list[Picture]:
    """An axial slice: body, kidneys, one vertebra with its canal."""
    return [
        _tissue(
            ((192, 192), (wide, 120), 230),
            ((192, 192), (wide - 14, 106), 90),
            ((192, 215), (34, 26), 150),
            ((192, 250), (14, 10), 235),
            ((110, 205), (26, 40), 130),
            ((274, 205), (26, 40), 130),
        )
        for wide in (150, 165, 180)
    ]


def _tissue(*ellipses: tuple[tuple[int, int], tuple[int, int], int]) -> Picture:
    """Ellipses `(centre, half axes, grey)` painted over each other, blurred, with noise."""
    page = np.zeros((SIZE, SIZE), np.float64)
    for centre, axes, grey in ellipses:
        cv2.ellipse(page, centre, axes, 0, 0, 360, grey, -1)
    noise = np.random.default_rng(len(ellipses)).normal(0, 8, page.shape)
    blurred = np.asarray(cv2.GaussianBlur(page, (0, 0), 1.5))
    return np.clip(blurred + noise, 0, 255).astype(np.uint8)


def _stretched(field: NDArray[np.float32]) -> Picture:
    low, high = float(field.min()), float(field.max())
    return ((field - low) / (high - low) * 255).astype(np.uint8)


DRAWINGS: Final[dict[str, Callable[[], list[Picture]]]] = {
    "flat grey and ramps": _flat,
    "noise and clouds": _noise,
    "checkerboards": _checkerboard,
    "stripes": _stripes,
    "pages of text": _text_page,
    "scenes as in photos": _photo,
    "heads": _head,
    "knees": _knee,
    "axial bellies": _belly,
}
