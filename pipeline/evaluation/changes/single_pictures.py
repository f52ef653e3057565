"""Single pictures to refuse: one slice along another plane, as people upload them.

The slices of a volume are judged together, and one of them must show the canal; a single picture
has to give itself away. Few pictures in other planes are at hand, so each comes in several copies,
changed as screenshots and photographs change it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.scan import Scan
from pipeline.data.scans import without_spacing
from pipeline.evaluation.cases import Case
from pipeline.evaluation.changes.negatives import picture_scan
from pipeline.evaluation.figures.gate import GateCase

Picture = NDArray[np.uint8]

#: Axes of `(slice, row, column)` that run across, down and along the picture of a plane.
_PLANES: Final = {"axial": (1, 0, 2), "coronal": (2, 1, 0)}
#: Where a volume is cut, as shares of its extent. At the first ones the pictures come without
#: spacing, too: those cost a dozen looks of the network each.
CUTS_AT: Final = (0.3, 0.6, 0.45, 0.75)
PLAIN_CUTS: Final = 2
#: Copies of each picture, and how many of them come without spacing.
COPIES: Final = 12
PLAIN_COPIES: Final = 4
#: The longer side of a copy with spacing: fields of view as scanners have them.
FIELD_MM: Final = (150.0, 380.0)
_SEED: Final = 20261130


def single_slices(cases: list[Case]) -> list[GateCase]:
    """Slices of volumes along other planes with square pixels, each a scan of its own."""
    with_spacing: list[GateCase] = []
    plain: list[GateCase] = []
    for plane, axes in _PLANES.items():
        for case in cases:
            cuts = list(_cuts(case, plane, axes))
            with_spacing += cuts
            plain += map(_plain, cuts[:PLAIN_CUTS])
    return with_spacing + plain


def changed_pictures(cases: list[GateCase]) -> list[GateCase]:
    """Copies of the pictures that are to be refused, each changed in its own way."""
    with_spacing: list[GateCase] = []
    plain: list[GateCase] = []
    for place, case in enumerate(case for case in cases if not case.lumbar):
        copies = list(_copies(case, np.random.default_rng((_SEED, place))))
        plain += map(_plain, copies[:PLAIN_COPIES])
        with_spacing += copies[PLAIN_COPIES:]
    return with_spacing + plain


def changed(picture: Picture, random: np.random.Generator) -> Picture:
    """A picture cropped, turned, mirrored, scaled by 0.5 to 2, brightened or darkened by chance."""
    rows, columns = picture.shape
    height, width = (round(edge * random.uniform(0.5, 1)) for edge in (rows, columns))
    if random.random() < 0.5:
        height, width = rows, columns
    top, left = random.integers(0, rows - height + 1), random.integers(0, columns - width + 1)
    image = picture[top : top + height, left : left + width].astype(np.float32)
    image = np.rot90(image, random.choice((0, 0, 1, 2, 3)))
    if random.random() < 0.5:
        image = image[:, ::-1]
    scale = 2 ** random.uniform(-1, 1)
    height, width = (max(1, round(scale * edge)) for edge in image.shape)
    image = np.asarray(cv2.resize(np.ascontiguousarray(image), (width, height)), np.float32)
    askew = cv2.getRotationMatrix2D((width / 2, height / 2), random.normal(0, 8), 1)
    image = np.asarray(cv2.warpAffine(image, askew, (width, height)), np.float32)
    image = 255 * (image / max(1.0, float(image.max()))) ** random.uniform(0.6, 1.6)
    image += random.uniform(0, 8) * random.standard_normal(image.shape, np.float32)
    return image.clip(0, 255).astype(np.uint8)


def _cuts(case: Case, plane: str, axes: tuple[int, int, int]) -> Iterator[GateCase]:
    spacing_mm = case.scan.spacing_mm or (1.0, 1.0, 1.0)
    voxels = np.transpose(case.scan.voxels, axes)
    across_mm, *pixel_mm = (spacing_mm[axis] for axis in axes)
    edge_mm = min(pixel_mm)
    height, width = (
        round(count * size_mm / edge_mm)
        for count, size_mm in zip(voxels.shape[1:], pixel_mm, strict=True)
    )
    for share in CUTS_AT:
        at = int(share * len(voxels))
        page = np.ascontiguousarray(voxels[at], np.float32)
        scan = _as_scan(np.asarray(cv2.resize(page, (width, height))), edge_mm, across_mm)
        kind = f"single {plane} slices of volumes"
        yield GateCase(f"{plane} {case.name} at {at}", kind, False, scan, source=case.name)


def _copies(case: GateCase, random: np.random.Generator) -> Iterator[GateCase]:
    voxels = case.scan.voxels.astype(np.float32)
    page = (255 * voxels[0] / max(1.0, float(voxels.max()))).astype(np.uint8)
    for number in range(COPIES):
        copy = changed(page, random)
        edge_mm = random.uniform(*FIELD_MM) / max(copy.shape)
        scan = _as_scan(copy, edge_mm, edge_mm)
        kind = f"{case.kind}, changed"
        yield GateCase(f"{case.name} copy {number}", kind, False, scan, source=case.name)


def _as_scan(page: NDArray[np.generic], edge_mm: float, across_mm: float) -> Scan:
    scan = picture_scan(page[None])
    spacing_mm = (across_mm, edge_mm, edge_mm)
    return replace(scan, spacing_mm=spacing_mm, grid=replace(scan.grid, spacing_mm=spacing_mm))


def _plain(case: GateCase) -> GateCase:
    return replace(case, kind=f"{case.kind}, without spacing", scan=without_spacing(case.scan))
