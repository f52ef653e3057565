"""What an archive tells of becomes one scan a series, and nobody's UID gets anywhere else."""

import base64
import json
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from discai.cloud import paths
from discai.cloud.database import Put
from discai.cloud.gathers import GatherRepository
from discai.errors import PermanentError
from discai.export.uids import uid_of
from discai.records.archive import ArchivedInstance, ArchivedSeries, archived
from discai.records.scans import Forgotten
from functions import gathering
from functions.gathering import NoSecretError
from functions.on_instance_stored import Arrivals, on_instance_stored
from tests.functions.test_gathering import Hospital
from tests.support.documents import ids_in

STORE = "projects/p/locations/l/datasets/d/dicomStores/s"
STUDY = "1.2.840.99999.1"
SERIES = "1.2.840.99999.2"


class Pacs:
    """An archive that tells functions what it stores."""

    def __init__(self) -> None:
        self.clinic = Hospital()
        self.arrivals = Arrivals(
            self.clinic.functions,
            GatherRepository(self.clinic.database),
            self.clinic.scans,
            self.clinic.objects,
            "uploads",
        )

    def tell(self, rest: str, **attributes: str) -> None:
        resource = f"{STORE}/dicomWeb/studies/{STUDY}/series/{rest}"
        self.tell_of(base64.b64encode(resource.encode()).decode(), attributes)

    def tell_of(self, data: object, attributes: object = None) -> None:
        message = {"data": data, "attributes": attributes, "messageId": "1"}
        on_instance_stored({"message": message, "subscription": "s"}, self.arrivals)

    def store(self, uid: int | str, series: str = SERIES, modality: str = "MR") -> None:
        self.tell(f"{series}/instances/1.3.{uid}", action="StoreInstances", modality=modality)

    def is_whole(self, count: int, series: str = SERIES) -> None:
        self.tell(series, seriesInstances=str(count))

    def addresses(self, name: str) -> list[str]:
        """The UIDs behind a list of slices."""
        listed = json.loads(self.clinic.objects.files["uploads", name])["slices"]
        files = (self.clinic.objects.files["uploads", each["name"]] for each in listed)
        return sorted(json.loads(each)["uid"] for each in files)

    def lists(self) -> list[list[str]]:
        """What each list of slices names, in the order in which they were made."""
        names = (name for _, name in sorted(self.clinic.objects.files))
        return [self.addresses(name) for name in names if paths.is_slice_list(name)]


@pytest.fixture
def pacs() -> Pacs:
    return Pacs()


