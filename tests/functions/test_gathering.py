"""Loose slices become one scan a series, whatever happens to events, functions and sweeps."""

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from itertools import pairwise

import pytest

from discai.cloud import paths
from discai.cloud.database import Delete
from discai.cloud.gathers import GatherRepository
from discai.cloud.scans import ScanRepository
from discai.errors import RetryableError
from discai.records.keys import Keys
from discai.records.scans import StoredObject
from functions import gathering
from functions.gathering import Gathering
from functions.on_scan_uploaded import on_scan_uploaded
from tests.support.documents import fields_of, ids_in
from tests.support.fakes import FakePublisher
from tests.support.memory_database import MemoryDatabase
from tests.support.memory_objects import MemoryObjects
from tests.support.scan_files import dicom_bytes
from tests.support.studies.drawing import acquisition, without_image

NOW = timedelta(0)


@cache
def slice_of(series: str) -> bytes:
    return dicom_bytes(acquisition("T2", count=1, series=series)[0])


@cache
def report() -> bytes:
    return dicom_bytes(without_image("1.2.840.10008.5.1.4.1.1.88.22"))


class Crash(Exception):  # noqa: N818 - it stands for a process that ends
    """The process ends here."""


class Hospital:
    """A bucket, a database, and functions that may end at any of their calls to either."""

    def __init__(self) -> None:
        self.database = MemoryDatabase()
        self.objects = MemoryObjects()
        self.publisher = FakePublisher()
        self.scans = ScanRepository(self.database)
        self.functions = self.functions_with(self.database, self.objects)

    def functions_with(self, database, objects) -> Gathering:
        return Gathering(GatherRepository(database), objects, Keys("k" * 32))

    def put(self, name: str, data: bytes, generation: int = 1) -> dict:
        """Uploads an object; its event."""
        self.objects.heads[name, generation] = data
        stored = StoredObject(bucket="uploads", name=name, generation=generation, size=len(data))
        return stored.model_dump()

    def deliver(self, event: dict, functions: Gathering | None = None) -> None:
        on_scan_uploaded(event, self.scans, self.publisher, functions or self.functions)

    def lists(self) -> list[dict]:
        """Events of all lists of slices, in their order."""
        return [
            {"bucket": bucket, "name": name, "generation": 1, "size": 1, "metadata": marks}
            for (bucket, name), marks in sorted(self.objects.marks.items())
        ]

    def listed(self) -> dict[str, list[list[str]]]:
        """By series, the names in each of its lists, in their order."""
        found: dict[str, list[list[str]]] = {}
        for (_, name), text in sorted(self.objects.files.items()):
            names = [each["name"] for each in json.loads(text)["slices"]]
            found.setdefault(paths.gather_of(name), []).append(names)
        return found

    def states(self) -> list[str]:
        keys = ids_in(self.database, paths.GATHERS)
        return [(fields_of(self.database, paths.gather(key)) or {})["state"] for key in keys]


@pytest.fixture
def hospital() -> Hospital:
    return Hospital()


@pytest.fixture
def quiet(monkeypatch) -> Callable[[timedelta], None]:
    """Says after what time a series is quiet; at first it is so at once."""

    def after(time: timedelta) -> None:
        monkeypatch.setattr(gathering, "QUIET", time)

    after(NOW)
    return after


def test_slices_of_two_series_become_a_list_each_and_each_list_a_scan(hospital, quiet):
    for number in range(4):
        hospital.deliver(hospital.put(f"study/IM{number}", slice_of(f"1.2.{number % 2}")))
    assert not ids_in(hospital.database, paths.SCANS)
    hospital.functions.close_quiet()
    assert sorted(hospital.listed().values()) == [
        [["study/IM0", "study/IM2"]],
        [["study/IM1", "study/IM3"]],
    ]
    assert hospital.states() == ["closed", "closed"]
    for event in hospital.lists():
        hospital.deliver(event)
    assert len(hospital.publisher.published) == 2
    scans = [hospital.scans.get(request.scan_id) for request in hospital.publisher.published]
    assert [scan.file_name for scan in scans] == ["study", "study"]
    assert [scan.superseded_by for scan in scans] == [None, None]


