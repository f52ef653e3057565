"""One answer a disc of a study, of all that its series say: decided here and nowhere else.

- Discs of two series that know patient coordinates of one frame of reference are matched by their
  place, and named as `discai.records.places` says; all others are matched by their names.
- The probability is that of the mean logit of the series that show the disc, so that of one series
  is that series' own. The rule was chosen out of fold on patients with T1 and T2: see
  `docs/decisions/0017-one-answer-a-disc.md`, and `docs/model/README.md` for what it is worth.
- A sequence that the model wasn't measured on (STIR, PD, others) counts only where nothing else
  shows the disc. What it says stands beside the answer all the same.
- Series disagree about a disc where one calls it herniated and another doesn't.

`discai predict` asks this module for `study.json`, and the cloud for `studies/{studyKey}`.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from discai.anatomy import LEVELS_FROM_SACRUM
from discai.records.findings import is_doubtful, is_herniated
from discai.records.places import ReadSeries, SeenDisc, in_a_row, match
from discai.records.study import Sequence as SequenceName
from discai.records.study import StudyDisc

#: Sequences on which the probabilities, and this rule, were measured. Files that don't say their
#: sequence are taken for one of them: pictures and volumes that people upload mostly are.
MEASURED: Final[Collection[SequenceName | None]] = ("T1", "T2", None)

#: A probability as it is written may be 0 or 1 where the last of its digits was rounded.
_DIGITS: Final = 4
_NEAREST_TO_CERTAIN: Final = 0.5 * 10**-_DIGITS


@dataclass(frozen=True)
class StudyAnswer:
    """All that a study says about its discs.

    Attributes:
        discs: from the head down.
        warnings: sentences for a person that no single series can give.
    """

    discs: list[StudyDisc]
    warnings: list[str]


def combine(series: Iterable[ReadSeries]) -> StudyAnswer:
    """Joins what the series of one study say; their order changes nothing.

    A series that failed says nothing and is no part of it; a level that one series alone shows has
    that series' answer.
    """
    ordered = sorted(series, key=lambda each: (each.number, each.name))
    matched = match(ordered)
    discs, doubted = [], []
    for level in reversed(LEVELS_FROM_SACRUM):
        seen = {
            each: matched.discs[each.name][level]
            for each in ordered
            if level in matched.discs[each.name]
        }
        if seen:
            discs.append(_disc(level, seen))
            if _is_strong(seen):
                doubted.append(level)
    warnings = list(matched.warnings)
    if doubted:
        warnings.append(f"The series disagree about herniation at {in_a_row(doubted)}.")
    return StudyAnswer(discs, warnings)


def combined(said: Sequence[tuple[SequenceName | None, float]]) -> float:
    """The probability of a disc from those of its series, each with its sequence."""
    measured = [probability for sequence, probability in said if sequence in MEASURED]
    counted = measured or [probability for _, probability in said]
    if len(counted) == 1:
        return counted[0]
    mean = math.fsum(map(_logit, counted)) / len(counted)
    return round(1 / (1 + math.exp(-mean)), _DIGITS)


def _disc(level: str, seen: Mapping[ReadSeries, SeenDisc]) -> StudyDisc:
    sentences = [
        f"It is {disc.level} by {each.label}." for each, disc in seen.items() if disc.level != level
    ]
    if len(_answers(seen)) > 1:
        said = [f"{disc.herniation:.0%} by {each.label}" for each, disc in seen.items()]
        sentences.append(f"The series disagree about herniation: {in_a_row(said)}.")
    return StudyDisc(
        level=level,
        herniation=combined([(each.sequence, disc.herniation) for each, disc in seen.items()]),
        per_series={each.name: disc.herniation for each, disc in seen.items()},
        disagreement=" ".join(sentences) or None,
    )


def _answers(seen: Mapping[ReadSeries, SeenDisc]) -> set[bool]:
    return {is_herniated(disc.herniation, each.threshold) for each, disc in seen.items()}


def _is_strong(seen: Mapping[ReadSeries, SeenDisc]) -> bool:
    """Tell if the series' answers differ, and one of them is sure of its own."""
    doubtful = [is_doubtful(disc.herniation, each.threshold) for each, disc in seen.items()]
    return len(_answers(seen)) > 1 and not all(doubtful)


def _logit(probability: float) -> float:
    kept = min(max(probability, _NEAREST_TO_CERTAIN), 1 - _NEAREST_TO_CERTAIN)
    return math.log(kept / (1 - kept))
