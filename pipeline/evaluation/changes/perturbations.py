"""The same scan made worse, as uploads sometimes are; the truth is changed along with it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.reading import CornerBox
from discai.scan import Scan
from pipeline.data.scans import without_spacing
from pipeline.evaluation.cases import Case
from pipeline.evaluation.figures.robustness import WITHOUT_SPACING

#: Of the scan's range of intensities.
NOISE: Final = 0.06
#: Brightest to darkest place of the bias field.
BIAS: Final = 3.0
GAMMAS: Final = (0.5, 2.0)
JPEG_QUALITY: Final = 60

Pixels = NDArray[np.float32]
"""`(slice, row, column)` between 0 and 1."""


@dataclass(frozen=True)
class Perturbation:
    """One way to make a scan worse.

    Attributes:
        words: what was done, for the table.
        pictures_only: done to T2 mid-slices alone, because it takes long to read.
    """

    name: str
    words: str
    change: Callable[[Case], Case]
    pictures_only: bool = False

    def concerns(self, case: Case) -> bool:
        """Tell if it is done to a case."""
        return not self.pictures_only or (case.kind == "mid-slice" and case.sequence == "t2")


def _on_pixels(change: Callable[[Pixels], Pixels]) -> Callable[[Case], Case]:
    """A change of intensities only."""

    def changed(case: Case) -> Case:
        voxels = case.scan.voxels.astype(np.float32)
        low, high = np.percentile(voxels, (0.0, 99.9))
        pixels = np.clip((voxels - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)
        return replace(case, scan=replace(case.scan, voxels=_as_bytes(change(pixels))))

    return changed


def _as_bytes(pixels: Pixels) -> NDArray[np.uint8]:
    return np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)


def _noisy(pixels: Pixels) -> Pixels:
    random = np.random.default_rng(0)
    real = pixels + NOISE * random.standard_normal(pixels.shape, np.float32)
    # The magnitude of a complex signal: Rician, as in MRI.
    imaginary = NOISE * random.standard_normal(pixels.shape, np.float32)
    return np.asarray(np.hypot(real, imaginary))


def _biased(pixels: Pixels) -> Pixels:
    """Bright at the lower back, dark at the upper front, as under a surface coil."""
    _, rows, columns = pixels.shape
    down = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    back = np.linspace(-1, 1, columns, dtype=np.float32)[None]
    field = np.exp(np.log(BIAS) * (down + back) / 4)
    return np.asarray(pixels * field / field.max())


def _gamma(gamma: float) -> Callable[[Pixels], Pixels]:
    """Darker for a gamma above 1, brighter below."""
    return lambda pixels: np.asarray(pixels**gamma)


def _jpeg(pixels: Pixels) -> Pixels:
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    pages = []
    for page in _as_bytes(pixels):
        _, compressed = cv2.imencode(".jpg", page, quality)
        pages.append(np.asarray(cv2.imdecode(compressed, cv2.IMREAD_GRAYSCALE), np.float32))
    return np.stack(pages) / np.float32(255)


def _without_spacing(case: Case) -> Case:
    """As plain pictures. A third of the mid-slices have pixels that are far from square."""
    return replace(case, scan=without_spacing(case.scan))


def _square_without_spacing(case: Case) -> Case:
    """As plain pictures with square pixels, such as a viewer saves."""
    return _without_spacing(with_square_pixels(case))


def with_square_pixels(case: Case) -> Case:
    """Slices with pixels as high as they are wide, as every viewer shows them."""
    _, row_mm, column_mm = case.scan.spacing_mm or (1.0, 1.0, 1.0)
    finer = min(row_mm, column_mm)
    return _resampled(case, row_mm / finer, column_mm / finer)


def _half_resolution(case: Case) -> Case:
    return _resampled(case, 0.5, 0.5)


def _resampled(case: Case, row_scale: float, column_scale: float) -> Case:
    """Slices with so many times as many rows and columns."""
    rows, columns = case.scan.voxels.shape[1:]
    shape = (round(rows * row_scale), round(columns * column_scale))
    if shape == (rows, columns):
        return case

    def resize(volume: NDArray[np.generic]) -> NDArray[np.float32]:
        pages = volume.astype(np.float32)
        return np.stack([cv2.resize(p, shape[::-1], interpolation=cv2.INTER_AREA) for p in pages])

    row_scale, column_scale = shape[0] / rows, shape[1] / columns
    spacing_mm = case.scan.spacing_mm and (
        case.scan.spacing_mm[0],
        case.scan.spacing_mm[1] / row_scale,
        case.scan.spacing_mm[2] / column_scale,
    )
    scan = on_grid(case.scan, resize(case.scan.voxels), spacing_mm)
    return replace(
        case,
        scan=scan,
        masks={name: resize(mask) >= 0.5 for name, mask in case.masks.items()},
        boxes={
            level: (x0 * column_scale, y0 * row_scale, x1 * column_scale, y1 * row_scale)
            for level, (x0, y0, x1, y1) in case.boxes.items()
        },
    )


def on_grid(
    scan: Scan, voxels: NDArray[np.generic], spacing_mm: tuple[float, float, float] | None
) -> Scan:
    """The scan with other voxels `(slice, row, column)`, which lie so far apart."""
    slices, rows, columns = voxels.shape
    grid = replace(scan.grid, shape=(slices, rows, columns), spacing_mm=spacing_mm)
    return Scan(voxels, spacing_mm, grid)


def _other_side_first(case: Case) -> Case:
    """Slices from left to right instead of right to left; a single slice stays as it is."""
    scan = replace(case.scan, voxels=np.ascontiguousarray(case.scan.voxels[::-1]))
    masks = {name: mask[::-1] for name, mask in case.masks.items()}
    return replace(case, scan=scan, masks=masks)


def _flipped_picture(*axes: int) -> Callable[[Case], Case]:
    """As plain pictures flipped along axes of `(slice, row, column)`."""

    def changed(case: Case) -> Case:
        plain = _without_spacing(case)
        height, width = plain.scan.voxels.shape[1:]
        return replace(
            plain,
            scan=replace(plain.scan, voxels=np.ascontiguousarray(np.flip(plain.scan.voxels, axes))),
            masks={name: np.flip(mask, axes) for name, mask in plain.masks.items()},
            boxes={
                level: _flipped_box(box, axes, height, width) for level, box in plain.boxes.items()
            },
        )

    return changed


def _flipped_box(box: CornerBox, axes: tuple[int, ...], height: int, width: int) -> CornerBox:
    x0, y0, x1, y1 = box
    if 1 in axes:
        y0, y1 = height - y1, height - y0
    if 2 in axes:
        x0, x1 = width - x1, width - x0
    return x0, y0, x1, y1


#: The first of them carries the two targets.
PERTURBATIONS: Final = (
    Perturbation("no-spacing", WITHOUT_SPACING, _without_spacing),
    Perturbation("square", "spacing removed, pixels square", _square_without_spacing),
    Perturbation("other-side-first", "flipped left-right (slices reversed)", _other_side_first),
    Perturbation("mirrored", "T2 pictures mirrored front to back", _flipped_picture(2), True),
    Perturbation("upside-down", "T2 pictures upside down", _flipped_picture(1, 2), True),
    Perturbation("noise", f"Rician noise, {NOISE:.0%} of the range", _on_pixels(_noisy)),
    Perturbation("bias", f"bias field, 1 to {BIAS:.0f}", _on_pixels(_biased)),
    Perturbation("half", "half the resolution", _half_resolution),
    Perturbation("jpeg", f"JPEG, quality {JPEG_QUALITY}", _on_pixels(_jpeg)),
    *(
        Perturbation(f"gamma-{gamma}", f"gamma {gamma}", _on_pixels(_gamma(gamma)))
        for gamma in GAMMAS
    ),
)
