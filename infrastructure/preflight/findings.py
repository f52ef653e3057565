"""Findings: sentences about each thing that a deployment needs."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """Answer to the question if a thing is as it must be."""

    GOOD = "ok"
    UNKNOWN = "?"
    BAD = "NO"


@dataclass(frozen=True)
class Finding:
    """Sentence about one thing, with what to do or to ask for where it is not good."""

    verdict: Verdict
    sentence: str
    advice: str = ""


def good(sentence: str) -> Finding:
    """Something that is as it must be."""
    return Finding(Verdict.GOOD, sentence)


def unknown(sentence: str, advice: str = "") -> Finding:
    """Something that could not be found out, or that may matter one day."""
    return Finding(Verdict.UNKNOWN, sentence, advice)


def bad(sentence: str, advice: str) -> Finding:
    """Something at which a deployment would stop."""
    return Finding(Verdict.BAD, sentence, advice)
