"""The usual range of a quantity: that of nine of ten discs that aren't called herniated."""

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from discai.reading import DiscQuantities, RangedName, RangedQuantity

#: Written by `python -m pipeline.evaluation.figures.usual`.
USUAL_FILE: Final = Path(__file__).with_name("usual.json")
#: The end at which a quantity is unusual in a herniated disc.
ENDS: Final[dict[RangedName, Literal["low", "high"]]] = {
    "bulge_mm": "high",
    "narrowest_canal_mm": "low",
    "middle_height_mm": "low",
    "height_index": "low",
}
#: So many percent of the discs lie beyond the end.
BEYOND_PERCENT: Final = 10.0


class UsualEnd(BaseModel):
    """The end of a usual range, and of how many discs."""

    model_config = ConfigDict(frozen=True)

    end: float
    discs: int


class UsualRanges(BaseModel):
    """Usual ranges and how they were made.

    Attributes:
        made_by: the command.
        model_version: whose outlines were measured.
        patients: how many had such discs.
        ends: by quantity and level.
    """

    model_config = ConfigDict(frozen=True)

    made_by: str
    model_version: str
    patients: int
    ends: dict[RangedName, dict[str, UsualEnd]]


def usual_ranges() -> UsualRanges:
    """The ranges that come with the code."""
    return UsualRanges.model_validate_json(USUAL_FILE.read_bytes())


def measured_of(quantities: DiscQuantities, level: str, usual: UsualRanges) -> list[RangedQuantity]:
    """The quantities of a disc that have a usual range, with it.

    The height index stands for the height where there are no millimetres.
    """
    known = {name: value for name in ENDS if (value := getattr(quantities, name)) is not None}
    if "middle_height_mm" in known:
        known.pop("height_index", None)
    return [
        RangedQuantity(
            name=name, value=value, **{f"usual_{ENDS[name]}": usual.ends[name][level].end}
        )
        for name, value in known.items()
        if level in usual.ends[name]
    ]