def test_a_series_is_left_alone_until_it_is_quiet_and_its_slices_are_counted(hospital, quiet):
    quiet(timedelta(seconds=20))
    for number in range(3):
        hospital.deliver(hospital.put(f"study/IM{number}", slice_of("1.2.3")))
    hospital.functions.close_quiet()
    (key,) = ids_in(hospital.database, paths.GATHERS)
    gather = fields_of(hospital.database, paths.gather(key)) or {}
    assert (gather["state"], gather["slices"]) == ("open", 3)
    assert not hospital.listed()
    quiet(NOW)
    hospital.functions.close_quiet()
    assert len(hospital.listed()) == 1


def test_a_late_slice_makes_another_scan_that_supersedes_the_first(hospital, quiet):
    for number in range(2):
        hospital.deliver(hospital.put(f"study/IM{number}", slice_of("1.2.3")))
    hospital.functions.close_quiet()
    hospital.deliver(hospital.put("study/late", slice_of("1.2.3")))
    assert hospital.states() == ["open"]
    hospital.functions.close_quiet()
    ((first, second),) = hospital.listed().values()
    assert second == [*first, "study/late"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0, 1), (2, 0, 1)])
def test_whatever_order_the_lists_are_told_of_each_scan_names_the_next(hospital, quiet, order):
    for number in range(3):
        hospital.deliver(hospital.put(f"study/IM{number}", slice_of("1.2.3")))
        hospital.functions.close_quiet()
    events = hospital.lists()
    for number in order:
        hospital.deliver(events[number])
    ids = [paths.scan_id("uploads", event["name"], 1) for event in events]
    assert [hospital.scans.get(key).superseded_by for key in ids] == [ids[1], ids[2], None]


def test_the_same_series_in_another_folder_is_another_scan_and_below_the_same_it_is_one(
    hospital, quiet
):
    for name in ("a/1/IM0", "a/2/IM1", "b/IM0", "IM0"):
        hospital.deliver(hospital.put(name, slice_of("1.2.3")))
    hospital.functions.close_quiet()
    assert sorted(hospital.listed().values()) == [[["IM0"]], [["a/1/IM0", "a/2/IM1"]], [["b/IM0"]]]
    names = {paths.slice_folder(event["name"]) for event in hospital.lists()}
    assert names == {"a", "b", ".series"}
    assert all(paths.is_slice_list(event["name"]) for event in hospital.lists())


def test_of_a_replaced_slice_the_newest_is_listed(hospital, quiet):
    for generation in (2, 1):
        hospital.deliver(hospital.put("a/IM0", slice_of("1.2.3"), generation))
    hospital.functions.close_quiet()
    (text,) = hospital.objects.files.values()
    (listed,) = json.loads(text)["slices"]
    assert listed["generation"] == 2


def test_a_series_without_a_picture_is_no_scan(hospital, quiet):
    hospital.deliver(hospital.put("a/SR0", report()))
    hospital.functions.close_quiet()
    assert (hospital.states(), hospital.listed()) == (["closed"], {})
    assert not ids_in(hospital.database, paths.SCANS)


@pytest.mark.parametrize(
    ("name", "metadata"),
    [
        ("0a/IM0", {"uploadedBy": "r@x.org", "fileName": "IM0"}),
        (paths.series_object("0a/study.zip", 1, "0" * 32), None),
    ],
)
def test_what_somebody_has_grouped_is_a_scan_at_once(hospital, name, metadata):
    hospital.deliver(hospital.put(name, slice_of("1.2.3")) | {"metadata": metadata})
    assert len(hospital.publisher.published) == 1
    assert not hospital.states()


@pytest.mark.parametrize("data", [b"", b"NDims = 3", b"PK\3\4"])
def test_what_is_no_slice_is_a_scan_at_once(hospital, data):
    hospital.deliver(hospital.put("a/scan", data))
    assert len(hospital.publisher.published) == 1


def test_an_event_that_comes_again_changes_nothing_that_is_closed(hospital, quiet):
    event = hospital.put("a/IM0", slice_of("1.2.3"))
    for _ in range(3):
        hospital.deliver(event)
        hospital.functions.close_quiet()
    assert len(hospital.objects.files) == 1
    assert hospital.states() == ["closed"]


class Fragile:
    """Ends the process before or after a call that changes something, by chance."""

    def __init__(self, thing, chance: random.Random, between: Callable[[], None]) -> None:
        self._thing, self._chance, self._between = thing, chance, between

    def __getattr__(self, name):
        call = getattr(self._thing, name)
        if name not in ("commit", "replace", "find", "get", "list_files", "read_head"):
            return call

        def dangerous(*arguments, **named):
            self._maybe()
            result = call(*arguments, **named)
            self._maybe()
            return result

        return dangerous

    def _maybe(self) -> None:
        throw = self._chance.random()
        if throw < 0.03:
            raise Crash
        if throw < 0.12:
            self._between()


