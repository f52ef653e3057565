"""Draws one thin sagittal section of the spine as a map of tissues."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from discai.phantom.anatomy import DrawnBody, DrawnSpine, Points, ellipse
from discai.phantom.tissue import Tissue

#: Half width of the dural sac, of spinous processes, and where the pedicles lie.
_SAC_HALF_WIDTH_MM: Final = 9.0
_SPINOUS_HALF_WIDTH_MM: Final = 4.5
_PEDICLE_MM: Final = (8.5, 17.0)
_CANAL_DEPTH_MM: Final = 17.0
#: From here on outward the psoas muscle lies beside the bodies.
_PSOAS_MM: Final = 20.0
_REMNANT_HALF_WIDTH_MM: Final = 12.0
_FUSED_FROM: Final = 0.05
_SUBPIXEL_BITS: Final = 4


class Section:
    """A section at `lateral_mm` from the midline; painting order is from the back of the stack."""

    def __init__(self, shape: tuple[int, int], pixel_mm: float, lateral_mm: float) -> None:
        self.tissue: NDArray[np.uint8] = np.full(shape, Tissue.BOWEL, np.uint8)
        self.lateral_mm = lateral_mm
        self._pixel_mm = pixel_mm

    def fill(self, outline: Points, tissue: Tissue) -> None:
        """Fills a closed outline in mm."""
        if len(outline):
            cv2.fillPoly(self.tissue, [self._fixed(outline)], int(tissue), shift=_SUBPIXEL_BITS)

    def line(self, points: Points, tissue: Tissue, width_mm: float, closed: bool = False) -> None:
        """Draws along points in mm."""
        if len(points):
            width = max(1, round(width_mm / self._pixel_mm))
            cv2.polylines(
                self.tissue, [self._fixed(points)], closed, int(tissue), width, shift=_SUBPIXEL_BITS
            )

    def _fixed(self, points: Points) -> NDArray[np.int32]:
        pixels = points / self._pixel_mm - 0.5
        return np.asarray(np.round(pixels * 2**_SUBPIXEL_BITS), np.int32)


def paint_section(section: Section, spine: DrawnSpine, back_fat_mm: float) -> None:
    """The whole section, from what surrounds the spine to what lies inside it."""
    wall = spine.back_wall()
    _paint_surroundings(section, spine, wall)
    _paint_vessels(section, spine)
    if abs(section.lateral_mm) < _PEDICLE_MM[0]:
        _paint_spinous_processes(section, spine)
        _paint_canal(section, spine, wall)
    else:
        _paint_arches(section, spine)
    _paint_back(section, wall, back_fat_mm)
    for body in (*spine.sacrum, *spine.lumbar):
        _paint_body(section, body)
    _paint_discs(section, spine)


def behind(wall: Points, distance_mm: Points | float) -> Points:
    """The line that runs the given distance behind the bodies' back walls."""
    along = np.gradient(wall, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    back = np.stack([along[:, 1], -along[:, 0]], axis=1)
    return np.asarray(wall + back * np.broadcast_to(distance_mm, len(wall))[:, None], np.float64)


def _extended(line: Points, length_mm: float = 120.0) -> Points:
    """The line prolonged straight at both ends, so that it crosses the field of view."""
    first, last = line[0] - line[8], line[-1] - line[-9]
    return np.concatenate(
        [
            [line[0] + first / np.linalg.norm(first) * length_mm],
            line,
            [line[-1] + last / np.linalg.norm(last) * length_mm],
        ]
    )


def _half_plane(line: Points, side_mm: float = 600.0) -> Points:
    """The closed region on the back side of a line from head to feet."""
    return np.concatenate([line, line[::-1] + np.array([side_mm, 0.0])])


def _paint_surroundings(section: Section, spine: DrawnSpine, wall: Points) -> None:
    """Bowel and fat in front of the spine, muscles behind and beside it."""
    for organ in spine.organs:
        section.fill(organ.outline(section.lateral_mm), organ.tissue)
    section.fill(_fat_in_front(spine, wall), Tissue.FAT)
    section.fill(_half_plane(_extended(wall)), Tissue.MUSCLE)
    for streak in range(9):
        wave = 1.6 * np.sin(np.arange(len(wall)) / 23.0 + streak + section.lateral_mm / 3)
        section.line(behind(wall, _CANAL_DEPTH_MM + 4 * streak + wave), Tissue.FAT, 0.5)
    if abs(section.lateral_mm) > _PSOAS_MM:
        front = np.array([b.at(-b.depth_mm * 0.4, 0.0) for b in reversed(spine.lumbar[:6])])
        section.fill(np.concatenate([front, wall[::-1][len(wall) // 4 :]]), Tissue.MUSCLE)


def _paint_back(section: Section, wall: Points, back_fat_mm: float) -> None:
    """Fascia, the fat under the skin, skin and the air behind it."""
    depth = np.linspace(0, 1, len(wall))
    fascia = _smoothed(behind(wall, _fascia_mm(depth)))
    skin = fascia + np.stack([back_fat_mm * (0.75 + 0.6 * depth**2), 0 * depth], axis=1)
    section.fill(_half_plane(_extended(fascia)), Tissue.FAT)
    section.line(_extended(fascia), Tissue.LIGAMENT, 1.2)
    section.fill(_half_plane(_extended(skin)), Tissue.MUSCLE)
    section.fill(_half_plane(_extended(skin) + np.array([1.5, 0.0])), Tissue.AIR)


def _fat_in_front(spine: DrawnSpine, wall: Points) -> Points:
    """The fat before the bodies, which widens in front of the sacrum."""
    bodies = list(reversed(spine.lumbar))
    front = np.array([body.at(-body.depth_mm / 2 - 5.0, 0.0) for body in bodies])
    promontory = spine.sacrum[0].at(-spine.sacrum[0].depth_mm / 2 - 6.0, 0.0)
    along = np.linspace(0, 1, 20)[:, None]
    bend, end = promontory + np.array([[-8.0, 28.0], [-15.0, 140.0]])
    pelvis = (1 - along) ** 2 * promontory + 2 * along * (1 - along) * bend + along**2 * end
    return np.concatenate([front, pelvis, [[wall[-1, 0], 900.0]], wall[::-1]])


def _fascia_mm(depth: Points) -> Points:
    return np.asarray(50.0 - 32.0 * np.clip((depth - 0.6) / 0.3, 0, 1) ** 1.2, np.float64)


def _smoothed(line: Points) -> Points:
    """The back is straighter than the spine."""
    window = np.hanning(71) / np.hanning(71).sum()
    padded = np.pad(line, ((35, 35), (0, 0)), mode="reflect", reflect_type="odd")
    return np.stack([np.convolve(padded[:, axis], window, "valid") for axis in (0, 1)], axis=1)


def _paint_vessels(section: Section, spine: DrawnSpine) -> None:
    """The aorta runs down in front of the bodies, left of the midline, as far as L4."""
    share = 1 - ((section.lateral_mm + 6.0) / 9.0) ** 2
    if share <= 0:
        return
    bodies = list(reversed(spine.lumbar[1:]))
    near = np.array([body.at(-body.depth_mm / 2 - 4.0, 0.0) for body in bodies])
    near = np.concatenate([[near[0] - [0.0, 150.0]], near])
    width = 14.0 * share**0.5 * np.linspace(1.0, 0.6, len(near))
    far = near - np.stack([width, 0 * width], axis=1)
    section.fill(np.concatenate([near, far[::-1]]), Tissue.VESSEL)


def _paint_spinous_processes(section: Section, spine: DrawnSpine) -> None:
    """Spinous processes with fat and ligament between them; thinner off the midline."""
    share = 1 - (abs(section.lateral_mm) / (_SPINOUS_HALF_WIDTH_MM * 1.6)) ** 2
    if share <= 0:
        return
    for body in spine.lumbar:
        root = body.depth_mm / 2 + _CANAL_DEPTH_MM + 1.0
        length, height = 27.0, 0.72 * body.height_mm * share**0.3
        drop = -0.30 * body.height_mm
        outline = body.at(
            np.array(
                [root, root + 0.6 * length, root + length, root + length, root + 0.5 * length]
            ),
            np.array(
                [
                    drop + 0.30 * height,
                    drop + 0.12 * height,
                    drop - 0.05 * height,
                    drop - 0.85 * height,
                    drop - 0.75 * height,
                ]
            ),
        )
        tail = body.at(np.array([root + 1.0]), np.array([drop - 0.35 * height]))
        outline = np.concatenate([outline, tail])
        section.fill(outline, Tissue.MARROW)
        section.line(outline, Tissue.CORTEX, 1.1, closed=True)
        fat = body.at(
            np.array([root - 1.0, root + 7.0, root + 1.0]),
            np.array([drop - 0.45 * height, drop - 0.85 * height, drop - 1.35 * height]),
        )
        section.fill(fat, Tissue.FAT)


def _paint_canal(section: Section, spine: DrawnSpine, wall: Points) -> None:
    """Epidural fat, the dural sac with its fluid, the cord and the roots below it."""
    share = max(0.0, 1 - (section.lateral_mm / _SAC_HALF_WIDTH_MM) ** 2) ** 0.5
    along = np.linspace(0, 1, len(wall))
    sacral = np.clip((along - 0.70) / 0.17, 0, 1)  # from L5 to S2, where the sac ends
    canal_mm = _CANAL_DEPTH_MM * (1 - 0.45 * sacral)
    section.fill(_between(wall, 0.0, canal_mm), Tissue.FAT)
    section.line(behind(wall, canal_mm), Tissue.LIGAMENT, 1.4)
    if share < 0.25:
        return
    end = int(0.87 * len(wall))
    gap_mm = (1.2 + 3.0 * sacral)[:end]
    sac_mm = ((canal_mm - 2.5)[:end] - gap_mm) * share * (1 - 0.75 * sacral[:end] ** 3)
    middle = gap_mm + ((canal_mm - 2.5)[:end] - gap_mm) * 0.5
    sac = wall[:end]
    section.line(behind(sac, middle - sac_mm / 2), Tissue.LIGAMENT, 1.0)
    section.fill(_between(sac, middle - sac_mm / 2, middle + sac_mm / 2), Tissue.FLUID)
    _paint_cord(section, sac, middle, sac_mm, spine)


def _paint_cord(
    section: Section, sac: Points, middle: Points, sac_mm: Points, spine: DrawnSpine
) -> None:
    conus = int(np.argmin(np.abs(sac[:, 1] - spine.lumbar[4].centre[1])))
    if abs(section.lateral_mm) < 5.0:
        thickness = 7.0 * (1 - (section.lateral_mm / 5.0) ** 2) ** 0.5
        taper = np.clip((conus - np.arange(len(sac))) / 25.0, 0, 1) ** 0.6
        cord = thickness * taper[: conus + 1]
        place = middle[: conus + 1] + 0.5
        section.fill(_between(sac[: conus + 1], place - cord / 2, place + cord / 2), Tissue.NERVE)
    rows = np.arange(len(sac))
    for root in range(6):
        phase = root * 1.7 + section.lateral_mm * 0.4
        place = middle + sac_mm * (0.36 - 0.07 * root + 0.03 * np.sin(rows / 17.0 + phase))
        start = max(0, conus - 20)
        section.line(behind(sac, place)[start:], Tissue.NERVE, 0.5)


def _between(line: Points, near_mm: Points | float, far_mm: Points | float) -> Points:
    return np.concatenate([behind(line, near_mm), behind(line, far_mm)[::-1]])


def _paint_arches(section: Section, spine: DrawnSpine) -> None:
    """Pedicles, foramina with fat and a nerve root, and the articular processes."""
    lateral = abs(section.lateral_mm)
    if lateral > _PEDICLE_MM[1] + 4.0:
        return
    for body in spine.lumbar:
        back = body.depth_mm / 2 * body.narrowing(lateral)
        half = body.height_mm / 2
        foramen = body.at(
            np.array([back - 1, back + 13, back + 15, back + 11, back - 1]),
            np.array([0.2 * half, 0.2 * half, -0.8 * half, -1.9 * half, -1.7 * half]),
        )
        section.fill(foramen, Tissue.FAT)
        section.fill(ellipse(body.at(back + 6.0, -0.45 * half), np.array([3.2, 4.2])), Tissue.NERVE)
        pillar = body.at(
            np.array([back + 11, back + 18, back + 21, back + 17, back + 12]),
            np.array([1.25 * half, 1.35 * half, -0.6 * half, -1.7 * half, -1.3 * half]),
        )
        section.fill(pillar, Tissue.MARROW)
        section.line(pillar, Tissue.CORTEX, 1.4, closed=True)
        if lateral <= _PEDICLE_MM[1]:
            pedicle = body.at(
                np.array([back - 3, back + 13, back + 13, back - 3]),
                np.array([0.85 * half, 0.8 * half, 0.05 * half, 0.0]),
            )
            section.fill(pedicle, Tissue.MARROW)
            section.line(pedicle[:2], Tissue.CORTEX, 1.2)
            section.line(pedicle[2:], Tissue.CORTEX, 1.2)


def _paint_body(section: Section, body: DrawnBody) -> None:
    outline = body.outline(section.lateral_mm)
    section.fill(outline, Tissue.MARROW)
    section.line(outline, Tissue.CORTEX, 1.1, closed=True)
    if abs(section.lateral_mm) < 5.0 and body.name.startswith("L"):
        back = body.depth_mm / 2
        vein = body.at(np.array([back + 0.5, back - 9.0, back + 0.5]), np.array([2.0, 0.0, -2.0]))
        section.fill(vein, Tissue.VEIN)


def _paint_discs(section: Section, spine: DrawnSpine) -> None:
    _paint_sacral_remnant(section, spine)
    for disc in spine.discs:
        outline = disc.outline(section.lateral_mm)
        section.fill(outline, Tissue.ANNULUS)
        section.line(outline, Tissue.LIGAMENT, 0.8, closed=True)
        section.fill(disc.nucleus(section.lateral_mm), _nucleus_tissue(disc.wetness))
        extrusion = disc.extrusion(section.lateral_mm)
        section.fill(extrusion, Tissue.GRANULATION)
        section.line(extrusion[: len(extrusion) // 2], Tissue.LIGAMENT, 0.8)


def _paint_sacral_remnant(section: Section, spine: DrawnSpine) -> None:
    """S1 and S2 have grown together around what is left of the disc between them."""
    s1, s2 = spine.sacrum[:2]
    if s1.narrowing(section.lateral_mm) <= _FUSED_FROM:
        return
    above = s1.endplate(-1, section.lateral_mm) + 1.5 * s1.up
    below = s2.endplate(1, section.lateral_mm) - 1.5 * s2.up
    section.fill(np.concatenate([above[2:-2], below[-3:1:-1]]), Tissue.MARROW)
    if abs(section.lateral_mm) < _REMNANT_HALF_WIDTH_MM:
        middle = (above + below) / 2
        section.line(middle[8:-6], Tissue.CORTEX, 1.8)
        section.line(middle[9:-7], Tissue.NUCLEUS_FADED, 0.8)


def _nucleus_tissue(wetness: float) -> Tissue:
    if wetness > 0.6:
        return Tissue.NUCLEUS_WET
    return Tissue.NUCLEUS_FADED if wetness > 0.2 else Tissue.NUCLEUS_DRY
