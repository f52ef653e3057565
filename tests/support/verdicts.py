"""Cases of which label counts, as Python and the web app both read them."""

import json
from pathlib import Path
from typing import Any

from discai.records.scans import Label

_CASES = Path(__file__).parent / "vectors" / "verdicts.json"

#: What counts by the name of each case, in the words of `verdicts.json`; None where nothing does.
COUNTS: dict[str, dict[str, Any] | None] = {}
_LABELS: dict[str, dict[str, Any]] = {}
for _case in json.loads(_CASES.read_text(encoding="utf-8")):
    COUNTS[_case["case"]] = _case["counts"]
    _LABELS[_case["case"]] = _case["labels"]


def labels_of(case: str) -> dict[str, Label]:
    """The labels of a case by their ids."""
    return {key: Label.from_document(label) for key, label in _LABELS[case].items()}
