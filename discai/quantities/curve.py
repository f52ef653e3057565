"""Curve of the spine to one side, from where its discs lie across the slices."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from discai.quantities.section import Values
from discai.reading import LateralCurve

#: Fewer discs are too short a piece of the spine.
FEWEST_DISCS: Final = 4
#: A curve of less isn't called scoliosis: Cobb, Instr Course Lect 1948;5:261.
SCOLIOSIS_DEG: Final = 10.0


def lateral_curve(
    centres_mm: Mapping[str, tuple[float, float]], slice_mm: float, *, knows_sides: bool
) -> LateralCurve | None:
    """The farthest that a disc's centre lies beside the line from the highest disc to the lowest.

    An arc of a circle with this height over this chord turns by 4 atan(2 height / chord): so far
    would its ends be turned to each other in an angle of Cobb.

    Args:
        centres_mm: by level, from the head down, `(towards the patient's right, down)`, of discs
            that the slices cover wholly.
        slice_mm: from slice to slice.
        knows_sides: as for `discai.quantities.measure.measure_spine`.

    None of fewer than four discs.
    """
    if len(centres_mm) < FEWEST_DISCS:
        return None
    places: Values = np.array(list(centres_mm.values()), np.float64)
    chord = places[-1] - places[0]
    chord_mm = float(np.hypot(*chord))
    right, down = (places - places[0]).T
    beside_mm = (right * chord[1] - down * chord[0]) / chord_mm
    apex = int(np.abs(beside_mm).argmax())
    offset_mm = abs(float(beside_mm[apex]))
    arc_deg = float(np.degrees(4 * np.arctan(2 * offset_mm / chord_mm)))
    suggests = arc_deg >= SCOLIOSIS_DEG and offset_mm >= slice_mm
    right_or_left = "right" if beside_mm[apex] > 0 else "left"
    return LateralCurve(
        offset_mm=offset_mm,
        arc_deg=arc_deg,
        level=list(centres_mm)[apex] if suggests else None,
        side=right_or_left if suggests and knows_sides else None,
        suggests_scoliosis=suggests,
    )
