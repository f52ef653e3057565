"""`draw_phantom`: options in, a scan with its ground truth out."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.errors import PermanentError
from discai.phantom.anatomy import DrawnSpine, Points, draw_spine
from discai.phantom.imaging import Texture, scan_slice, sensitivity, signal_of
from discai.phantom.painting import Section, paint_section
from discai.phantom.tissue import Contrast
from discai.reading import CornerBox
from discai.scan import Scan
from discai.scan.orientation import direction_of, stored_grid

FIELD_OF_VIEW_MM: Final = (280.0, 280.0)

#: Tissue is drawn in pixels of this size and averaged, so that edges are blurred as in a scan.
_DRAWN_PIXEL_MM: Final = 0.35
_SECTIONS_PER_SLICE: Final = 3
_TEXTURE_STEPS: Final = (2, 6, 24)


@dataclass(frozen=True)
class PhantomOptions:
    """Options of a drawing; the same options always give the same voxels.

    Attributes:
        herniated: the level of the herniated disc, or None.
        slices: how many.
        spacing_mm: `(slice, row, column)` of the canonical frame.
        orientation: how the file's axes run, any of ITK's 48 codes.
    """

    seed: int = 0
    contrast: Contrast = "t2"
    herniated: str | None = "L4-L5"
    slices: int = 15
    spacing_mm: tuple[float, float, float] = (4.0, 0.6, 0.6)
    orientation: str = "PIR"


@dataclass(frozen=True)
class Phantom:
    """A drawn scan and the truth about it.

    Attributes:
        scan: as if read from a file with the orientation of the options.
        boxes: per lumbar level the disc's box on the middle slice, in canonical pixels.
        middle_slice: the canonical slice through the midline.
    """

    scan: Scan
    boxes: dict[str, CornerBox]
    middle_slice: int
    herniated: str | None


def draw_phantom(options: PhantomOptions | None = None) -> Phantom:
    """Draws the scan.

    Raises:
        PermanentError: `bad-option` for an orientation, spacing or seed that can't be.
    """
    options = options or PhantomOptions()
    _check(options)
    rng = np.random.default_rng(options.seed)
    spine = draw_spine(rng, FIELD_OF_VIEW_MM, options.herniated)
    voxels = _image(options, spine, rng)
    middle = (options.slices - 1) // 2
    return Phantom(
        scan=_stored(voxels, options),
        boxes={disc.level: _box(disc.outline(0.0), options) for disc in spine.discs[:5]},
        middle_slice=middle,
        herniated=options.herniated,
    )


def _check(options: PhantomOptions) -> None:
    letters = {frozenset(pair) for pair in ("LR", "PA", "SI")}
    axes = [pair for letter in options.orientation for pair in letters if letter in pair]
    if len(options.orientation) != 3 or set(axes) != letters:
        raise PermanentError(
            "bad-option", "An orientation has one letter each of L or R, P or A, and S or I."
        )
    if not all(0.2 <= mm <= 10 for mm in options.spacing_mm) or not 1 <= options.slices <= 200:
        raise PermanentError(
            "bad-option", "The spacing must lie between 0.2 and 10 mm and slices between 1 and 200."
        )
    if options.seed < 0:
        raise PermanentError("bad-option", "A seed is 0 or more.")


def _image(
    options: PhantomOptions, spine: DrawnSpine, rng: np.random.Generator
) -> NDArray[np.uint16]:
    """The canonical voxels, uint16 `(slice, row, column)`."""
    slice_mm, *pixel_mm = options.spacing_mm
    drawn = tuple(round(side / _DRAWN_PIXEL_MM) for side in FIELD_OF_VIEW_MM)
    shape = tuple(round(side / mm) for side, mm in zip(FIELD_OF_VIEW_MM, pixel_mm, strict=True))
    textures = [Texture(rng, (drawn[0], drawn[1]), step, 12) for step in _TEXTURE_STEPS]
    back_fat_mm = float(rng.uniform(14.0, 24.0))
    back_mm = spine.back_wall()[:, 0]
    received = sensitivity(
        (shape[0], shape[1]),
        (pixel_mm[0], pixel_mm[1]),
        float(back_mm.min() - 70.0),
        float(back_mm.max() + 60.0),
        rng,
    )
    slices = []
    for index in range(options.slices):
        centre_mm = (index - (options.slices - 1) / 2) * slice_mm
        ideal = np.zeros(drawn, np.float32)
        for part in range(_SECTIONS_PER_SLICE):
            lateral_mm = centre_mm + ((part + 0.5) / _SECTIONS_PER_SLICE - 0.5) * slice_mm
            section = Section((drawn[0], drawn[1]), _DRAWN_PIXEL_MM, lateral_mm)
            paint_section(section, spine, back_fat_mm)
            place = (index + (part + 0.5) / _SECTIONS_PER_SLICE) / options.slices
            fields = [texture.at(place) for texture in textures]
            ideal += signal_of(section.tissue, options.contrast, fields) / _SECTIONS_PER_SLICE
        pixels = cv2.resize(ideal, shape[::-1], interpolation=cv2.INTER_AREA)
        slices.append(scan_slice(np.asarray(pixels, np.float32), received, rng))
    return np.stack(slices)


def _stored(voxels: NDArray[np.uint16], options: PhantomOptions) -> Scan:
    """The scan as a reader would return it from a file in the asked orientation."""
    direction = direction_of(options.orientation)
    draft = stored_grid((1, 1, 1), None, (0.0, 0.0, 0.0), direction)
    sizes, spacing = [0, 0, 0], [0.0, 0.0, 0.0]
    for canonical, stored in enumerate(draft.axes):
        sizes[stored] = voxels.shape[canonical]
        spacing[stored] = options.spacing_mm[canonical]
    grid = stored_grid(
        (sizes[0], sizes[1], sizes[2]),
        (spacing[0], spacing[1], spacing[2]),
        (0.0, 0.0, 0.0),
        direction,
    )
    return Scan(voxels, options.spacing_mm, grid)


def _box(outline: Points, options: PhantomOptions) -> CornerBox:
    _, row_mm, column_mm = options.spacing_mm
    (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
    return (
        float(x0 / column_mm),
        float(y0 / row_mm),
        float(x1 / column_mm),
        float(y1 / row_mm),
    )
