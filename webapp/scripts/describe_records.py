"""Prints, as JSON, what the web app must not copy by hand: records, names and the api's calls."""

import json
from typing import Any, get_args

from pydantic.json_schema import models_json_schema

from discai import anatomy
from discai.records import annotations, filing, findings, places, slices, studies, worklist
from discai.records import models as model_records
from discai.records import scans as records
from discai.records.gradings import GRADING_NAMES, LabelledGradings
from discai.scan import archive, kinds
from functions.api.app import description

DOCUMENTS = (
    records.ScanRecord,
    records.Prediction,
    records.Label,
    annotations.Distance,
    records.Event,
    records.Reviewer,
    studies.StudyRecord,
    filing.FilingOrder,
    slices.Gather,
    model_records.ModelVersion,
    model_records.RetrainingRun,
    model_records.ProductionPointer,
    model_records.Reread,
    model_records.RetrainingControl,
)

#: Fields of answers that people give, which are missing where nobody has.
OF_PEOPLE = {
    "Label": {"gradings"},
    "LabelledBox": {"judged"},
    "LabelledGradings": set(LabelledGradings.model_fields),
    "StudyDisc": {"verdict"},
}


def untitled(definition: dict[str, Any]) -> dict[str, Any]:
    """The schema of a class; its fields lose their titles, as a titled field would be a type."""
    properties = definition.get("properties", {})
    for field in properties.values():
        field.pop("title", None)
    return definition


def as_stored(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """The schema of a class as documents hold it: `to_document` writes every field.

    Every one but people's answers where there are none: how a box was judged, which labels of
    earlier versions lack, gradings of a disc, and the verdict on a study's disc.
    """
    fields = untitled(definition).get("properties", {})
    unwritten = OF_PEOPLE.get(name, set())
    for field in unwritten:
        kinds = fields[field].get("anyOf", [fields[field]])
        fields[field] = next(kind for kind in kinds if kind.get("type") != "null")
    return {**definition, "required": [field for field in fields if field not in unwritten]}


def escaped(ranges: str) -> str:
    """Ranges of characters as a regular expression of JavaScript names them."""
    return "".join(each if each == "-" else f"\\u{{{ord(each):x}}}" for each in ranges)


def api() -> dict[str, Any]:
    """The api's OpenAPI document."""
    document = description()
    for definition in document["components"]["schemas"].values():
        untitled(definition)
    return document


def describe() -> dict[str, Any]:
    """JSON Schema of the documents; OpenAPI of the api; by module, constants by their name."""
    _, schema = models_json_schema([(document, "serialization") for document in DOCUMENTS])
    return {
        "documents": [document.__name__ for document in DOCUMENTS],
        "definitions": {name: as_stored(name, item) for name, item in schema["$defs"].items()},
        "api": api(),
        "anatomy": {
            "LEVELS": anatomy.LEVELS,
            "JUDGED": get_args(records.Judged),
            "GRADINGS": GRADING_NAMES,
            "SAME_DISC": records.SAME_DISC,
            "SAME_PLACE_MM": places.SAME_PLACE_MM,
            "DOUBTFUL": findings.DOUBTFUL,
        },
        "limits": {
            "LABEL_MAX_BOXES": records.LABEL_MAX_BOXES,
            "LABEL_MAX_BOXES_GRADED": records.LABEL_MAX_BOXES_GRADED,
            "LABEL_MAX_SLICES": records.LABEL_MAX_SLICES,
            "SCAN_MAX_BYTES": records.SCAN_MAX_BYTES,
            "ARCHIVE_MAX_FILES": archive.MAX_ENTRIES,
            "ARCHIVE_MAX_UNPACKED_BYTES": archive.MAX_UNPACKED_BYTES,
            "SMALLEST_SLICE": kinds.SMALLEST_SLICE,
        },
        "search-terms": {
            "SHORTEST_TERM": worklist.SHORTEST_TERM,
            "LONGEST_TERM": worklist.LONGEST_TERM,
            "IDEOGRAPHS": escaped(worklist.IDEOGRAPHS),
        },
    }


if __name__ == "__main__":
    print(json.dumps(describe()))
