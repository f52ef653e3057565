"""The reason for a probability in words; all of them stand in `reason.en.toml`."""

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

from discai.herniation.causes import LEAST_EFFECT
from discai.reading import Cause, RangedName, RangedQuantity

WORDS_FILE: Final = Path(__file__).with_name("reason.en.toml")
#: What is measured of a cause is said with it, whether or not it is unusual.
_SHOWN_BY: Final[dict[RangedName, Literal["protrusion", "dent"]]] = {
    "bulge_mm": "protrusion",
    "narrowest_canal_mm": "dent",
}
_DIGITS: Final[dict[RangedName, int]] = {
    "bulge_mm": 1,
    "narrowest_canal_mm": 1,
    "middle_height_mm": 1,
    "height_index": 2,
}


def in_words(
    level: str,
    herniation: float,
    causes: Sequence[Cause],
    measured: Sequence[RangedQuantity],
    words_file: Path = WORDS_FILE,
) -> str:
    """The causes, and what was measured of them or is unusual, in sentences for a person."""
    words = _words(words_file)
    of_causes, of_measured = words["causes"], words["measured"]
    numbers = {"herniation": f"{herniation:.2f}", "least": f"{LEAST_EFFECT:.2f}"}
    sentences = [
        of_causes[each.name].format(**numbers, without=f"{each.without:.2f}") for each in causes
    ]
    if not causes:
        sentences.append(of_causes["none"].format(**numbers))
    named = {cause.name for cause in causes}
    facts = [
        _fact(of_measured, level, each)
        for each in measured
        if _SHOWN_BY.get(each.name) in named or is_unusual(each)
    ]
    if facts:
        joined = of_measured["between"].join(facts)
        sentences.append(of_measured["sentence"].format(facts=joined))
    return " ".join(sentences)


def is_unusual(measured: RangedQuantity) -> bool:
    """True beyond the end of the usual range."""
    low, high, value = measured.usual_low, measured.usual_high, measured.value
    return (low is not None and value < low) or (high is not None and value > high)


def _fact(words: dict[str, str], level: str, measured: RangedQuantity) -> str:
    digits = _DIGITS[measured.name]
    fact = words[measured.name].format(value=f"{measured.value:.{digits}f}")
    for end in ("usual_low", "usual_high"):
        known = getattr(measured, end)
        if known is not None:
            fact = words[end].format(fact=fact, level=level, end=f"{known:.{digits}f}")
    return fact


@cache
def _words(file: Path) -> dict[str, dict[str, str]]:
    """Templates about causes and about what was measured."""
    return tomllib.loads(file.read_text(encoding="utf-8"))
