"""Angles of endplates, and the lordosis between two of them."""

from typing import Final

import numpy as np

from discai.quantities.section import Masks, Section, Values

#: An endplate's line passes through this part of its length: corners are rounded or grow spurs.
INNER_SHARE: Final = 0.8
#: No shorter one tells an angle.
LEAST_LENGTH_MM: Final = 15.0


def lower_endplate_deg(section: Section) -> float | None:
    """The slope of the lower endplate of the body above the disc, median of the slices.

    Degrees by which its back end lies below its front end, in the slice as it lies.
    """
    return _angle(section, section.upper, -1)


def upper_endplate_deg(section: Section) -> float | None:
    """The slope of the upper endplate of the body below the disc, as `lower_endplate_deg`."""
    return _angle(section, section.lower, 1)


def axis_between(section: Section) -> tuple[float, float]:
    """The unit vector `(row, column)` that halves the angle between a disc's endplates.

    It is the bisectrix of Frobin et al. (1997): unlike the disc's own extent it doesn't turn where
    the disc is sheared by a slip or protrudes. The section's axis where an endplate isn't seen.
    """
    upper, lower = lower_endplate_deg(section), upper_endplate_deg(section)
    if upper is None or lower is None:
        return section.axis
    angle = np.radians((upper + lower) / 2)
    return float(np.sin(angle)), float(np.cos(angle))


def lordosis_deg(upper_of_l1: float | None, lower_of_l5: float | None) -> float | None:
    """Lumbar lordosis as the angle of Cobb (1948) between two slopes; negative for a kyphosis."""
    if upper_of_l1 is None or lower_of_l5 is None:
        return None
    return upper_of_l1 - lower_of_l5


def _angle(section: Section, bodies: Masks, side: int) -> float | None:
    slopes = [
        slope
        for body in bodies
        if (slope := _slope(body[::side], section.along_mm, section.across_mm)) is not None
    ]
    if not slopes:
        return None
    turn = np.arctan2(*section.axis)
    return float(np.degrees(turn + np.arctan(side * np.median(slopes))))


def _slope(outward: Masks, along_mm: Values, across_mm: Values) -> float | None:
    """The slope of the endplate of a body whose rows go away from the disc."""
    columns = np.flatnonzero(outward.any(axis=0))
    if not columns.size:
        return None
    middle, half = (columns[0] + columns[-1]) / 2, (columns[-1] - columns[0]) / 2
    inner = columns[np.abs(columns - middle) <= INNER_SHARE * half]
    if along_mm[columns[-1]] - along_mm[columns[0]] < LEAST_LENGTH_MM:
        return None
    places_mm = across_mm[outward[:, inner].argmax(axis=0)]
    return float(np.polyfit(along_mm[inner], places_mm, 1)[0])