@pytest.fixture
def quiet_at_once(monkeypatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr(gathering, "QUIET", timedelta(0))


def test_a_series_is_a_scan_as_soon_as_the_archive_has_it_whole(pacs):
    for number in (3, 1, 2):
        pacs.store(number)
    assert not pacs.lists()
    pacs.is_whole(3)
    assert pacs.lists() == [["1.3.1", "1.3.2", "1.3.3"]]
    assert pacs.clinic.states() == ["closed"]
    (event,) = [each for each in pacs.clinic.lists() if paths.is_slice_list(each["name"])]
    pacs.clinic.deliver(event)
    (request,) = pacs.clinic.publisher.published
    assert pacs.clinic.scans.get(request.scan_id).file_name == "From the archive"


def test_addresses_of_slices_are_no_scans(pacs):
    pacs.store(1)
    for event in pacs.clinic.lists():
        pacs.clinic.deliver(event)
    assert not ids_in(pacs.clinic.database, paths.SCANS)


def test_without_a_word_of_the_archive_a_series_is_a_scan_once_it_is_quiet(pacs, quiet_at_once):
    pacs.store(1)
    pacs.store(2)
    pacs.clinic.functions.close_quiet()
    assert not pacs.lists()
    quiet_at_once()
    pacs.clinic.functions.close_quiet()
    assert pacs.lists() == [["1.3.1", "1.3.2"]]


def test_slices_on_their_way_are_waited_for(pacs):
    pacs.store(1)
    pacs.is_whole(3)
    pacs.store(2)
    assert not pacs.lists()
    pacs.store(3)
    assert pacs.lists() == [["1.3.1", "1.3.2", "1.3.3"]]


def test_a_late_slice_makes_a_new_list_of_all_once_the_series_is_whole_again(pacs):
    pacs.store(1)
    pacs.is_whole(1)
    pacs.store(2)
    pacs.store(3)
    assert pacs.lists() == [["1.3.1"]]
    pacs.is_whole(3)
    assert pacs.lists() == [["1.3.1"], ["1.3.1", "1.3.2", "1.3.3"]]


@pytest.mark.parametrize("seed", range(50))
def test_any_order_and_repetition_ends_in_one_whole_list_a_series(pacs, quiet_at_once, seed):
    rng = random.Random(seed)
    told = [("1.2.7", number) for number in range(4)] + [("1.2.8", number) for number in range(3)]
    rounds = told + rng.choices(told, k=5) + [("1.2.7", None), ("1.2.8", None)]
    rng.shuffle(rounds)
    for series, number in rounds:
        if number is None:
            pacs.is_whole(4 if series == "1.2.7" else 3, series)
        else:
            pacs.store(number, series)
    quiet_at_once()
    pacs.clinic.functions.close_quiet()
    assert sorted(map(len, pacs.lists())) == [3, 4]
    assert pacs.clinic.states() == ["closed", "closed"]


def test_uids_are_in_the_bucket_alone_and_there_inside_of_files_of_addresses(pacs, caplog):
    caplog.set_level(logging.DEBUG)
    for number in range(3):
        pacs.store(number)
    pacs.is_whole(3)
    for event in pacs.clinic.lists():
        pacs.clinic.deliver(event)
    paths_and_documents = repr(vars(pacs.clinic.database))
    assert paths.GATHERS in paths_and_documents
    names = repr(list(pacs.clinic.objects.files))
    lists = [text for (_, name), text in pacs.clinic.objects.files.items() if ".series" in name]
    published = repr(pacs.clinic.publisher.published)
    seen = paths_and_documents + names + repr(lists) + published + caplog.text
    for uid in (STUDY, SERIES, "1.3.0"):
        assert uid not in seen
    assert STUDY not in repr(ArchivedInstance(store=STORE, study=STUDY, series=SERIES, uid="1.3.0"))


def test_what_discai_has_filed_is_no_news(pacs, quiet_at_once):
    of_results = uid_of("study", "series", "SEG")
    pacs.store(1, of_results, "SEG")
    pacs.store(2, of_results, "MR")
    pacs.is_whole(2, of_results)
    quiet_at_once()
    pacs.clinic.functions.close_quiet()
    assert not pacs.clinic.objects.files
    assert not ids_in(pacs.clinic.database, paths.GATHERS)


@pytest.mark.parametrize("modality", ["SR", "SEG", "PR", "KO", "DOC"])
def test_a_series_without_slices_makes_no_scan(pacs, quiet_at_once, modality):
    pacs.store(1, modality=modality)
    pacs.is_whole(1)
    quiet_at_once()
    pacs.clinic.functions.close_quiet()
    assert not pacs.lists()
    assert pacs.clinic.states() == ["closed"]


def test_what_was_forgotten_does_not_come_back_though_the_archive_still_has_it(pacs):
    series = ArchivedSeries(store=STORE, study=STUDY, series=SERIES)
    key = pacs.clinic.functions.keys.of_slices(STORE, paths.ARCHIVE, series.series)
    note = Forgotten(at=datetime.now(UTC)).to_document()
    pacs.clinic.database.commit([Put(paths.forgotten(key), note)])
    pacs.store(1)
    pacs.is_whole(1)
    assert not pacs.clinic.objects.files


def test_a_deletion_is_no_arrival(pacs):
    pacs.tell(f"{SERIES}/instances/1.3.1", action="DeleteInstance")
    assert not pacs.clinic.objects.files


def test_without_the_secret_it_comes_again(pacs):
    object.__setattr__(pacs.clinic.functions, "keys", None)
    with pytest.raises(NoSecretError):
        pacs.store(1)


@pytest.mark.parametrize(
    "data",
    [
        None,
        7,
        "%",
        base64.b64encode("projects/ä".encode()).decode(),
        base64.b64encode(b"projects/p/topics/t").decode(),
        base64.b64encode(f"{STORE}/dicomWeb/studies/1.2/series/../x".encode()).decode(),
        base64.b64encode(f"{STORE}/dicomWeb/studies/1.2/series/1.3".encode()).decode(),
    ],
)
def test_a_message_of_something_else_is_given_up(pacs, data):
    with pytest.raises(PermanentError) as problem:
        pacs.tell_of(data)
    assert problem.value.code == "malformed-event"


def test_resource_names_are_those_of_the_healthcare_api():
    path = f"{STORE}/dicomWeb/studies/1.2/series/1.3/instances/1.4"
    assert archived(path) == ArchivedInstance(store=STORE, study="1.2", series="1.3", uid="1.4")
    assert archived(path + "/frames/1") is None
