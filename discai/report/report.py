"""Writes the report of a scan from what a model read and what reviewers said of it.

Sentences that no person has confirmed are marked; all words stand in `report.en.toml`.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from discai.anatomy import LEVELS, Level
from discai.reading import Gradings, LateralCurve, WholeDiscQuantities
from discai.records.findings import is_doubtful, is_herniated
from discai.records.gradings import LabelledGradings
from discai.report.gradings import models_gradings, reviewers_gradings

WORDS_FILE: Final = Path(__file__).with_name("report.en.toml")
#: A shorter reach behind the back walls is not worth a sentence: outlines are no more exact.
LEAST_BULGE_MM: Final = 1.0
RESEARCH_USE: Final = "Research use only. Not a medical device."

By = Literal["reviewer", "model"]


class ReadDisc(Protocol):
    """Disc of a prediction or of a reading."""

    @property
    def level(self) -> str:
        """As in `discai.anatomy.LEVELS_FROM_SACRUM`."""

    @property
    def herniation(self) -> float:
        """Probability, 0 to 1."""

    @property
    def quantities(self) -> WholeDiscQuantities | None:
        """None where nobody measured any."""

    @property
    def gradings(self) -> Gradings | None:
        """None where the model gives none."""


class ReadSpine(Protocol):
    """Prediction or reading."""

    @property
    def model_version(self) -> str:
        """Such as `2026-11-30`."""

    @property
    def discs(self) -> Sequence[ReadDisc]:
        """Lumbar discs."""

    @property
    def warnings(self) -> Sequence[str]:
        """Sentences of the model."""

    @property
    def lordosis_deg(self) -> float | None:
        """None where it can't be measured."""

    @property
    def lateral_curve(self) -> LateralCurve | None:
        """None where it can't be measured."""


@dataclass(frozen=True)
class Line:
    """One line of a report.

    Attributes:
        by: whose word it is; a model's is marked until a reviewer has judged the disc, or graded
            it.
        level: None for what is said of the whole spine.
    """

    text: str
    by: By
    level: Level | None = None


@dataclass(frozen=True)
class Report:
    """A report, from the head down.

    Attributes:
        findings: of each disc, then of the spine.
        remarks: warnings of the model, and whose outlines were measured.
    """

    findings: Sequence[Line]
    remarks: Sequence[str]

    @property
    def text(self) -> str:
        """Everything, for a clipboard or a file."""
        return "\n".join([*(line.text for line in self.findings), *self.remarks])


def write_report(
    read: ReadSpine,
    threshold: float,
    judged: Mapping[Level, bool],
    graded: Mapping[Level, LabelledGradings],
    words_file: Path = WORDS_FILE,
) -> Report:
    """The report of a scan.

    Args:
        threshold: the model's own, from which on a disc is herniated.
        judged: herniated or not, of each disc that a reviewer has judged.
        graded: gradings that reviewers gave.
    """
    words = _words(words_file)
    found = {disc.level: disc for disc in read.discs}
    findings = [
        line
        for level in LEVELS
        for line in _of_disc(words, level, found.get(level), threshold, judged, graded)
    ]
    findings += [Line(text, "model") for text in _of_spine(words, read)]
    said = words["remarks"]
    warnings = [said["warning"].format(warning=warning) for warning in read.warnings]
    return Report(findings, [*warnings, said["measures"].format(model=read.model_version)])


def _of_disc(
    words: Mapping[str, Any],
    level: Level,
    disc: ReadDisc | None,
    threshold: float,
    judged: Mapping[Level, bool],
    graded: Mapping[Level, LabelledGradings],
) -> Iterable[Line]:
    """The disc's line, and another one for gradings that are somebody else's word."""
    if level in judged:
        said = words["herniation"]["reviewer"]["yes" if judged[level] else "no"]
        by: By = "reviewer"
        sentence = said.format(level=level)
    else:
        by = "model"
        sentence = _by_model(words["herniation"]["model"], level, disc, threshold)
    own = graded.get(level, LabelledGradings())
    gradings: dict[By, str] = {
        "reviewer": reviewers_gradings(words["gradings"], own),
        "model": models_gradings(words["gradings"], disc.gradings if disc else None, own),
    }
    sentences = [sentence]
    if said := gradings.pop(by):
        sentences.append(said[0].upper() + said[1:])
    sentences += _measures(words, level, disc.quantities) if disc and disc.quantities else []
    yield _line(words, words["measures"]["between"].join(sentences), by, level)
    for other, said in gradings.items():
        if said:
            alone = words["gradings"]["alone"].format(level=level, sentence=said)
            yield _line(words, alone, other, level)


def _line(words: Mapping[str, Any], text: str, by: By, level: Level) -> Line:
    """A line that is marked where no person has said it."""
    if by == "model":
        text = words["herniation"]["unconfirmed"].format(sentence=text)
    return Line(text, by, level)


def _by_model(
    words: Mapping[str, str], level: Level, disc: ReadDisc | None, threshold: float
) -> str:
    if disc is None:
        return words["not_found"].format(level=level)
    answer = "yes" if is_herniated(disc.herniation, threshold) else "no"
    doubtful = "_doubtful" if is_doubtful(disc.herniation, threshold) else ""
    return words[answer + doubtful].format(level=level, percent=f"{100 * disc.herniation:.0f}")


def _measures(
    words: Mapping[str, Any], level: Level, measured: WholeDiscQuantities
) -> Iterable[str]:
    """Sentences about what is worth one; heights always."""
    said = words["measures"]
    bulge = measured.bulge_mm
    if bulge is not None and bulge >= LEAST_BULGE_MM:
        side = measured.bulge_side and words["sides"][measured.bulge_side]
        yield said["bulge_on_side" if side else "bulge"].format(mm=f"{bulge:.1f}", side=side)
        if measured.narrowest_canal_mm is not None:
            yield said["canal"].format(mm=f"{measured.narrowest_canal_mm:.1f}")
    heights = {
        "anterior": measured.anterior_height_mm,
        "middle": measured.middle_height_mm,
        "posterior": measured.posterior_height_mm,
    }
    if None not in heights.values():
        yield said["height"].format(**{name: f"{mm:.1f}" for name, mm in heights.items()})
    if measured.meyerding_grade:
        upper, lower = level.split("-")
        kind = "slip_forward" if measured.slip_mm is not None else "slip_forward_ratio"
        yield said[kind].format(
            upper=upper,
            lower=lower,
            mm=f"{measured.slip_mm or 0:.1f}",
            percent=f"{measured.slip_percent or 0:.0f}",
            grade=measured.meyerding_grade,
        )


def _of_spine(words: Mapping[str, Any], read: ReadSpine) -> Iterable[str]:
    said = words["spine"]
    if read.lordosis_deg is not None:
        yield said["lordosis"].format(degrees=f"{read.lordosis_deg:.0f}")
    curve = read.lateral_curve
    if curve and curve.suggests_scoliosis:
        kind = "scoliosis_on_side" if curve.side else "scoliosis"
        yield said[kind].format(side=curve.side, level=curve.level, degrees=f"{curve.arc_deg:.0f}")


@cache
def _words(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
