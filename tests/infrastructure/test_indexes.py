"""Every query that the code makes of Firestore has its indexes: the emulator wouldn't miss them.

Queries are found in the source. Those that the worklist puts together from parts are held against
the indexes by webapp/src/cloud/rows.test.ts.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from discai.records.filing import FilingOrder
from discai.records.record import Record
from discai.records.scans import Box, Label, LabelledBox, Prediction, ScanRecord, Timings
from discai.records.slices import LooseSlice
from discai.records.studies import SeriesOfStudy, StudyRecord
from discai.records.study import SeriesFacts, StudyOfScan
from tests.support.checkout import ROOT
from tests.support.records import prediction_of, queued_scan

PYTHON = [
    path
    for package in ("discai", "functions", "inference_service", "pipeline")
    for path in sorted((ROOT / package).rglob("*.py"))
]
TYPESCRIPT = [
    path for path in sorted((ROOT / "webapp" / "src").rglob("*.ts*")) if ".test." not in path.name
]
PUT_TOGETHER = {"discai/cloud/firestore.py", "webapp/src/cloud/rows.ts"}

DIRECTIONS = {"asc": "ASCENDING", "desc": "DESCENDING"}
EQUALITIES = ("==", "in")


@dataclass(frozen=True)
class Query:
    """Filters as (field, operator) and orders as (field, direction) of one query."""

    where: str
    filters: tuple[tuple[str, str], ...]
    orders: tuple[tuple[str, str], ...]

    def indexes(self) -> list[list[tuple[str, str]]]:
        """The composite indexes that it needs; Firestore merges those of single equalities.

        See https://firebase.google.com/docs/firestore/query-data/index-overview.
        """
        order = self.orders or tuple(
            (field, "ASCENDING") for field, operator in self.filters if operator not in EQUALITIES
        )
        same = [
            (field, "CONTAINS" if operator == "array-contains" else "ASCENDING")
            for field, operator in self.filters
            if operator in (*EQUALITIES, "array-contains")
        ]
        ordered = [(field, direction) for field, direction in order if field != "__name__"]
        if not ordered or (len(ordered) == 1 and not same):
            return []
        return [[first, *ordered] for first in same] or [ordered]


def committed() -> list[tuple[str, list[tuple[str, str]]]]:
    """Collection and fields of each index of the file."""
    file = ROOT / "infrastructure" / "firestore.indexes.json"
    return [
        (
            index["collectionGroup"],
            [(f["fieldPath"], f.get("order") or f["arrayConfig"]) for f in index["fields"]],
        )
        for index in json.loads(file.read_text(encoding="utf-8"))["indexes"]
    ]


def queries_of_python(path: Path) -> Iterator[Query]:
    """One for each function that filters or orders, in however many statements."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        filters: list[tuple[str, str]] = []
        orders: list[tuple[str, str]] = []
        for call in ast.walk(function):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            texts = [str(a.value) for a in call.args if isinstance(a, ast.Constant)]
            options = {each.arg: ast.unparse(each.value) for each in call.keywords}
            if name == "Where":
                filters.append((texts[0], texts[1]))
            elif name == "Query" and "order_by" in options:
                field = str(ast.literal_eval(options["order_by"]))
                down = options.get("descending") == "True"
                orders.append((field, "DESCENDING" if down else "ASCENDING"))
        if filters or orders:
            where = f"{path.relative_to(ROOT)}:{function.lineno}"
            yield Query(where, tuple(filters), tuple(orders))


def queries_of_typescript(path: Path) -> Iterator[Query]:
    """One for each call of `query(`."""
    text = path.read_text(encoding="utf-8")
    for start in re.finditer(r"\bquery\(", text):
        call = argument_list(text, start.end())
        filters = re.findall(r'\bwhere\(\s*"([^"]+)",\s*"([^"]+)"', call)
        orders = re.findall(r'\borderBy\(\s*(?:"([^"]+)"|documentId\(\))(?:,\s*"(\w+)")?', call)
        named = [(field or "__name__", DIRECTIONS[way or "asc"]) for field, way in orders]
        line = text.count("\n", 0, start.start()) + 1
        yield Query(f"{path.relative_to(ROOT)}:{line}", tuple(filters), tuple(named))


