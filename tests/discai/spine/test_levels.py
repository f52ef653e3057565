from dataclasses import replace
from math import cos, radians, sin

import pytest

from discai.spine.discs import Component
from discai.spine.levels import name_levels


def disc(
    index: float,
    *,
    l5s1: float = 0.0,
    area_mm2: float = 350.0,
    column_mm: float = 150.0,
    bone_above: float = 0.98,
    bone_below: float = 0.98,
    thickness_mm: float = 9.0,
) -> Component:
    """A disc `index` steps of 35 mm above the lowest."""
    return Component(
        label=round(index * 100) + 1,
        centroid_mm=(8.0, 260.0 - 35.0 * index, column_mm),
        axis=(0.0, 1.0),
        thickness_mm=thickness_mm,
        area_mm2=area_mm2,
        volume_mm3=area_mm2 * 30,
        confidence=0.95,
        l5s1=l5s1,
        bone_above=bone_above,
        bone_below=bone_below,
    )


def spine(discs: int = 7) -> list[Component]:
    return [disc(0, l5s1=0.9, bone_below=0.0), *(disc(index) for index in range(1, discs))]


def test_discs_are_counted_from_the_sacrum_up():
    chain = name_levels(spine())
    assert chain.levels == ("L5-S1", "L4-L5", "L3-L4", "L2-L3", "L1-L2", "T12-L1", "T11-T12")
    assert chain.pitch_mm == pytest.approx(35)
    assert chain.warnings == ()


def test_the_order_of_the_candidates_does_not_matter():
    assert name_levels(spine()[::-1]).levels == name_levels(spine()).levels


def test_fragments_between_and_beside_the_discs_change_no_name():
    fragments = [
        disc(0.5, area_mm2=20),
        disc(1.5, area_mm2=25, column_mm=190),
        disc(-1, area_mm2=15),
    ]
    chain = name_levels(spine() + fragments)
    assert chain.discs == name_levels(spine()).discs
    assert chain.warnings == ()


def test_a_disc_far_to_the_side_is_not_in_the_chain():
    stranger = disc(7, column_mm=20)
    assert stranger not in name_levels([*spine(), stranger]).discs


def test_what_looks_like_l5s1_beside_the_midline_is_neither_in_the_chain_nor_a_rival():
    beside = replace(disc(-0.7, l5s1=0.95), centroid_mm=(34.0, 284.5, 110.0))
    behind = disc(-0.7, l5s1=0.95, column_mm=245.0)
    chain = name_levels([*spine(), beside, behind])
    assert chain.discs == name_levels(spine()).discs
    assert chain.warnings == ()


def test_a_missing_disc_is_skipped_and_named():
    discs = [candidate for index, candidate in enumerate(spine()) if index != 2]
    chain = name_levels(discs)
    assert chain.levels == ("L5-S1", "L4-L5", "L2-L3", "L1-L2", "T12-L1", "T11-T12")
    assert any("L3-L4" in warning for warning in chain.warnings)
    assert any("4 of 5" in warning for warning in chain.warnings)


@pytest.mark.parametrize(
    ("seen", "levels", "missing"),
    [
        ((0, 1, 3), ("L5-S1", "L4-L5", "L2-L3"), "L3-L4"),
        ((0, 2, 3), ("L5-S1", "L3-L4", "L2-L3"), "L4-L5"),
    ],
)
def test_among_three_discs_a_missing_one_shifts_no_level(seen, levels, missing):
    discs = spine()
    chain = name_levels([discs[index] for index in seen])
    assert chain.levels == levels
    assert chain.pitch_mm == pytest.approx(35)
    assert any(f"at {missing}" in warning for warning in chain.warnings)


def test_where_every_other_disc_is_missing_no_level_is_shifted():
    discs = spine()
    chain = name_levels([discs[index] for index in (0, 2, 4)])
    assert chain.levels == ("L5-S1", "L3-L4", "L1-L2")
    assert any("at L4-L5" in warning for warning in chain.warnings)


def test_the_short_steps_of_a_whole_spine_make_no_gap_between_lumbar_discs():
    thoracic = [disc(5 + 0.6 * step) for step in range(1, 12)]
    chain = name_levels([*spine(6), *thoracic])
    assert chain.levels[:6] == ("L5-S1", "L4-L5", "L3-L4", "L2-L3", "L1-L2", "T12-L1")
    assert chain.warnings == ()


def test_two_discs_outlined_as_one_are_said():
    discs = spine()
    joined = disc(1.5, area_mm2=800, thickness_mm=45)
    chain = name_levels([discs[0], joined, *discs[3:]])
    assert any("too thick for one disc" in warning for warning in chain.warnings)


