"""Codes are those of DICOM's context groups, as pydicom has them from the standard."""

import pytest
from pydicom.sr import codedict
from pydicom.sr.coding import Code

from discai.anatomy import CANAL, FIRST_VERTEBRA, LAST_VERTEBRA, LEVELS_FROM_SACRUM, disc_value
from discai.export import codes
from discai.export.codes import structure_of


def group(number: int) -> dict[str, str]:
    """Meanings by code of a context group's concepts of SNOMED CT and DICOM's own."""
    collection = getattr(codedict.codes, f"cid{number}")
    found = [getattr(collection, name) for name in collection.dir()]
    return {code.value: code.meaning for code in found if code.scheme_designator in ("SCT", "DCM")}


@pytest.mark.parametrize(
    ("number", "used"),
    [
        (7150, [codes.ANATOMICAL_STRUCTURE]),
        (7604, [codes.DISCS[level] for level in LEVELS_FROM_SACRUM]),
        (7603, list(codes.VERTEBRAE_FROM_SACRUM.values())),
        (7151, [codes.VERTEBRA]),
        (6115, [codes.VERTEBRAL_CANAL]),
        (240, [codes.PRESENT, codes.ABSENT]),
        (7470, [codes.HEIGHT, codes.LENGTH, codes.DEPTH]),
        (7472, [codes.VOLUME]),
        (218, [codes.COBB_ANGLE]),
        (2, [codes.ANTERIOR, codes.CENTRAL, codes.POSTERIOR]),
        (7464, [codes.MINIMUM]),
        (245, list(codes.SIDES.values())),
        (4031, [codes.LUMBAR_SPINE]),
    ],
)
def test_each_code_stands_in_its_context_group_with_its_meaning(
    number: int, used: list[Code]
) -> None:
    meanings = group(number)
    assert {code.value: code.meaning for code in used}.items() <= meanings.items()


def test_a_disc_is_coded_by_its_own_level() -> None:
    for level in LEVELS_FROM_SACRUM:
        name, code = structure_of(disc_value(level))
        assert name == f"Disc {level}"
        assert code.meaning == f"{level.replace('-', '/')} disc"


def test_vertebrae_are_counted_from_the_sacrum() -> None:
    named = [structure_of(FIRST_VERTEBRA + number) for number in range(7)]
    assert [name for name, _ in named] == [
        f"Vertebra {each}" for each in ("L5", "L4", "L3", "L2", "L1", "T12", "T11")
    ]
    assert [code.meaning for _, code in named][:2] == ["L5 vertebra", "L4 vertebra"]
    assert structure_of(LAST_VERTEBRA) == ("Vertebra 99 from the sacrum", codes.VERTEBRA)


def test_the_canal_has_its_code_and_other_values_none() -> None:
    assert structure_of(CANAL) == ("Canal", codes.VERTEBRAL_CANAL)
    with pytest.raises(ValueError, match="150"):
        structure_of(150)


def test_codes_of_our_own_are_short_enough_for_every_reader() -> None:
    own = [
        codes.HERNIATION,
        codes.HERNIATION_PROBABILITY,
        codes.HERNIATION_ANSWER,
        codes.HERNIATION_VERDICT,
        codes.HEIGHT_INDEX,
        codes.LENGTH_RATIO,
        codes.BULGE,
        codes.SLIP,
        codes.SLIP_PERCENT,
        codes.MEYERDING,
        *codes.MEYERDING_GRADES,
        codes.LORDOSIS,
        codes.LATERAL_CURVE,
        codes.LATERAL_OFFSET,
        codes.LATERAL_ARC,
        codes.SCOLIOSIS_HINT,
    ]
    assert all(len(code.value) <= 16 for code in own)
    assert {code.scheme_designator for code in own} == {"99DISCAI"}