def argument_list(text: str, start: int) -> str:
    """What lies between an open bracket and its counterpart."""
    depth = 1
    for end in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return text[start:end]
    raise ValueError("an open bracket has no counterpart")


def all_queries() -> list[Query]:
    python = [
        query
        for path in PYTHON
        if str(path.relative_to(ROOT)) not in PUT_TOGETHER
        for query in queries_of_python(path)
    ]
    typescript = [
        query
        for path in TYPESCRIPT
        if str(path.relative_to(ROOT)) not in PUT_TOGETHER
        for query in queries_of_typescript(path)
    ]
    return python + typescript


def test_a_query_over_the_collections_of_all_scans_has_its_index():
    overrides = json.loads((ROOT / "infrastructure" / "firestore.indexes.json").read_text())
    everywhere = {
        (field["collectionGroup"], field["fieldPath"], index["order"])
        for field in overrides["fieldOverrides"]
        for index in field["indexes"]
        if index["queryScope"] == "COLLECTION_GROUP"
    }
    asked = [path for path in PYTHON if "everywhere=True" in path.read_text(encoding="utf-8")]
    assert [path.name for path in asked] == ["labels.py"]
    assert everywhere == {("labels", "createdAt", "ASCENDING")}


def test_the_queries_are_found():
    found = {query.where.split(":")[0] for query in all_queries()}
    assert {"discai/cloud/retraining.py", "webapp/src/cloud/models.ts"} <= found
    newest = (("status", "=="),), (("createdAt", "DESCENDING"),)
    assert newest in [(query.filters, query.orders) for query in all_queries()]


@pytest.mark.parametrize("query", all_queries(), ids=lambda query: query.where)
def test_a_query_has_its_indexes(query):
    indexes = [fields for _, fields in committed()]
    for needed in query.indexes():
        assert needed in indexes, f"{query.where} needs an index of {needed}"


def unindexed() -> dict[str, list[str]]:
    """Fields that the file takes out of all indexes, by collection."""
    file = ROOT / "infrastructure" / "firestore.indexes.json"
    found: dict[str, list[str]] = {}
    for field in json.loads(file.read_text(encoding="utf-8"))["fieldOverrides"]:
        if not field["indexes"]:
            found.setdefault(field["collectionGroup"], []).append(field["fieldPath"])
    return found


def asked_for() -> set[str]:
    """Every field by which some query filters or orders."""
    rows = (ROOT / "webapp" / "src" / "cloud" / "rows.ts").read_text(encoding="utf-8")
    composite = {name for _, fields in committed() for name, _ in fields}
    parts = {name for query in all_queries() for name, _ in (*query.filters, *query.orders)}
    return parts | composite | set(re.findall(r'"(\w+(?:\.\w+)*)"', rows))


def test_no_query_asks_for_a_field_that_is_not_indexed():
    everything, of_scans_only = asked_for(), {"object.name", "object.size"}
    for collection, fields in unindexed().items():
        asked = everything - (of_scans_only if collection != "scans" else set())
        for field in fields:
            below = [name for name in asked if name == field or name.startswith(f"{field}.")]
            assert not below, f"{collection} {field}"


#: What lies in each collection whose large fields are not indexed.
RECORDS: dict[str, type[Record]] = {
    "filing": FilingOrder,
    "labels": Label,
    "predictions": Prediction,
    "scans": ScanRecord,
    "slices": LooseSlice,
    "studies": StudyRecord,
}


def test_fields_that_are_not_indexed_are_those_of_records():
    assert unindexed().keys() == RECORDS.keys()
    for collection, fields in unindexed().items():
        known = {to_camel(name) for name in RECORDS[collection].model_fields}
        assert {field.partition(".")[0] for field in fields} <= known
    assert "discs" in unindexed()["predictions"]


