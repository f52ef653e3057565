"""What is measured of drawn spines is what they were drawn with, to a pixel or better."""

from dataclasses import replace
from math import atan, cos, degrees, radians, tan

import numpy as np
import pytest

from discai.quantities.curve import lateral_curve
from discai.quantities.measure import SpineQuantities, measure_spine, meyerding_grade
from discai.reading import DiscQuantities, SliceQuantities
from discai.segmentation.grid import VoxelSize
from tests.support.drawn_spines import DEPTH_MM, DrawnSpine, Protrusion, outlined

ORDINARY = (4.0, 0.65, 0.65)
#: Even and uneven pixels.
SPACINGS = [ORDINARY, (3.0, 0.9, 0.5), (4.4, 0.5, 0.9)]
TILTS = [-15.0, 0.0, 25.0]


def measured(drawn: DrawnSpine, voxel_mm: VoxelSize = ORDINARY) -> SpineQuantities:
    return measure_spine(outlined(drawn, voxel_mm), in_mm=True, knows_sides=True)


def l4_l5(drawn: DrawnSpine, voxel_mm: VoxelSize = ORDINARY) -> DiscQuantities:
    return measured(drawn, voxel_mm).discs["L4-L5"]


def heights_of(quantities: SliceQuantities) -> tuple[float | None, ...]:
    return (
        quantities.anterior_height_mm,
        quantities.middle_height_mm,
        quantities.posterior_height_mm,
    )


@pytest.mark.parametrize("voxel_mm", SPACINGS)
@pytest.mark.parametrize("tilt_deg", TILTS)
def test_a_plain_disc(voxel_mm, tilt_deg):
    disc = l4_l5(DrawnSpine(tilt_deg=tilt_deg), voxel_mm)
    pixel_mm = max(voxel_mm[1:])
    # Edges along rows of pixels fall between two of them; on tilted ones that evens out.
    off_mm = 1.3 * pixel_mm if tilt_deg == 0 else 0.3
    assert heights_of(disc) == pytest.approx((10, 10, 10), abs=off_mm)
    assert disc.length_mm == pytest.approx(DEPTH_MM, abs=1.1 * pixel_mm)
    assert disc.height_index == pytest.approx(10 / DEPTH_MM, abs=0.025)
    assert disc.length_ratio == pytest.approx(1, abs=0.03)
    assert disc.bulge_mm == pytest.approx(0, abs=pixel_mm)
    assert (disc.bulge_slice, disc.bulge_side) == (None, None)
    assert disc.slip_mm == pytest.approx(0, abs=pixel_mm)
    assert disc.meyerding_grade == 0
    assert disc.canal_depth_mm == pytest.approx(15, abs=pixel_mm)
    assert disc.narrowest_canal_mm == pytest.approx(15, abs=1.5 * pixel_mm)
    covered_mm = voxel_mm[0] * len(disc.slices)
    assert disc.volume_mm3 == pytest.approx(10 * DEPTH_MM * covered_mm, rel=0.1)


@pytest.mark.parametrize("wedge_deg", [-6.0, 4.0, 10.0])
@pytest.mark.parametrize("voxel_mm", SPACINGS[1:])
def test_a_wedge_is_higher_at_its_open_end(voxel_mm, wedge_deg):
    disc = l4_l5(DrawnSpine(wedge_deg=wedge_deg, tilt_deg=12), voxel_mm)
    more = 2 * 0.3 * DEPTH_MM * tan(radians(wedge_deg / 2))
    assert heights_of(disc) == pytest.approx((10 + more, 10, 10 - more), abs=0.4)
    assert disc.height_index == pytest.approx(10 / DEPTH_MM, abs=0.02)