def test_a_lowest_disc_that_is_not_l5_s1_is_said_never_shifted_silently():
    cut_off = [replace(candidate, l5s1=0.02) for candidate in spine(6)]
    chain = name_levels(cut_off)
    assert chain.levels[0] == "L5-S1"
    assert any("does not look like L5-S1" in warning for warning in chain.warnings)


def test_a_disc_of_the_sacrum_does_not_shift_the_levels():
    chain = name_levels([disc(-0.8, area_mm2=120), *spine()])
    assert chain.levels[0] == "L5-S1"
    assert chain.discs[0].l5s1 == pytest.approx(0.9)


def test_a_well_formed_disc_below_l5_s1_is_said():
    chain = name_levels([disc(-1, l5s1=0.5), *spine()])
    assert chain.discs[0].l5s1 == pytest.approx(0.9)
    assert any("below the one read as L5-S1" in warning for warning in chain.warnings)


def test_a_whole_disc_below_l5_s1_is_said_however_little_it_looks_like_it():
    chain = name_levels([disc(-1, l5s1=0.0, area_mm2=200), *spine()])
    assert chain.discs[0].l5s1 == pytest.approx(0.9)
    assert any("below the one read as L5-S1" in warning for warning in chain.warnings)


def test_a_vertebra_below_what_looks_like_l5_s1_is_said():
    doubted = [disc(0, l5s1=0.9, bone_below=0.02), *spine()[1:]]
    assert [w for w in name_levels(doubted).warnings if "vertebra lies below" in w]
    clear = [disc(0, l5s1=0.9, bone_below=0.009), *spine()[1:]]
    assert name_levels(clear).warnings == ()


def test_of_a_lowest_disc_that_is_not_l5_s1_one_thing_is_said():
    chain = name_levels([disc(0, l5s1=0.1, bone_below=0.9), *spine()[1:]])
    assert len([warning for warning in chain.warnings if "levels" in warning]) == 1


def test_a_lowest_disc_that_is_hardly_l5_s1_is_said():
    chain = name_levels([disc(0, l5s1=0.4), *spine()[1:]])
    assert any("does not look like L5-S1" in warning for warning in chain.warnings)


def test_a_rest_of_s1_s2_that_looks_like_l5_s1_is_passed_over_and_said():
    rest = disc(-0.8, area_mm2=80, l5s1=0.95, bone_above=0.1)
    chain = name_levels([rest, *spine()])
    assert chain.discs[0].area_mm2 == 350
    assert any("Two discs look like L5-S1" in warning for warning in chain.warnings)


def test_uneven_spacing_is_said():
    close = [*spine(3), disc(2.55), *(disc(2.55 + step) for step in (1, 2))]
    assert any("mm apart" in warning for warning in name_levels(close).warnings)


def test_too_few_discs_are_said():
    assert any("3 of 5" in warning for warning in name_levels(spine(3)).warnings)


def test_an_unsure_outline_is_said():
    discs = spine()
    discs[1] = replace(discs[1], confidence=0.6)
    assert any("unsure at L4-L5" in warning for warning in name_levels(discs).warnings)


def test_nothing_is_no_spine():
    assert name_levels([]).levels == ()
    assert name_levels([disc(0, area_mm2=15)]).levels == ()


def test_an_image_that_ends_below_the_lowest_disc_is_said_even_if_the_disc_looks_like_l5_s1():
    lowest = spine()[0].centroid_mm[1]
    assert any("ends close below" in text for text in name_levels(spine(), lowest + 25).warnings)
    assert name_levels(spine(), lowest + 38).warnings == ()


@pytest.mark.parametrize(("degrees", "said"), [(0, False), (9, False), (12, True), (-15, True)])
def test_discs_at_a_slant_are_said_since_the_picture_may_be_turned(degrees, said):
    angle = radians(degrees)
    turned = [replace(each, axis=(sin(angle), cos(angle))) for each in spine()]
    warnings = name_levels(turned).warnings
    assert any("unusual slant" in each and "levels" in each for each in warnings) == said


@pytest.mark.parametrize(("area_mm2", "said"), [(350, False), (140, False), (100, True)])
def test_a_lowest_disc_that_may_be_a_rest_within_the_sacrum_is_said(area_mm2, said):
    lowest, *others = spine()
    warnings = name_levels([replace(lowest, area_mm2=float(area_mm2)), *others]).warnings
    assert any("much smaller" in each and "levels" in each for each in warnings) == said
