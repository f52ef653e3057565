"""Changing documents that others change as well."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from discai.cloud.database import Absent, Create, Database, Put, Update
from discai.cloud.documents import ATTEMPTS, BusyError, Change, Document, commit_as_seen
from discai.errors import PermanentError, RetryableError
from discai.records.record import Record

PATH, NOTE = "visits/1", "notes/1"


class Part(Record):
    size: int = 0


class Visit(Record):
    state: str = "planned"
    visits_made: int = 0
    part: Part = Part()
    updated_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)


class Plain(Record):
    count: int = 0
    other: int = 0


@pytest.fixture
def visit(database: Database) -> Document[Visit]:
    return Document(database, PATH, Visit)


@dataclass
class Counting:
    """Passes calls on, and notes which."""

    database: Database
    calls: list[str] = field(default_factory=list)

    def __getattr__(self, name: str):
        self.calls.append(name)
        return getattr(self.database, name)


def made(visit: Visit | None) -> Change[Visit]:
    """One visit more."""
    before = visit or Visit()
    return Change(before.model_copy(update={"visits_made": before.visits_made + 1}))


def test_there_is_no_record_where_there_is_no_document(visit):
    assert visit.get() is None
    assert visit.read() is None


def test_a_record_is_created_once_with_all_that_is_written_beside_it(database, visit):
    assert visit.create(Visit(visits_made=1), Put(NOTE, {"n": 1}))
    assert not visit.create(Visit(visits_made=2), Put(NOTE, {"n": 2}))
    assert visit.get() == Visit(visits_made=1)
    assert database.get(NOTE).fields == {"n": 1}


def test_a_record_is_not_created_where_another_document_must_not_be(database, visit):
    database.commit([Put(NOTE, {"n": 1})])
    assert not visit.create(Visit(), Absent(NOTE))
    assert visit.get() is None


def test_a_change_starts_from_the_record_that_is_there_or_from_none(visit):
    changes = [visit.change(made, busy="Busy.").record.visits_made for _ in range(3)]
    assert changes == [1, 2, 3]
    assert visit.get().visits_made == 3


def test_a_change_says_when_it_was_and_gives_the_document_as_it_is_then(database, visit):
    visit.create(Visit())
    started = datetime.now(UTC)
    stored = visit.change(made, busy="Busy.")
    assert stored == visit.read()
    assert stored.record.updated_at >= started
    assert stored.version == database.get(PATH).version


def test_a_kind_without_that_field_does_not_get_it(database):
    plain = Document(database, PATH, Plain)
    plain.create(Plain())
    plain.change(lambda _: Change(Plain(count=1)), busy="Busy.")
    assert database.get(PATH).fields == {"count": 1, "other": 0}


def test_only_what_differs_is_written_so_fields_that_the_record_does_not_know_stay(database, visit):
    database.commit([Put(PATH, {"state": "planned", "part": {"size": 1}, "later": "unknown"})])
    seen = visit.read()
    write = visit.to_write(seen, seen.record.model_copy(update={"state": "going"}))
    assert isinstance(write, Update)
    assert write.fields.keys() == {"state", "visitsMade", "updatedAt"}  # and what it lacked
    database.commit([write])
    assert database.get(PATH).fields["later"] == "unknown"
    assert visit.get().part == Part(size=1)


def test_what_is_to_be_left_is_left(database, visit):
    assert visit.change(lambda _: None, busy="Busy.") is None
    visit.create(Visit())
    before = database.get(PATH)
    assert visit.change(lambda _: None, busy="Busy.") is None
    assert database.get(PATH) == before


def test_what_is_as_it_shall_be_is_given_back_and_not_written(database, visit):
    visit.create(Visit())
    before = visit.read()
    assert visit.change(lambda seen: Change(seen), busy="Busy.") == before
    assert database.get(PATH).version == before.version


def test_what_is_written_beside_a_record_is_written_with_it_or_not_at_all(database, visit):
    visit.create(Visit())
    note = Create(NOTE, {"n": 1})
    visit.change(lambda seen: Change(seen, [note]), busy="Busy.")
    assert database.get(NOTE).fields == {"n": 1}
    before = visit.get()
    with pytest.raises(BusyError):  # the note is there, however often one looks
        visit.change(lambda seen: Change(Visit(visits_made=9), [note]), busy="Busy.")
    assert visit.get() == before


def test_a_refusal_writes_nothing(database, visit):
    visit.create(Visit())
    before = database.get(PATH)

    def refuse(_: Visit | None) -> None:
        raise PermanentError("no", "No.")

    with pytest.raises(PermanentError, match=r"No\."):
        visit.change(refuse, busy="Busy.")
    assert database.get(PATH) == before


def test_who_finds_the_document_changed_looks_again_and_decides_anew(visit):
    visit.create(Visit())
    seen = []

    def interrupted(now: Visit | None) -> Change[Visit]:
        seen.append(now.visits_made)
        if len(seen) < ATTEMPTS:
            visit.change(made, busy="Busy.")  # somebody else
        return made(now)

    visit.change(interrupted, busy="Busy.")
    assert seen == list(range(ATTEMPTS))
    assert visit.get().visits_made == ATTEMPTS


def test_who_finds_it_changed_each_time_says_so_in_the_end(visit):
    visit.create(Visit())

    def always_interrupted(now: Visit | None) -> Change[Visit]:
        visit.change(made, busy="Busy.")
        return made(now)

    with pytest.raises(RetryableError) as refusal:
        visit.change(always_interrupted, busy="It is changing right now.")
    assert (refusal.value.code, refusal.value.message) == ("busy", "It is changing right now.")
    assert visit.get().visits_made == ATTEMPTS


def test_of_two_who_find_no_document_the_second_finds_the_firsts(visit):
    seen = []

    def interrupted(now: Visit | None) -> Change[Visit]:
        seen.append(now and now.visits_made)
        if len(seen) == 1:
            visit.create(Visit(visits_made=7))
        return made(now)

    visit.change(interrupted, busy="Busy.")
    assert seen == [None, 7]
    assert visit.get().visits_made == 8


def test_changes_in_the_same_moment_all_count(visit):
    visit.create(Visit())

    def change(_: int) -> int:
        try:
            return visit.change(made, busy="Busy.").record.visits_made
        except BusyError:
            return 0

    with ThreadPoolExecutor(4) as pool:
        numbers = [number for number in pool.map(change, range(4)) if number]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert visit.get().visits_made == len(numbers)


def test_who_has_seen_the_document_does_not_look_unless_it_has_changed(database):
    counting = Counting(database)
    visit = Document(counting, PATH, Visit)
    visit.create(Visit())
    first = visit.read()
    counting.calls.clear()
    second = visit.change(made, busy="Busy.", seen=first)
    third = visit.change(made, busy="Busy.", seen=second)
    assert counting.calls == ["commit", "commit"]
    counting.calls.clear()
    assert visit.change(made, busy="Busy.", seen=first).record.visits_made == 3
    assert counting.calls == ["commit", "get", "commit"]
    assert third.record.visits_made == 2


def test_a_malformed_document_is_refused_and_left(database, visit):
    database.commit([Put(PATH, {"visitsMade": "many"})])
    with pytest.raises(ValueError, match="visitsMade"):
        visit.change(made, busy="Busy.")


def test_several_documents_change_together_or_not_at_all(database, visit):
    plain = Document(database, NOTE, Plain)
    visit.create(Visit())
    plain.create(Plain())
    looks = []

    def attempt():
        seen, noted = visit.read(), plain.read()
        looks.append(noted.record.count)
        if len(looks) == 1:
            plain.change(lambda _: Change(Plain(count=5)), busy="Busy.")  # somebody else
        count = noted.record.count + 1
        writes = [
            visit.to_write(seen, made(seen.record).record),
            plain.to_write(noted, noted.record.model_copy(update={"count": count})),
        ]
        return count, writes

    count, versions = commit_as_seen(database, attempt, "Busy.")
    assert (count, looks) == (6, [0, 5])
    assert plain.get() == Plain(count=6)
    assert visit.get().visits_made == 1
    assert versions == [database.get(PATH).version, database.get(NOTE).version]


def test_a_document_that_is_written_as_it_was_must_still_be_so(database, visit):
    plain = Document(database, NOTE, Plain)
    plain.create(Plain(count=1))
    seen = plain.read()
    assert plain.change(lambda _: Change(Plain(count=2)), busy="Busy.")

    def attempt():
        return None, [plain.to_write(seen, seen.record), visit.to_write(None, Visit())]

    with pytest.raises(BusyError):
        commit_as_seen(database, attempt, "Busy.")
    assert visit.get() is None


def test_an_attempt_that_writes_nothing_is_done_at_once(database):
    assert commit_as_seen(database, lambda: ("nothing", []), "Busy.") == ("nothing", [])


def test_a_record_can_be_put_and_removed_whatever_is_there(database, visit):
    visit.put(Visit(visits_made=1))
    visit.put(Visit(visits_made=2))
    assert visit.get().visits_made == 2
    visit.delete()
    visit.delete()
    assert visit.get() is None
    assert isinstance(visit.to_write(None, Visit()), Create)
