"""The contract of a database, kept by Firestore's emulator and by the one in memory alike."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from discai.cloud import paths
from discai.cloud.database import (
    Absent,
    ConflictError,
    Create,
    Database,
    Delete,
    Fields,
    Put,
    Query,
    Update,
    Where,
)

ONE, OTHER = "cases/one", "cases/other"


def test_a_document_that_is_not_there_has_neither_fields_nor_a_version(database: Database):
    found = database.get(ONE)
    assert (found.id, found.fields, found.version) == ("one", None, None)


def test_a_document_comes_back_as_it_was_written(database: Database):
    fields = {
        "at": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        "count": 3,
        "share": 0.25,
        "known": True,
        "nothing": None,
        "names": ["a", "b"],
        "boxes": {"1": {"x": 1.0}},
    }
    [version] = database.commit([Create(ONE, fields)])
    found = database.get(ONE)
    assert (found.fields, found.version) == (fields, version)
    assert database.get(ONE, timeout_seconds=5) == found


def test_what_is_read_or_was_written_is_the_callers_own(database: Database):
    fields: Fields = {"names": ["a"]}
    database.commit([Create(ONE, fields)])
    fields["names"].append("b")
    read = database.get(ONE).fields
    assert read
    read["names"].append("c")
    assert database.get(ONE).fields == {"names": ["a"]}


def test_a_document_is_created_once(database: Database):
    database.commit([Create(ONE, {"n": 1})])
    with pytest.raises(ConflictError):
        database.commit([Create(ONE, {"n": 2})])
    assert database.get(ONE).fields == {"n": 1}


def test_of_many_who_create_a_document_in_the_same_moment_one_does(database: Database):
    barrier = threading.Barrier(6)

    def create(number: int) -> bool:
        barrier.wait()
        try:
            database.commit([Create(ONE, {"n": number})])
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        created = list(pool.map(create, range(6)))
    assert created.count(True) == 1
    assert database.get(ONE).fields == {"n": created.index(True)}


def test_a_query_finds_documents_at_the_versions_that_they_have_by_themselves(database: Database):
    [version] = database.commit([Put(ONE, {"n": 1})])
    [found] = database.find(Query("cases"))
    assert found.version == database.get(ONE).version == version
    assert isinstance(found.version, datetime)
    database.commit([Update(ONE, {"n": 2}, found.version)])
    assert database.get(ONE).fields == {"n": 2}


def test_a_query_goes_on_behind_a_document_by_paths(database: Database):
    paths_of_all = [f"cases/{case}/notes/{note}" for case in "ab" for note in "cd"]
    database.commit([Put(path, {"n": 1}) for path in (*paths_of_all, "cases/a/others/e")])
    seen, after = [], ""
    while page := database.find(Query("notes", limit=3, everywhere=True, after=after)):
        seen += [found.path for found in page]
        after = page[-1].path
    assert seen == paths_of_all


def test_a_query_finds_the_documents_of_every_collection_of_a_name(database: Database):
    zero, one, two = "labels/0", paths.label("b", "1"), paths.label("a", "2")
    others = (paths.event("a", "3"), paths.scan("a"))
    for number, path in enumerate((zero, one, two, *others)):
        database.commit([Put(path, {"n": number})])
    everywhere = Query("labels", everywhere=True, order_by="n")
    assert [found.path for found in database.find(everywhere)] == [zero, one, two]
    newer = Query("labels", Where("n", ">", 0), order_by="n", limit=1, everywhere=True)
    assert [found.path for found in database.find(newer)] == [one]
    assert database.count(Query("labels", everywhere=True)).count == 3


def test_putting_replaces_the_whole_document(database: Database):
    database.commit([Put(ONE, {"a": 1, "b": 2})])
    database.commit([Put(ONE, {"a": 3})])
    assert database.get(ONE).fields == {"a": 3}


def test_updating_replaces_the_fields_that_it_names_and_nothing_in_them_survives(
    database: Database,
):
    [first] = database.commit([Create(ONE, {"a": {"x": 1, "y": 2}, "b": 2})])
    [second] = database.commit([Update(ONE, {"a": {"x": 3}, "c": None}, first)])
    found = database.get(ONE)
    assert found.fields == {"a": {"x": 3}, "b": 2, "c": None}
    assert found.version == second > first


def test_an_update_of_what_has_changed_meanwhile_or_is_gone_conflicts(database: Database):
    [first] = database.commit([Create(ONE, {"n": 1})])
    [second] = database.commit([Update(ONE, {"n": 2}, first)])
    with pytest.raises(ConflictError):
        database.commit([Update(ONE, {"n": 3}, first)])
    assert database.get(ONE).fields == {"n": 2}
    database.commit([Delete(ONE)])
    with pytest.raises(ConflictError):
        database.commit([Update(ONE, {"n": 3}, second)])
    assert database.get(ONE).fields is None


def test_of_many_who_update_what_they_saw_in_the_same_moment_one_does(database: Database):
    [version] = database.commit([Create(ONE, {"n": 0})])
    barrier = threading.Barrier(6)

    def update(number: int) -> bool:
        barrier.wait()
        try:
            database.commit([Update(ONE, {"n": number}, version)])
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        updated = list(pool.map(update, range(1, 7)))
    assert updated.count(True) == 1
    assert database.get(ONE).fields == {"n": updated.index(True) + 1}


def test_a_write_that_changes_nothing_leaves_the_version(database: Database):
    [version] = database.commit([Create(ONE, {"n": 1})])
    assert database.commit([Update(ONE, {"n": 1}, version)]) == [version]
    assert database.commit([Put(ONE, {"n": 1})]) == [version]
    assert database.get(ONE).version == version


def test_an_update_names_at_least_one_field(database: Database):
    [version] = database.commit([Create(ONE, {"n": 1})])
    with pytest.raises(ValueError, match="empty"):
        database.commit([Update(ONE, {}, version)])


def test_deleting_is_on_condition_of_a_version_or_of_nothing(database: Database):
    [first] = database.commit([Create(ONE, {"n": 1})])
    [second] = database.commit([Update(ONE, {"n": 2}, first)])
    with pytest.raises(ConflictError):
        database.commit([Delete(ONE, first)])
    assert database.get(ONE).fields == {"n": 2}
    database.commit([Delete(ONE, second)])
    assert database.get(ONE).fields is None
    with pytest.raises(ConflictError):
        database.commit([Delete(ONE, second)])
    database.commit([Delete(ONE)])


@pytest.mark.parametrize("first", [True, False])
def test_of_several_writes_all_are_made_or_none(database: Database, first):
    database.commit([Create(OTHER, {"n": 1})])
    writes = [Create(ONE, {"n": 1}), Create(OTHER, {"n": 2})]
    with pytest.raises(ConflictError):
        database.commit(writes if first else writes[::-1])
    assert database.get(ONE).fields is None
    assert database.get(OTHER).fields == {"n": 1}


def test_the_absence_of_a_document_can_be_a_condition(database: Database):
    database.commit([Absent(OTHER), Create(ONE, {"n": 1})])
    assert database.get(OTHER).fields is None
    database.commit([Put(OTHER, {"n": 1})])
    with pytest.raises(ConflictError):
        database.commit([Absent(OTHER), Put(ONE, {"n": 2})])
    assert database.get(ONE).fields == {"n": 1}
    assert database.get(OTHER).fields == {"n": 1}


def test_a_commit_gives_a_version_for_each_write(database: Database):
    [version] = database.commit([Create(ONE, {"n": 1})])
    versions = database.commit([Delete(ONE, version), Put(OTHER, {"n": 1}), Absent("nothing/1")])
    assert len(versions) == 3
    assert versions[1] == database.get(OTHER).version
    assert min(versions) > version


MOMENTS = [datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2, 3)]


@pytest.fixture
def labelled(database: Database) -> Database:
    """Three cases with moments of their labels, one without a label, one without the field."""
    for name, at in zip(("c", "a", "b"), MOMENTS, strict=True):
        database.commit([Put(f"cases/{name}", {"at": at, "status": "done"})])
    database.commit([Put("cases/none", {"at": None, "status": "queued"})])
    database.commit([Put("cases/lacks", {"status": "done"})])
    database.commit([Put("cases/a/labels/x", {"at": MOMENTS[0]})])
    return database


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query("cases"), ["a", "b", "c", "lacks", "none"]),
        (Query("cases/a/labels"), ["x"]),
        (Query("nothing"), []),
        (Query("cases", Where("status", "==", "done")), ["a", "b", "c", "lacks"]),
        (Query("cases", Where("at", ">", MOMENTS[0])), ["a", "b"]),
        (Query("cases", order_by="at"), ["none", "c", "a", "b"]),
        (Query("cases", order_by="at", descending=True), ["b", "a", "c", "none"]),
        (Query("cases", Where("status", "==", "done"), "at", descending=True, limit=2), ["b", "a"]),
        (Query("cases/a/labels", limit=1), ["x"]),
    ],
)
def test_a_query_finds_documents_of_its_collection_alone(labelled: Database, query, found):
    answer = labelled.find(query)
    ids = [each.id for each in answer]
    assert (ids if query.order_by else sorted(ids)) == found
    assert [labelled.get(each.path) for each in answer] == answer


def test_counting_reads_nothing_and_says_when_it_held(labelled: Database):
    last = labelled.get("cases/a/labels/x").version
    assert last
    counted = labelled.count(Query("cases", Where("at", ">", datetime(2000, 1, 1, tzinfo=UTC))))
    assert counted.count == 3
    assert last <= counted.at < last + timedelta(minutes=1)
    assert labelled.count(Query("nothing")).count == 0


def test_what_lies_below_a_document_is_listed_also_where_there_is_none(database: Database):
    database.commit([Put("groups/g1/members/m1", {"n": 1}), Put("groups/g2", {"n": 1})])
    database.commit([Put("groups/g1/cards/c1", {"n": 1})])
    assert sorted(database.documents("groups")) == ["groups/g1", "groups/g2"]
    assert database.documents("groups/g1/members") == ["groups/g1/members/m1"]
    assert sorted(database.collections("groups/g1")) == ["groups/g1/cards", "groups/g1/members"]
    assert database.collections("groups/g2") == []
