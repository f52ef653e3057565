from dataclasses import replace

import numpy as np
import pytest

from discai.errors import PermanentError
from discai.manifest import Thresholds
from discai.spine.gate import (
    LEAST_BEHIND_MM2,
    LEAST_CANAL_MM2,
    askew_degrees,
    behind_mm2,
    canal_behind_mm2,
    refuse_unless_lumbar,
)
from discai.spine.path import evidence, looks_like_l5s1
from discai.spine.spine import Spine, find_spine
from tests.support.spines import GREY, draw_spine, see

VOXEL_MM = (4.0, 0.65, 0.65)
THRESHOLDS = Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.5)


def seen(voxels) -> Spine:
    return find_spine(np.stack([see(page) for page in voxels]), VOXEL_MM, THRESHOLDS)


def code_of(voxels) -> str | None:
    return code_for(seen(voxels))


def code_for(spine: Spine) -> str | None:
    try:
        refuse_unless_lumbar(spine)
    except PermanentError as refusal:
        return refusal.code
    return None


def without_canal(voxels):
    return with_behind(voxels, 0.0)


def with_behind(voxels, grey: float):
    """Another grey where the canal is."""
    return np.where(voxels == np.float32(GREY["canal"]), np.float32(grey), voxels)


def with_discs(spine: Spine, **changes) -> Spine:
    """The spine with other measures of each of its discs."""
    discs = tuple(replace(disc, **changes) for disc in spine.chain.discs)
    return replace(spine, chain=replace(spine.chain, discs=discs))


def tilted(degrees: float) -> tuple[float, float]:
    """The axis `(row, column)` of a disc that lies so much lower at its back."""
    return float(np.sin(np.radians(degrees))), float(np.cos(np.radians(degrees)))


def test_a_lumbar_spine_is_accepted():
    assert code_of(draw_spine()) is None


def test_the_canal_behind_discs_is_as_wide_as_drawn():
    # 14 mm wide, over 15 mm up and down, from 10 mm behind the middle of each disc.
    assert canal_behind_mm2(seen(draw_spine())) == pytest.approx(14 * 30, rel=0.05)
    assert canal_behind_mm2(seen(without_canal(draw_spine()))) == 0


def test_a_study_without_a_canal_is_refused_but_a_slice_beside_it_is_not():
    assert LEAST_CANAL_MM2 > 0
    arches = GREY["vertebra"]
    assert code_of(with_behind(draw_spine(slices=3), arches)) == "not-sagittal"
    assert code_of(without_canal(draw_spine(slices=3))) == "not-sagittal"
    assert code_of(with_behind(draw_spine(slices=1), arches)) is None


def test_behind_the_discs_of_a_spine_lies_a_canal_or_bone():
    # Over 15 mm up and down, from 20 mm behind the middle of each disc: the canal or arches alone.
    for behind in ("canal", "vertebra"):
        spine = seen(with_behind(draw_spine(slices=1), GREY[behind]))
        assert behind_mm2(spine) == pytest.approx(14 * 30, rel=0.05)
    nothing = without_canal(draw_spine(slices=1))
    assert behind_mm2(seen(nothing)) == 0 < LEAST_BEHIND_MM2
    assert code_of(nothing) == "not-sagittal"


def test_few_unsure_small_discs_are_specks():
    few, many = seen(draw_spine(discs=4)), seen(draw_spine(discs=7))
    assert code_for(with_discs(few, area_mm2=90.0, confidence=0.85)) == "not-sagittal"
    # A small person's discs are as small, and a poor scan's as unsure, but there are more of them.
    assert code_for(with_discs(few, area_mm2=90.0, confidence=0.95)) is None
    assert code_for(with_discs(many, confidence=0.85)) is None


def test_as_much_is_less_sure_to_be_a_spine_where_no_l5s1_is_seen():
    four = with_discs(seen(draw_spine(discs=4)), area_mm2=130.0, confidence=0.9)
    assert evidence(four.chain.discs) == pytest.approx(4 * (0.9 * 130 / 150 - 0.2), abs=0.01)
    assert code_for(four) is None
    assert code_for(with_discs(four, l5s1=0.0)) == "not-sagittal"


def test_evidence_is_the_score_without_what_l5s1_adds():
    chain = seen(draw_spine()).chain
    assert evidence(chain.discs) == pytest.approx(
        chain.score - 1.5 * looks_like_l5s1(chain.discs[0])
    )
    assert evidence(()) == 0


def test_discs_lie_across_the_spine_also_in_one_that_leans():
    upright = seen(draw_spine())
    assert askew_degrees(upright.chain.discs) == pytest.approx(0, abs=1)
    askew = with_discs(upright, axis=tilted(30))
    assert askew_degrees(askew.chain.discs) == pytest.approx(30, abs=1)
    assert code_for(askew) == "not-sagittal"
    assert code_for(with_discs(upright, axis=tilted(-15))) is None
    # Turned by 20° with all that it has, the spine's discs lie across it as before.
    leaning = [
        replace(
            disc,
            axis=tilted(20),
            centroid_mm=(
                disc.centroid_mm[0],
                disc.centroid_mm[1],
                disc.centroid_mm[2] - np.tan(np.radians(20)) * disc.centroid_mm[1],
            ),
        )
        for disc in upright.chain.discs
    ]
    assert askew_degrees(leaning) == pytest.approx(0, abs=1)


def test_three_discs_are_lumbar_only_where_the_lowest_is_l5s1():
    assert code_of(draw_spine(discs=3)) is None
    assert code_of(draw_spine(discs=3, l5s1_known=False)) == "no-discs"
    assert code_of(draw_spine(discs=4, l5s1_known=False)) is None


def test_stripes_as_wide_as_the_picture_are_no_discs():
    voxels = draw_spine(slices=1)
    rows = np.flatnonzero((voxels[0] == np.float32(GREY["disc"])).any(axis=1))
    voxels[0, rows] = GREY["disc"]
    assert code_of(voxels) == "not-sagittal"
