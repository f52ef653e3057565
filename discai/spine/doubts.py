"""Doubts about the discs of a spine and their names, in sentences for a person."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from statistics import mean, median

import numpy as np

from discai.anatomy import LEVELS, LEVELS_FROM_SACRUM
from discai.spine.discs import Component
from discai.spine.path import FULL_AREA_MM2, cost_of_step, distance_mm

#: Where the image ends closer below a disc, the next one down may lie beyond its edge. The 262
#: mid-slices of the SPIDER training patients show at least 38 mm below the middle of L5-S1.
SACRUM_MM = 34.0
#: Below this a disc's segmentation is called unsure.
SURE = 0.75
#: A step this many times shorter or longer than the usual one is called uneven.
UNEVEN = (0.67, 1.4)
#: What is thicker than this is more than one disc: those of the SPIDER training patients have at
#: most 17 mm.
THICKEST_MM = 22.0
#: From here on a disc may be L5-S1.
L5S1_LIKELY = 0.25
#: From here on it is recognisably L5-S1. The lowest discs of the SPIDER training patients have 0.9
#: and more, all others but two less than 0.1.
L5S1_SURE = 0.5
#: Mean angle of the four upper lumbar discs against the level, in degrees, downward at the back:
#: those of SPIDER's training patients lie within. Turned by 18 to 20°, the rest of the S1-S2 disc
#: may look like L5-S1.
USUAL_SLANT_DEGREES = (-13.5, 9.5)
#: A lowest disc of less than this share of the others' median area may be the rest of the S1-S2
#: disc: of SPIDER's training patients none has less than 0.4.
LEAST_SHARE_OF_AREA = 0.35

#: Below an ordinary L5-S1 disc nothing is taken for a vertebra, as no sacrum is outlined: 876 of
#: 883 scans of both hospitals' training patients have less than 0.01. The other seven, 0.019 to
#: 0.8, are of six patients with shifted levels, or whose annotators contradict each other.
BONE_BELOW = 0.015


def doubts_about(
    discs: tuple[Component, ...],
    levels: tuple[str, ...],
    pitch_mm: float | None,
    below: list[Component],
    candidates: list[Component],
    lower_edge_mm: float,
) -> tuple[str, ...]:
    """Sentences on everything odd; none for an ordinary spine.

    Args:
        discs: of the chain, from the lowest up.
        levels: their names.
        pitch_mm: the usual distance between them.
        below: discs of the row under the one that was taken for L5-S1.
        candidates: all discs that were seen.
        lower_edge_mm: where the image ends below, from the first row.
    """
    return (
        *_warn_of_start(discs[0], below, candidates),
        *_warn_of_bone_below(discs[0]),
        *_warn_of_edge(discs[0], lower_edge_mm),
        *_warn_of_rivals(discs[0], candidates),
        *_warn_of_slant(discs, levels),
        *_warn_of_rest(discs),
        *_warn_of_gaps(levels),
        *_warn_of_count(levels),
        *_warn_of_spacing(discs, levels, pitch_mm),
        *_warn_of_joined(discs, levels),
        *_warn_of_doubt(discs, levels),
    )


def slant_degrees(discs: Sequence[Component], levels: Sequence[str]) -> float | None:
    """Mean angle of the lumbar discs above L5-S1 against the level, positive downward at the back.

    None where fewer than three of the four are seen.
    """
    upper = [
        float(np.degrees(np.arctan2(*disc.axis)))
        for disc, level in zip(discs, levels, strict=True)
        if level in LEVELS and level != "L5-S1"
    ]
    return mean(upper) if len(upper) >= len(LEVELS) - 2 else None


def _warn_of_start(
    lowest: Component, below: list[Component], candidates: list[Component]
) -> list[str]:
    if lowest.l5s1 < L5S1_SURE:
        return [
            "The lowest disc does not look like L5-S1; the levels are counted from it "
            "and may all be shifted."
        ]
    whole = [disc for disc in candidates if disc.area_mm2 >= FULL_AREA_MM2]
    if below or any(cost_of_step(disc, lowest) < inf for disc in whole):
        return [
            "There is a disc below the one read as L5-S1; with more or fewer than five lumbar "
            "vertebrae the levels may be shifted."
        ]
    return []


def _warn_of_bone_below(lowest: Component) -> list[str]:
    if lowest.l5s1 < L5S1_SURE or lowest.bone_below < BONE_BELOW:
        return []  # of a lowest disc that isn't L5-S1 it is said already
    return [
        "Something like a vertebra lies below the disc read as L5-S1; if it is L5, or a vertebra "
        "between L5 and the sacrum, the levels are shifted."
    ]


def _warn_of_edge(lowest: Component, lower_edge_mm: float) -> list[str]:
    if lower_edge_mm - lowest.centroid_mm[1] >= SACRUM_MM:
        return []
    return [
        "The image ends close below the lowest disc; if that isn't L5-S1, all levels are shifted."
    ]


def _warn_of_rivals(lowest: Component, candidates: list[Component]) -> list[str]:
    """A disc that could be the next one up or down and looks like L5-S1 too."""
    rivals = [
        candidate
        for candidate in candidates
        if candidate.l5s1 >= L5S1_LIKELY
        and min(cost_of_step(lowest, candidate), cost_of_step(candidate, lowest)) < inf
    ]
    if not rivals:
        return []
    return ["Two discs look like L5-S1; the levels may be shifted by one."]


def _warn_of_slant(discs: Sequence[Component], levels: Sequence[str]) -> list[str]:
    slant = slant_degrees(discs, levels)
    if slant is None or USUAL_SLANT_DEGREES[0] <= slant <= USUAL_SLANT_DEGREES[1]:
        return []
    return [
        "The discs lie at an unusual slant, as if the picture were turned: the levels may be "
        "shifted, and the probabilities are less sure."
    ]


def _warn_of_rest(discs: Sequence[Component]) -> list[str]:
    areas = [disc.area_mm2 for disc in discs[1 : len(LEVELS)]]
    if not areas or discs[0].area_mm2 >= LEAST_SHARE_OF_AREA * median(areas):
        return []
    return [
        "The lowest disc is much smaller than the others; if it is the rest of a disc within the "
        "sacrum, all levels are shifted."
    ]


def _warn_of_gaps(levels: tuple[str, ...]) -> list[str]:
    return [
        f"No disc was found at {missing}; the levels above it are counted across the gap."
        for low, high in pairwise(levels)
        for missing in LEVELS_FROM_SACRUM[
            LEVELS_FROM_SACRUM.index(low) + 1 : LEVELS_FROM_SACRUM.index(high)
        ]
    ]


def _warn_of_count(levels: tuple[str, ...]) -> list[str]:
    found = sum(level in LEVELS for level in levels)
    if found == len(LEVELS):
        return []
    return [f"{found} of {len(LEVELS)} lumbar discs were found."]


def _warn_of_spacing(
    discs: tuple[Component, ...], levels: tuple[str, ...], pitch: float | None
) -> list[str]:
    """Neighbours of the lumbar spine that are much closer or further apart than the others."""
    if pitch is None:
        return []
    return [
        f"{lower} and {upper} lie {distance_mm(low, high):.0f} mm apart, "
        f"the other discs about {pitch:.0f} mm; a vertebra may be odd or a level miscounted."
        for (low, high), (lower, upper) in zip(pairwise(discs), pairwise(levels), strict=True)
        if lower in LEVELS
        and LEVELS_FROM_SACRUM.index(upper) == LEVELS_FROM_SACRUM.index(lower) + 1
        and not UNEVEN[0] <= distance_mm(low, high) / pitch <= UNEVEN[1]
    ]


def _warn_of_joined(discs: tuple[Component, ...], levels: tuple[str, ...]) -> list[str]:
    return [
        f"What is outlined as {level} is too thick for one disc; two may be joined, and the levels "
        "above it shifted."
        for disc, level in zip(discs, levels, strict=True)
        if disc.thickness_mm > THICKEST_MM
    ]


def _warn_of_doubt(discs: tuple[Component, ...], levels: tuple[str, ...]) -> list[str]:
    unsure = [
        level
        for disc, level in zip(discs, levels, strict=True)
        if level in LEVELS and disc.confidence < SURE
    ]
    if not unsure:
        return []
    return [f"The outline is unsure at {', '.join(reversed(unsure))}."]
