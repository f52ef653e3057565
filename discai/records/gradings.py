"""Gradings of discs as reviewers give them, beside herniation; the model's are in `reading`."""

from typing import Any, Final, Literal, get_args

from pydantic import Field

from discai.records.record import Record

GradingName = Literal["pfirrmann", "narrowing", "bulging", "spondylolisthesis", "modic"]
GRADING_NAMES: Final[tuple[GradingName, ...]] = get_args(GradingName)


def _is_unsaid(value: Any) -> bool:
    return value is None


class LabelledGradings(Record):
    """One disc's gradings by a reviewer; None, and absent in documents, where nothing was said.

    What they mean is said where the model's are, in `discai.reading.Gradings`.
    """

    pfirrmann: int | None = Field(default=None, ge=1, le=5, exclude_if=_is_unsaid)
    narrowing: bool | None = Field(default=None, exclude_if=_is_unsaid)
    bulging: bool | None = Field(default=None, exclude_if=_is_unsaid)
    spondylolisthesis: bool | None = Field(default=None, exclude_if=_is_unsaid)
    modic: bool | None = Field(default=None, exclude_if=_is_unsaid)

    @property
    def are_said(self) -> bool:
        """True if anything was said."""
        return any(getattr(self, name) is not None for name in GRADING_NAMES)


#: A disc of which nobody said anything.
UNGRADED: Final = LabelledGradings()
