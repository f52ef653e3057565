"""`Answer`: what a result is made of, beside the headers of its source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from discai.anatomy import CANAL, FIRST_DISC, Level
from discai.export.uids import ResultUids
from discai.reading import Reading
from discai.records.gradings import LabelledGradings
from discai.scan import Scan

#: Who made a result, by its header.
MAKER: Final = "DiscAI"


@dataclass(frozen=True)
class ReviewersVerdict:
    """The answers of reviewers that count, without their names.

    Attributes:
        label: id of the newest label that they come from.
        herniated: of each disc that a person judged.
        given_at: when that label was saved.
        gradings: those that people gave, by level.
    """

    label: str
    herniated: Mapping[Level, bool]
    given_at: datetime
    gradings: Mapping[Level, LabelledGradings] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """Answer of a model, and perhaps of a reviewer, about a scan.

    Attributes:
        herniation_threshold: the model's own; a disc is herniated from this probability on.
        made_at: date and time of the model's answer, which the results carry that follow from the
            model alone.
        predecessor: the report that a new one takes the place of.
    """

    scan: Scan
    reading: Reading
    herniation_threshold: float
    made_at: datetime
    verdict: ReviewersVerdict | None = None
    predecessor: ResultUids | None = None

    @property
    def said_at(self) -> datetime:
        """Date and time of the newest of what is said: the verdict's, or else the model's."""
        return self.verdict.given_at if self.verdict else self.made_at

    @property
    def judged(self) -> Mapping[Level, bool]:
        """Herniated or not, of each disc that a reviewer has judged."""
        return self.verdict.herniated if self.verdict else {}

    @property
    def graded(self) -> Mapping[Level, LabelledGradings]:
        """Gradings that reviewers gave, by level."""
        return self.verdict.gradings if self.verdict else {}

    @property
    def key(self) -> tuple[str, str]:
        """The words that another model or verdict would change."""
        return self.reading.model_version, self.verdict.label if self.verdict else ""

    @property
    def mask(self) -> NDArray[np.uint8]:
        """The segmentation on the file's own grid, values as in `discai.anatomy`."""
        stored: NDArray[np.uint8] = self.scan.to_stored(self.reading.segmentation).astype(np.uint8)
        return stored

    @property
    def structures(self) -> list[int]:
        """The mask's values: discs, then vertebrae, both from the head down, then the canal."""
        found = np.unique(self.reading.segmentation)
        values = sorted((int(value) for value in found if value), reverse=True)
        return sorted(values, key=lambda value: (value < FIRST_DISC, value == CANAL))