def entries(document: dict[str, Any], left_out: list[str], above: str = "") -> int:
    """Index entries of a document: two of a value, one of each element of a list.

    See https://firebase.google.com/docs/firestore/query-data/index-overview.
    """
    count = 0
    for name, value in document.items():
        path = f"{above}{name}"
        if path in left_out:
            continue
        if isinstance(value, dict):
            count += entries(value, left_out, f"{path}.")
        else:
            count += len(value) if isinstance(value, list) else 2
    return count


def test_large_maps_cost_no_index_entries():
    box = Box(x=1, y=2, width=3, height=4)
    boxes = {str(number): box for number in range(9)}
    reading = prediction_of("m1")
    disc = reading.discs[0].model_copy(update={"boxes": boxes})
    seconds = dict.fromkeys(("read", "segment", "name", "measure", "classify", "draw"), 0.1)
    of_one_scan: list[tuple[str, Record]] = [
        ("scans", read_scan()),
        ("predictions", reading.model_copy(update={"discs": [disc] * 7, "seconds": seconds})),
        ("labels", corrected(range(9))),
        ("studies", study_of(4)),
    ]
    before = sum(entries(record.to_document(), []) for _, record in of_one_scan)
    after = sum(entries(record.to_document(), unindexed()[name]) for name, record in of_one_scan)
    assert after < 100 < 300 < before


@pytest.mark.parametrize(
    ("filters", "orders", "indexes"),
    [
        ([("a", ">")], [], []),
        ([("a", "==")], [], []),
        ([("a", "=="), ("b", "==")], [], []),
        ([], [("a", "DESCENDING")], []),
        ([("a", "==")], [("__name__", "ASCENDING")], []),
        ([("a", "==")], [("b", "DESCENDING")], [[("a", "ASCENDING"), ("b", "DESCENDING")]]),
        ([("a", "=="), ("b", ">")], [], [[("a", "ASCENDING"), ("b", "ASCENDING")]]),
        (
            [("a", "array-contains"), ("b", "==")],
            [("c", "ASCENDING")],
            [
                [("a", "CONTAINS"), ("c", "ASCENDING")],
                [("b", "ASCENDING"), ("c", "ASCENDING")],
            ],
        ),
        (
            [],
            [("a", "ASCENDING"), ("b", "ASCENDING")],
            [[("a", "ASCENDING"), ("b", "ASCENDING")]],
        ),
    ],
)
def test_which_indexes_a_query_needs(filters, orders, indexes):
    assert Query("", tuple(filters), tuple(orders)).indexes() == indexes


def read_scan() -> ScanRecord:
    """A scan that was read."""
    scan = queued_scan()
    times = Timings.model_validate(dict.fromkeys(Timings.model_fields, scan.created_at))
    study = StudyOfScan(study_key="a" * 26, series=SeriesFacts(number=1, digest="0" * 32))
    changes = {"timings": times, "study": study, "removed_tags": ["PatientName"] * 20}
    return scan.model_copy(update=changes)


def corrected(slices: range) -> Label:
    """A correction of that many slices, seven boxes on each."""
    box = LabelledBox(x=1, y=2, width=3, height=4, level="L5-S1", herniation=True)
    return Label(
        kind="correction",
        slices={str(number): [box] * 7 for number in slices},
        author="uid",
        author_email="reviewer@example.org",
        created_at=queued_scan().created_at,
        model_version="m1",
    )


def study_of(series: int) -> StudyRecord:
    """A study with that many series."""
    now = queued_scan().created_at
    one = SeriesOfStudy(number=1, digest="0" * 32, status="done", created_at=now)
    return StudyRecord(
        created_at=now,
        updated_at=now,
        series={f"{number}": one for number in range(series)},
        left_out=[],
        discs=[],
        warnings=[],
    )