@pytest.mark.parametrize("voxel_mm", SPACINGS)
@pytest.mark.parametrize("depth_mm", [2.5, 4.5])
def test_a_protrusion_is_measured_from_the_line_of_the_back_walls(voxel_mm, depth_mm):
    drawn = DrawnSpine(tilt_deg=8, protrusion=Protrusion(depth_mm))
    disc, plain = l4_l5(drawn, voxel_mm), l4_l5(DrawnSpine(tilt_deg=8), voxel_mm)
    pixel_mm = max(voxel_mm[1:])
    assert disc.bulge_mm == pytest.approx(depth_mm, abs=pixel_mm)
    assert disc.bulge_side == "central"
    assert disc.bulge_slice is not None
    shown = disc.slices[disc.bulge_slice]
    assert shown.bulge_mm == pytest.approx(disc.bulge_mm, abs=0.5)
    assert shown.length_mm == pytest.approx(DEPTH_MM + depth_mm, abs=pixel_mm)
    assert disc.posterior_height_mm == pytest.approx(plain.posterior_height_mm, abs=0.3)


@pytest.mark.parametrize(
    ("first_mm", "last_mm", "side"), [(5, 10, "right"), (-10, -5, "left"), (-2, 2, "central")]
)
def test_a_protrusion_lies_on_its_side(first_mm, last_mm, side):
    block = Protrusion(4, first_mm, last_mm)
    spine = outlined(DrawnSpine(protrusion=block), (3.0, 0.65, 0.65))
    disc = measure_spine(spine, in_mm=True, knows_sides=True).discs["L4-L5"]
    assert disc.bulge_side == side
    middle = len(spine.discs) // 2
    assert disc.bulge_slice is not None
    assert first_mm <= (disc.bulge_slice - middle) * 3 <= last_mm
    unplaced = measure_spine(spine, in_mm=True, knows_sides=False).discs["L4-L5"]
    assert unplaced.bulge_side is None
    assert unplaced == disc.model_copy(update={"bulge_side": None})


@pytest.mark.parametrize("tilt_deg", TILTS[1:])
@pytest.mark.parametrize("slip_mm", [-4.0, 5.0, 12.0])
@pytest.mark.parametrize("voxel_mm", SPACINGS[:2])
def test_a_slip_forward_is_positive(voxel_mm, slip_mm, tilt_deg):
    disc = l4_l5(DrawnSpine(slip_mm=slip_mm, tilt_deg=tilt_deg), voxel_mm)
    assert disc.slip_mm == pytest.approx(slip_mm, abs=max(voxel_mm[1:]))
    assert disc.slip_percent == pytest.approx(100 * slip_mm / DEPTH_MM, abs=3)
    assert disc.meyerding_grade == {-4.0: 0, 5.0: 1, 12.0: 2}[slip_mm]
    assert disc.bulge_mm == pytest.approx(0, abs=1)


def test_grades_go_by_quarters():
    percents = [None, -30, 0, 4.9, 5, 25, 25.1, 50, 75, 76, 100, 101, 180]
    grades = [None, 0, 0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 5]
    assert [meyerding_grade(percent) for percent in percents] == grades


@pytest.mark.parametrize("pinched_mm", [3.0, 7.0])
def test_the_canal_is_measured_where_it_is_pinched(pinched_mm):
    spine = measured(DrawnSpine(pinched_mm=pinched_mm, tilt_deg=10))
    assert spine.discs["L4-L5"].canal_depth_mm == pytest.approx(15 - pinched_mm, abs=0.65)
    assert spine.discs["L4-L5"].narrowest_canal_mm == pytest.approx(15 - pinched_mm, abs=0.65)
    assert spine.discs["L3-L4"].canal_depth_mm == pytest.approx(15, abs=0.65)


@pytest.mark.parametrize("wedge_deg", [0.0, 7.0])
@pytest.mark.parametrize("voxel_mm", [ORDINARY, (4.0, 0.9, 0.5)])
def test_lordosis_is_the_sum_of_the_wedges_between_l1_and_l5(voxel_mm, wedge_deg):
    drawn = DrawnSpine(discs=6, wedge_deg=wedge_deg, tilt_deg=25)
    assert measured(drawn, voxel_mm).lordosis_deg == pytest.approx(4 * wedge_deg, abs=1)


def test_there_is_no_lordosis_where_the_upper_endplate_of_l1_is_not_seen():
    assert measured(DrawnSpine()).lordosis_deg is None


