"""Outlines are judged where the truth is known, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

from discai.anatomy import FIRST_VERTEBRA, disc_value
from discai.errors import PermanentError
from discai.reading import Reading
from pipeline.data.conventions import GAP, TOUCHING
from pipeline.data.examples import Volume
from pipeline.data.scans import volume_scan
from pipeline.evaluation.cases import Case
from pipeline.evaluation.figures.segmentation import (
    ALL,
    convention_results,
    outline_results,
    outline_scores,
)


def score(lumbar_only: bool, **painted: slice) -> float:
    """The Dice of a volume whose L4-L5 disc is outlined in rows 20 to 30."""
    truth, segmentation = np.zeros((3, 60, 40), bool), np.zeros((3, 60, 40), np.uint8)
    truth[:, 20:30] = True
    for level, rows in painted.items():
        segmentation[:, rows] = disc_value(level.replace("_", "-"))
    masks = {"disc": truth}
    scan = volume_scan(Volume("volume", 1, segmentation, masks, (4.0, 0.65, 0.65)))
    case = Case("volume", 1, "volume", "t2", "", scan, masks, lumbar_only=lumbar_only)
    reading = Reading("m", "sha256:0", segmentation, (), (), {}, 1, "cpu")
    (only,) = outline_scores([case], [reading])
    return only.dice


def test_a_disc_above_the_lumbar_ones_counts_only_where_such_discs_are_outlined():
    higher = {"L4_L5": np.s_[20:30], "T12_L1": np.s_[40:50]}
    assert score(lumbar_only=True, **higher) == 1
    assert score(lumbar_only=False, **higher) == pytest.approx(2 / 3)


def test_a_lumbar_disc_that_is_named_as_a_higher_one_is_missing():
    assert score(lumbar_only=True, T12_L1=np.s_[20:30]) == 0


def outlined(patient: int, gap_rows: int) -> Case:
    """A volume with a disc in rows 20 to 30 and a vertebra above it, so many rows away."""
    disc, vertebra = np.zeros((3, 60, 40), bool), np.zeros((3, 60, 40), bool)
    disc[:, 20:30] = vertebra[:, 5 : 20 - gap_rows] = True
    masks = {"disc": disc, "vertebra": vertebra}
    scan = volume_scan(Volume("volume", 1, disc.astype(np.uint8), masks, (4.0, 0.5, 0.5)))
    return Case(f"space {patient}", patient, "volume", "t2_SPACE", "", scan, masks)


def reading(disc_rows: slice, vertebra_rows: slice) -> Reading:
    segmentation = np.zeros((3, 60, 40), np.uint8)
    segmentation[:, vertebra_rows] = FIRST_VERTEBRA
    segmentation[:, disc_rows] = disc_value("L4-L5")
    return Reading("m", "sha256:0", segmentation, (), (), {}, 1, "cpu")


def test_volumes_outlined_in_either_way_are_scored_alone_too():
    cases = [outlined(1, gap_rows=4), outlined(2, gap_rows=0)]
    # Both are read with a gap of four rows; the second disc reaches further to the bone.
    outcomes = [reading(np.s_[20:30], np.s_[5:16]), reading(np.s_[24:30], np.s_[5:20])]
    results = outline_results("volumes", cases, outcomes)
    by_group = {(r.structure, r.group): r for r in results}
    assert list(by_group) == [
        (structure, group) for group in (ALL, TOUCHING, GAP) for structure in ("disc", "vertebra")
    ]
    gap, touching = by_group["disc", GAP], by_group["disc", TOUCHING]
    assert (gap.dice.value, gap.surface_dice.value, gap.surface_distance_mm.value) == (1, 1, 0)
    assert (gap.by_case, touching.by_case) == ({"space 1": 1}, {"space 2": 0.75})
    # Its upper side is 2 mm off, its lower one right.
    assert touching.surface_dice_by_case == {"space 2": 0.5}
    assert touching.surface_distance_mm_by_case == {"space 2": 1}
    assert by_group["disc", ALL].surface_distance_mm.value == 0.5
    assert by_group["disc", ALL].dice.value == 0.875


def test_a_refused_volume_has_no_distance_and_no_surface_in_common():
    refused = PermanentError("no-spine", "No spine.")
    (disc, _) = outline_results("volumes", [outlined(1, gap_rows=4)], [refused])
    assert (disc.dice.value, disc.surface_dice.value, disc.surface_distance_mm) == (0, 0, None)


def test_the_convention_is_told_by_the_labels_and_not_without_bone():
    both, without = outlined(1, gap_rows=4), outlined(2, gap_rows=4)
    without = replace(without, masks={"disc": without.masks["disc"]})
    (only,) = convention_results("volumes", [both, without])
    assert (only.case, only.convention, only.touching, only.gap_mm) == ("space 1", GAP, 0, 2)
