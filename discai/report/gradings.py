"""Gradings of a disc in words: what a reviewer said, and what else the model finds."""

from collections.abc import Mapping, Sequence
from typing import Any

from discai.reading import Gradings
from discai.records.gradings import GRADING_NAMES, GradingName, LabelledGradings

_Said = tuple[GradingName, str]


def reviewers_gradings(words: Mapping[str, Any], own: LabelledGradings) -> str:
    """A sentence of all that a reviewer said, also of what a disc has not; empty without any."""
    said: list[_Said] = []
    for name in GRADING_NAMES:
        answer = getattr(own, name)
        if answer is not None:
            said.append((name, _in_words(words, name, answer)))
    return _sentence(words, words["reviewer"], said)


def models_gradings(
    words: Mapping[str, Any], gradings: Gradings | None, own: LabelledGradings
) -> str:
    """A sentence of what the model finds and no reviewer has graded; empty if that is nothing."""
    if gradings is None:
        return ""
    said: list[_Said] = []
    for name in GRADING_NAMES:
        if getattr(own, name) is not None:
            continue
        if name == "pfirrmann":
            said.append((name, _in_words(words, name, gradings.pfirrmann.grade)))
        elif getattr(gradings, name).present:
            said.append((name, _in_words(words, name, True)))
    return _sentence(words, words["model"], said)


def _in_words(words: Mapping[str, Any], name: GradingName, answer: int | bool) -> str:
    if name == "pfirrmann":
        return str(words["pfirrmann"].format(grade=answer))
    return str(words["yes" if answer else "no"][name])


def _sentence(words: Mapping[str, Any], form: str, said: Sequence[_Said]) -> str:
    """Joins what is said; Modic changes are of the endplates and stand apart."""
    joined = ""
    for name, each in said:
        between = words["before_modic" if name == "modic" else "between"]
        joined += (between if joined else "") + each
    return form.format(gradings=joined) if joined else ""