def test_what_lies_on_the_sacrum_is_measured_without_it():
    disc = measured(DrawnSpine(tilt_deg=20)).discs["L5-S1"]
    assert heights_of(disc) == pytest.approx((10, 10, 10), abs=0.3)
    assert disc.height_index == pytest.approx(10 / DEPTH_MM, abs=0.02)
    assert disc.canal_depth_mm == pytest.approx(15, abs=0.65)
    assert (disc.bulge_mm, disc.slip_mm, disc.slip_percent, disc.meyerding_grade) == (None,) * 4


def test_no_canal_no_back_walls():
    spine = outlined(DrawnSpine(), ORDINARY)
    spine = replace(spine, canal=np.zeros_like(spine.canal))
    disc = measure_spine(spine, in_mm=True, knows_sides=True).discs["L4-L5"]
    assert disc.middle_height_mm is not None
    unknown = disc.model_dump(include={"height_index", "bulge_mm", "slip_mm", "canal_depth_mm"})
    assert set(unknown.values()) == {None}


def test_a_canal_that_is_lost_behind_the_disc_has_no_depth():
    spine = outlined(DrawnSpine(), ORDINARY)
    canal = spine.canal.copy()
    canal[:, round(spine.chain.discs[1].centroid_mm[1] / ORDINARY[1])] = False
    spine = replace(spine, canal=canal)
    disc = measure_spine(spine, in_mm=True, knows_sides=True).discs["L4-L5"]
    assert (disc.canal_depth_mm, disc.narrowest_canal_mm) == (None, None)


def test_a_canal_whose_middle_lies_beyond_the_slices_has_no_depth():
    spine = outlined(DrawnSpine(protrusion=Protrusion(3, first_mm=4, last_mm=20)), ORDINARY)
    middle = len(spine.discs) // 2
    for first, shows_middle in ((middle - 1, True), (middle + 1, False)):
        cut = replace(
            spine,
            discs=spine.discs[first:],
            vertebrae=spine.vertebrae[first:],
            canal=spine.canal[first:],
        )
        disc = measure_spine(cut, in_mm=True, knows_sides=True).discs["L4-L5"]
        assert (disc.canal_depth_mm is not None) == shows_middle
        assert (disc.narrowest_canal_mm is not None) == shows_middle
        assert (disc.bulge_side is not None) == shows_middle
        assert disc.bulge_mm == pytest.approx(3, abs=0.65)
        assert disc.middle_height_mm == pytest.approx(10, abs=0.9)


def test_a_vessel_in_front_that_was_taken_for_canal_changes_nothing():
    spine = outlined(DrawnSpine(tilt_deg=8), ORDINARY)
    canal = spine.canal.copy()
    canal[:, :, round((spine.chain.discs[1].centroid_mm[2] - 25) / ORDINARY[2])] = True
    with_vessel = measure_spine(replace(spine, canal=canal), in_mm=True, knows_sides=True)
    middle = len(spine.discs) // 2
    for level, disc in measure_spine(spine, in_mm=True, knows_sides=True).discs.items():
        assert with_vessel.discs[level].slices[middle] == disc.slices[middle]


def test_a_disc_that_the_slices_cut_has_no_volume():
    spine = outlined(DrawnSpine(), ORDINARY)
    middle = len(spine.discs) // 2
    part = np.s_[middle - 2 : middle + 3]
    voxels = {name: getattr(spine, name)[part] for name in ("discs", "vertebrae", "canal")}
    cut = replace(spine, **voxels)
    whole = measure_spine(spine, in_mm=True, knows_sides=True).discs["L4-L5"]
    of_part = measure_spine(cut, in_mm=True, knows_sides=True).discs["L4-L5"]
    assert of_part.volume_mm3 is None
    assert heights_of(of_part) == heights_of(whole)


def test_without_spacing_there_are_ratios_and_no_millimetres():
    spine = outlined(DrawnSpine(slip_mm=5, protrusion=Protrusion(4), discs=6), ORDINARY)
    known = measure_spine(spine, in_mm=True, knows_sides=True)
    assumed = measure_spine(spine, in_mm=False, knows_sides=True)
    assert assumed.lordosis_deg == known.lordosis_deg
    ratios = {"height_index", "length_ratio", "slip_percent", "meyerding_grade"}
    for level, disc in assumed.discs.items():
        told = disc.model_dump(exclude={"slices"}, exclude_none=True)
        assert told == known.discs[level].model_dump(include=ratios, exclude_none=True)
        for each in disc.slices.values():
            assert set(each.model_dump(exclude_none=True)) <= ratios