@pytest.mark.parametrize("seed", range(20))
def test_killed_anywhere_in_any_order_nothing_is_lost_or_doubled(quiet, seed):
    for round_number in range(10):
        storm(random.Random(1000 * seed + round_number))


def storm(chance: random.Random) -> None:
    """Ten slices of two series; events once or twice, kills, and calls amid calls."""
    hospital = Hospital()
    events = [
        hospital.put(f"study/{number}/IM", slice_of(f"1.2.{number % 2}")) for number in range(10)
    ]
    waiting = [*events, *chance.sample(events, 3)]
    chance.shuffle(waiting)
    depth = 0

    def another() -> None:
        """Something else that goes on at the same time."""
        nonlocal depth
        if depth >= 2:
            return
        depth += 1
        try:
            step()
        finally:
            depth -= 1

    database = Fragile(hospital.database, chance, another)
    objects = Fragile(hospital.objects, chance, another)
    functions = hospital.functions_with(database, objects)

    def step() -> None:
        event = waiting.pop() if waiting and chance.random() < 0.6 else None
        try:
            if event:
                hospital.deliver(event, functions)
            else:
                functions.close_quiet()
        except (Crash, RetryableError):
            if event:
                waiting.insert(0, event)  # Eventarc repeats what has not succeeded

    while waiting:
        step()
    for _ in range(3):
        hospital.functions.close_quiet()
    assert hospital.states() == ["closed", "closed"]
    for lists in hospital.listed().values():
        parity = int(lists[-1][0].split("/")[1]) % 2
        assert lists[-1] == [f"study/{number}/IM" for number in range(10) if number % 2 == parity]
        for earlier, later in pairwise(lists):
            assert set(earlier) < set(later)
    told = [*hospital.lists(), *hospital.lists()]
    chance.shuffle(told)
    for event in told:
        hospital.deliver(event)
    scans = [hospital.scans.get(key) for key in ids_in(hospital.database, paths.SCANS)]
    assert len(scans) == len(hospital.lists())
    assert Counter(scan.superseded_by is None for scan in scans)[True] == 2


def test_a_slice_that_comes_while_its_series_is_closed_is_in_the_next_list(hospital, quiet):
    hospital.deliver(hospital.put("a/IM0", slice_of("1.2.3")))

    class Between(MemoryObjects):
        def replace(self, *arguments):
            if not self.files:
                hospital.deliver(hospital.put("a/IM1", slice_of("1.2.3")))
            return super().replace(*arguments)

    objects = Between()
    objects.heads = hospital.objects.heads
    hospital.functions_with(hospital.database, objects).close_quiet()
    assert hospital.states() == ["open"]
    hospital.functions_with(hospital.database, objects).close_quiet()
    assert [len(json.loads(text)["slices"]) for text in objects.files.values()] == [1, 2]


def test_a_call_that_slept_while_another_listed_more_is_in_nobodys_way(hospital, quiet):
    hospital.deliver(hospital.put("a/IM0", slice_of("1.2.3")))

    class Asleep(MemoryObjects):
        slept = False

        def replace(self, *arguments):
            if not self.slept:
                self.slept = True
                hospital.deliver(hospital.put("a/IM1", slice_of("1.2.3")))
                hospital.functions_with(hospital.database, self).close_quiet()
            return super().replace(*arguments)

    objects = Asleep()
    objects.heads = hospital.objects.heads
    hospital.functions_with(hospital.database, objects).close_quiet()
    assert [len(json.loads(text)["slices"]) for text in objects.files.values()] == [2]
    assert hospital.states() == ["closed"]


def test_the_list_of_a_copied_medium_is_no_scan(hospital):
    for name in ("a/DICOMDIR", "DICOMDIR", "a/b/.DS_Store"):
        hospital.deliver(hospital.put(name, b"\0" * 128 + b"DICM"))
    assert not hospital.publisher.published


def test_a_series_that_was_removed_stays_so(hospital, quiet):
    hospital.deliver(hospital.put("a/IM0", slice_of("1.2.3")))
    (key,) = ids_in(hospital.database, paths.GATHERS)
    hospital.database.commit([Delete(paths.gather(key))])
    hospital.functions.close_quiet()
    assert not hospital.listed()
