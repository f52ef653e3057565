import numpy as np
import pytest

from discai.errors import PermanentError
from discai.manifest import Thresholds
from discai.spine.gate import LEAST_CANAL_MM2, canal_behind_mm2, refuse_unless_lumbar
from discai.spine.spine import Spine, find_spine
from tests.support.spines import GREY, draw_spine, see

VOXEL_MM = (4.0, 0.65, 0.65)
THRESHOLDS = Thresholds(disc=0.5, vertebra=0.5, canal=0.5, herniation=0.5)


def seen(voxels) -> Spine:
    return find_spine(np.stack([see(page) for page in voxels]), VOXEL_MM, THRESHOLDS)


def code_of(voxels) -> str | None:
    try:
        refuse_unless_lumbar(seen(voxels))
    except PermanentError as refusal:
        return refusal.code
    return None


def without_canal(voxels):
    return np.where(voxels == np.float32(GREY["canal"]), 0, voxels)


def test_a_lumbar_spine_is_accepted():
    assert code_of(draw_spine()) is None


def test_the_canal_behind_discs_is_as_wide_as_drawn():
    # 14 mm wide, over 15 mm up and down, from 10 mm behind the middle of each disc.
    assert canal_behind_mm2(seen(draw_spine())) == pytest.approx(14 * 30, rel=0.05)
    assert canal_behind_mm2(seen(without_canal(draw_spine()))) == 0


def test_a_study_without_a_canal_is_refused_but_a_slice_beside_it_is_not():
    assert LEAST_CANAL_MM2 > 0
    assert code_of(without_canal(draw_spine(slices=3))) == "not-sagittal"
    assert code_of(without_canal(draw_spine(slices=1))) is None


def test_three_discs_are_lumbar_only_where_the_lowest_is_l5s1():
    assert code_of(draw_spine(discs=3)) is None
    assert code_of(draw_spine(discs=3, l5s1_known=False)) == "no-discs"
    assert code_of(draw_spine(discs=4, l5s1_known=False)) is None


def test_stripes_as_wide_as_the_picture_are_no_discs():
    voxels = draw_spine(slices=1)
    rows = np.flatnonzero((voxels[0] == np.float32(GREY["disc"])).any(axis=1))
    voxels[0, rows] = GREY["disc"]
    assert code_of(voxels) == "not-sagittal"
