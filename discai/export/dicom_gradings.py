"""Gradings of discs in a structured report: the model's and their probabilities, reviewers'."""

from typing import Final

from highdicom import sr
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from discai.export.answer import Answer
from discai.export.codes import (
    ABSENT,
    GRADING_ANSWERS,
    GRADING_PROBABILITIES,
    GRADING_VERDICTS,
    PFIRRMANN_GRADES,
    PRESENT,
)
from discai.reading import DiscReading
from discai.records.gradings import GRADING_NAMES, GradingName

_PROBABILITY_DIGITS: Final = 4


def probability(name: Code, value: float) -> sr.Measurement:
    """A probability, 0 to 1, as it is written in reports."""
    rounded = round(float(value), _PROBABILITY_DIGITS)
    return sr.Measurement(name=name, value=rounded, unit=codes.UCUM.NoUnits)


def grading_probabilities(disc: DiscReading) -> list[sr.Measurement]:
    """Probabilities of findings that a disc has or not; none where the model gives no gradings."""
    if disc.gradings is None:
        return []
    return [
        probability(code, getattr(disc.gradings, name).probability)
        for name, code in GRADING_PROBABILITIES.items()
    ]


def models_gradings(disc: DiscReading) -> list[sr.QualitativeEvaluation]:
    """The model's answers; none where it gives no gradings."""
    gradings = disc.gradings
    if gradings is None:
        return []
    return [
        sr.QualitativeEvaluation(
            GRADING_ANSWERS[name],
            _answer(
                name,
                gradings.pfirrmann.grade
                if name == "pfirrmann"
                else getattr(gradings, name).present,
            ),
        )
        for name in GRADING_NAMES
    ]


def reviewers_gradings(answer: Answer, level: str) -> list[sr.QualitativeEvaluation]:
    """Reviewers' answers about a disc beside herniation."""
    own = next((each for graded, each in answer.graded.items() if graded == level), None)
    said = ((name, getattr(own, name, None)) for name in GRADING_NAMES)
    return [
        sr.QualitativeEvaluation(GRADING_VERDICTS[name], _answer(name, given))
        for name, given in said
        if given is not None
    ]


def _answer(name: GradingName, given: int | bool) -> Code:
    if name == "pfirrmann":
        return PFIRRMANN_GRADES[given]
    return PRESENT if given else ABSENT