def test_one_slice_tells_no_side_and_no_volume():
    spine = outlined(DrawnSpine(protrusion=Protrusion(4)), ORDINARY)
    middle = len(spine.discs) // 2
    part = np.s_[middle : middle + 1]
    voxels = {name: getattr(spine, name)[part] for name in ("discs", "vertebrae", "canal")}
    one = measure_spine(replace(spine, **voxels), in_mm=True, knows_sides=True).discs["L4-L5"]
    assert one.bulge_mm == pytest.approx(4, abs=0.65)
    assert (one.bulge_slice, one.bulge_side, one.volume_mm3) == (0, None, None)


def test_each_slice_that_shows_a_disc_is_measured():
    spine = outlined(DrawnSpine(tilt_deg=8, protrusion=Protrusion(4, 5, 9)), ORDINARY)
    disc = measure_spine(spine, in_mm=True, knows_sides=True).discs["L4-L5"]
    assert list(disc.slices) == np.flatnonzero((spine.discs == 2).any(axis=(1, 2))).tolist()
    bulges = {index: each.bulge_mm for index, each in disc.slices.items()}
    assert [index for index, bulge in bulges.items() if bulge and bulge > 2] == [10]
    assert bulges[min(bulges)] is None  # no canal is seen so far to the side


@pytest.mark.parametrize(("way", "side"), [(1, "right"), (-1, "left")])
@pytest.mark.parametrize("tilt_deg", TILTS[1:])
def test_a_spine_that_is_bent_to_one_side(way, side, tilt_deg):
    bends_mm = tuple(way * bend_mm for bend_mm in (0, 4, 8, 4, 0, 0))
    drawn = DrawnSpine(discs=6, bends_mm=bends_mm, tilt_deg=tilt_deg)
    curve = measured(drawn).lateral_curve
    assert curve is not None
    assert curve.offset_mm == pytest.approx(8, abs=0.3)
    height_mm = 5 * 36 * cos(radians(tilt_deg))
    assert curve.arc_deg == pytest.approx(degrees(4 * atan(2 * 8 / height_mm)), abs=1)
    assert (curve.level, curve.side, curve.suggests_scoliosis) == ("L3-L4", side, True)
    unplaced = measure_spine(outlined(drawn, ORDINARY), in_mm=True, knows_sides=False)
    assert unplaced.lateral_curve == curve.model_copy(update={"side": None})
    bare = measure_spine(outlined(drawn, ORDINARY), in_mm=False, knows_sides=True)
    assert bare.lateral_curve is None


def test_slices_that_are_oblique_to_a_straight_spine_make_no_curve():
    curve = measured(DrawnSpine(discs=5, bends_mm=(-8, -4, 0, 4, 8))).lateral_curve
    assert curve is not None
    assert curve.offset_mm == pytest.approx(0, abs=0.1)
    assert (curve.level, curve.side, curve.suggests_scoliosis) == (None, None, False)


def test_a_curve_needs_four_discs_that_the_slices_cover():
    assert measured(DrawnSpine(discs=3)).lateral_curve is None
    cut = DrawnSpine(discs=4, bends_mm=(0, 0, 0, 12))  # the uppermost reaches the last slice
    assert measured(cut).lateral_curve is None


@pytest.mark.parametrize(("slice_mm", "suggests"), [(3.0, True), (4.5, False)])
def test_what_is_within_a_slice_suggests_nothing(slice_mm, suggests):
    centres_mm = {"L1-L2": (0.0, 0.0), "L2-L3": (4.0, 36.0), "L3-L4": (0, 72), "L4-L5": (0, 108)}
    curve = lateral_curve(centres_mm, slice_mm, knows_sides=True)
    assert curve is not None
    assert curve.offset_mm == pytest.approx(4)
    assert curve.suggests_scoliosis == suggests
