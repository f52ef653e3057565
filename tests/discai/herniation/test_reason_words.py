"""The reason for a probability in words."""

import re
from pathlib import Path

from discai.herniation.reason_words import WORDS_FILE, in_words
from discai.reading import Cause, RangedQuantity

PROTRUSION = Cause(name="protrusion", without=0.2249)
DENT = Cause(name="dent", without=0.6)
BULGE = RangedQuantity(name="bulge_mm", value=5.08, usual_high=3.1)
CANAL = RangedQuantity(name="narrowest_canal_mm", value=9.0, usual_low=6.5)
LOW = RangedQuantity(name="middle_height_mm", value=4.2, usual_low=5.8)


def test_causes_come_with_what_was_measured_of_them():
    assert in_words("L4-L5", 0.812, [PROTRUSION, DENT], [BULGE, CANAL]) == (
        "Without the tissue behind the back walls the probability would be 0.22 instead of 0.81. "
        "With a canal whose front runs straight past the disc the probability would be 0.60 "
        "instead of 0.81. "
        "Measured: 5.1 mm behind the back walls (usual at L4-L5 up to 3.1); "
        "a canal of 9.0 mm at its narrowest (usual at L4-L5 from 6.5 on)."
    )


def test_without_a_cause_none_is_made_up():
    usual = BULGE.model_copy(update={"value": 1.0})
    assert in_words("L4-L5", 0.3, [], [usual, CANAL]) == (
        "Neither tissue behind the back walls nor a dent in the canal raises the probability by "
        "0.05 or more."
    )


def test_what_is_unusual_is_said_in_any_case():
    assert in_words("L4-L5", 0.3, [], [LOW]).endswith(
        "Measured: a height of 4.2 mm in the middle (usual at L4-L5 from 5.8 on)."
    )
    index = RangedQuantity(name="height_index", value=0.127, usual_low=0.16)
    assert "a height index of 0.13 (usual at L1-L2 from 0.16 on)" in in_words(
        "L1-L2", 0.3, [], [index]
    )


def test_without_a_usual_range_a_quantity_stands_alone():
    bare = BULGE.model_copy(update={"usual_high": None})
    assert in_words("L4-L5", 0.8, [PROTRUSION], [bare]).endswith(
        "Measured: 5.1 mm behind the back walls."
    )


def test_another_file_is_another_language(tmp_path: Path):
    """Here one of capitals: a small letter that is left would stand in the code."""
    capitals = re.sub(
        r'(?<== )"(.*)"',
        lambda words: re.sub(r"[^{}]+(?![^{}]*})", lambda text: text[0].upper(), words[0]),
        WORDS_FILE.read_text(encoding="utf-8"),
    )
    file = tmp_path / "reason.capitals.toml"
    file.write_text(capitals, encoding="utf-8")
    said = in_words("L4-L5", 0.812, [PROTRUSION, DENT], [BULGE, CANAL, LOW], file)
    assert said.startswith("WITHOUT THE TISSUE BEHIND THE BACK WALLS")
    assert said == said.upper()
