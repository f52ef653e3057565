"""Docstrings begin with a verb or a noun, and no word has to be learned that only this code has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.checkout import ROOT

CODE = (
    "benchmarks", "discai", "distribution", "docs", "functions", "inference_service",
    "infrastructure", "pipeline",
)  # fmt: skip
QUESTION = re.compile(r"(What|Whether|How|Who|Whoever|Whose|Which|Where|When|Why)\b")
#: Words that once had a meaning of their own here; `look` and `letter` are words of English, too.
COINED = re.compile(r"\b(_looks?|_LOOKS|anew|patiently|bury|shelf|crumbs?|stick|desk)\b")


def files() -> list[Path]:
    return [path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py"))]


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, documented) and (text := ast.get_docstring(node)):
            yield getattr(node, "lineno", 1), text


def questions_in(source: str) -> list[int]:
    return [line for line, text in docstrings(source) if QUESTION.match(text)]


def test_docstrings_begin_with_a_verb_or_a_noun() -> None:
    found = {str(path.relative_to(ROOT)): questions_in(path.read_text("utf-8")) for path in files()}
    assert not {path: lines for path, lines in found.items() if lines}


def test_no_coined_word_is_left() -> None:
    found = {
        str(path.relative_to(ROOT)): sorted(set(words))
        for path in files()
        if (words := COINED.findall(path.read_text("utf-8")))
    }
    assert not found


@pytest.mark.parametrize(
    ("source", "count"),
    [('"""What it is."""', 1), ('def f():\n    """Whether so."""', 1), ('"""A thing."""', 0)],
)
def test_a_question_is_noticed(source: str, count: int) -> None:
    assert len(questions_in(source)) == count
