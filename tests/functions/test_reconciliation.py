"""What was lost on its way is found, at a cost that doesn't grow with what is kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from discai.cloud import known_labels, paths
from discai.cloud.database import Delete, Put, Query
from discai.cloud.documents import Document
from discai.cloud.filing import FilingOrders, FilingRepository
from discai.cloud.gathers import GatherRepository
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import Upload
from discai.cloud.production import ProductionRepository
from discai.cloud.rereading import RereadRepository
from discai.cloud.retraining import RetrainingRepository
from discai.cloud.scans import ScanRepository
from discai.cloud.studies import StudyRepository
from discai.errors import DiscaiError, PermanentError, RetryableError
from discai.records.keys import Keys
from discai.records.models import Reconciled
from discai.records.scans import Label, LabelledBox
from functions import reconciliation
from functions.gathering import Gathering
from functions.on_label_created import on_label_created
from functions.reconciliation import Reconciliation
from functions.retraining import Retraining
from tests.support.documents import change_fields
from tests.support.fakes import FakePublisher
from tests.support.memory_database import MemoryDatabase
from tests.support.memory_objects import MemoryObjects
from tests.support.records import SCAN, prediction_of, queued_scan
from tests.support.scan_files import dicom_bytes
from tests.support.storm import event_of
from tests.support.studies.drawing import acquisition

BOX = LabelledBox(x=1, y=2, width=4, height=8, level="L5-S1", herniation=True)
OTHER = "b" * 26
HOUR = timedelta(hours=1)
FILE = ("results", f"user_corrected_labels/overlay_{SCAN}.txt")


class Hospital:
    """Scans that were read, their labels and files, and the sweep that looks after them."""

    def __init__(self, database, objects=None) -> None:
        self.database = database
        self.objects = objects or MemoryObjects()
        self.publisher = FakePublisher()
        self.scans = ScanRepository(database)
        self.labels = LabelRepository(database, self.objects, "results")
        self.studies = StudyRepository(database, self.labels)
        self.runs = RetrainingRepository(database, threshold=50, configured=False)
        self.filing = FilingOrders(FilingRepository(database), self.publisher, "drafts")
        self.sweep = Reconciliation(
            Document(database, paths.RECONCILED, Reconciled),
            self.labels,
            self.studies,
            self.scans,
            RereadRepository(database),
            self.publisher,
            self.objects,
            "uploads",
            Gathering(
                GatherRepository(database), self.objects, Keys("of a test, long enough for a key")
            ),
            self.filing,
        )
        for scan in (SCAN, OTHER):
            database.commit(
                [
                    Put(paths.scan(scan), queued_scan().to_document() | {"status": "done"}),
                    Put(paths.prediction(scan, "m1"), prediction_of("m1").to_document()),
                ]
            )

    def save(self, label_id: str, age: timedelta, scan: str = SCAN) -> None:
        label = Label(
            kind="correction",
            slices={"1": [BOX]},
            author="r",
            author_email="r@clinic.org",
            created_at=datetime.now(UTC) - age,
            model_version="m1",
        )
        self.database.commit([Put(paths.label(scan, label_id), label.to_document())])

    def deliver(self, label_id: str, scan: str = SCAN) -> None:
        name = f"projects/p/databases/(default)/documents/{paths.label(scan, label_id)}"
        retraining = Retraining(self.runs, None)
        on_label_created(event_of(name), self.labels, self.studies, self.filing, retraining)

    def count_of(self, scan: str = SCAN) -> int:
        return self.scans.get(scan).label_count


@pytest.fixture
def hospital(database) -> Hospital:
    return Hospital(database)


def test_a_label_whose_event_was_lost_is_exported_stamped_and_counted(hospital):
    hospital.save("a", timedelta(minutes=5))
    hospital.sweep.run()
    assert hospital.objects.files == {FILE: "9 0.300000 0.300000 0.400000 0.400000\n"}
    assert hospital.count_of() == 1
    assert hospital.runs.count().count == 1


def test_a_label_is_found_however_long_its_function_was_broken(hospital):
    hospital.save("a", timedelta(days=40))
    hospital.sweep.run()
    assert hospital.count_of() == 1


def test_a_label_whose_event_is_on_its_way_is_left_to_it_and_found_later_if_it_never_comes(
    hospital, monkeypatch
):
    hospital.save("a", timedelta(seconds=5))
    hospital.sweep.run()
    assert hospital.count_of() == 0
    monkeypatch.setattr(reconciliation, "GRACE", timedelta(0))
    hospital.sweep.run()
    assert hospital.count_of() == 1


def test_one_scan_in_trouble_keeps_no_other_from_its_turn_and_is_tried_again(hospital, monkeypatch):
    hospital.save("a", 2 * HOUR)
    hospital.save("b", HOUR, scan=OTHER)
    export = hospital.labels.export

    def refuse(scan: str):
        if scan == SCAN:
            raise RetryableError("busy", "Others write.")
        return export(scan)

    monkeypatch.setattr(hospital.labels, "export", refuse)
    hospital.sweep.run()
    assert (hospital.count_of(), hospital.count_of(OTHER)) == (0, 1)
    monkeypatch.setattr(hospital.labels, "export", export)
    hospital.sweep.run()
    assert hospital.count_of() == 1


def test_a_label_that_was_copied_with_the_moment_of_its_original_is_counted_without_an_event(
    hospital, monkeypatch
):
    monkeypatch.setattr(reconciliation, "GRACE", timedelta(0))
    monkeypatch.setattr(reconciliation, "LABELS_AGAIN", 2)
    hospital.save("a", HOUR)
    hospital.sweep.run()
    for number in range(5):
        hospital.save(f"old{number}", 40 * 24 * HOUR, scan=OTHER)
    for _ in range(4):
        hospital.sweep.run()
    assert (hospital.count_of(), hospital.count_of(OTHER)) == (1, 5)


def test_labels_behind_many_that_can_not_be_handled_are_handled(hospital, monkeypatch):
    monkeypatch.setattr(reconciliation, "GRACE", timedelta(0))
    monkeypatch.setattr(reconciliation, "MOST_LABELS", 2)
    export = hospital.labels.export

    def refuse(scan: str):
        if scan == SCAN:
            raise RetryableError("busy", "Others write.")
        return export(scan)

    monkeypatch.setattr(hospital.labels, "export", refuse)
    for number in range(3):
        hospital.save(f"stuck{number}", 3 * HOUR)
    hospital.save("behind", HOUR, scan=OTHER)
    hospital.sweep.run()
    assert (hospital.count_of(), hospital.count_of(OTHER)) == (0, 1)


def test_a_label_of_a_scan_that_was_removed_holds_up_nothing(hospital):
    hospital.save("a", 2 * HOUR, scan="z" * 26)
    hospital.save("b", HOUR)
    hospital.sweep.run()
    assert hospital.count_of() == 1


def test_more_labels_than_a_call_takes_are_taken_by_the_next_ones(hospital, monkeypatch):
    monkeypatch.setattr(reconciliation, "MOST_LABELS", 2)
    for number, scan in enumerate([SCAN, SCAN, OTHER]):
        hospital.save(f"l{number}", (5 - number) * HOUR, scan=scan)
    for _ in range(3):
        hospital.sweep.run()
    assert (hospital.count_of(), hospital.count_of(OTHER)) == (2, 1)


class CountingDatabase(MemoryDatabase):
    """Counts the documents that are read."""

    reads = 0

    def get(self, path, timeout_seconds=None):
        self.reads += 1
        return super().get(path, timeout_seconds)

    def find(self, query: Query):
        found = super().find(query)
        self.reads += len(found)
        return found


def test_a_sweep_reads_no_more_for_an_archive_of_labels_and_uploads():
    def reads(archive: int) -> int:
        hospital = Hospital(CountingDatabase())
        for number in range(archive):
            hospital.save(f"l{number}", 3 * HOUR)
            hospital.objects.upload(f"{number:04d}.mha", 3 * HOUR)
        for _ in range(2):  # the first of all looks at everything
            hospital.sweep.run()
        hospital.database.reads = 0
        hospital.sweep.run()
        return hospital.database.reads

    assert reads(200) == reads(100)  # the oldest of the queue among them


def test_the_events_of_labels_that_were_saved_together_read_them_once():
    def reads(labels: int) -> int:
        hospital = Hospital(CountingDatabase())
        for number in range(labels):
            hospital.save(f"l{number:03d}", timedelta(0))
        for number in range(labels):
            hospital.deliver(f"l{number:03d}")
        assert hospital.count_of() == labels
        return hospital.database.reads

    assert reads(60) <= 3.3 * reads(20)


def test_labels_that_come_one_by_one_are_each_read_a_few_times(monkeypatch):
    monkeypatch.setattr(known_labels, "MANY", 5)

    def reads(labels: int) -> int:
        hospital = Hospital(CountingDatabase())
        for number in range(labels):
            hospital.save(f"l{number:03d}", timedelta(0))
            hospital.deliver(f"l{number:03d}")
        assert hospital.count_of() == labels
        return hospital.database.reads

    assert reads(40) - reads(30) <= 1.2 * (reads(20) - reads(10))


def test_a_label_that_is_seen_late_or_removed_is_noticed_among_many(hospital, monkeypatch):
    monkeypatch.setattr(known_labels, "MANY", 2)
    for number in range(3):
        hospital.save(f"l{number}", HOUR)
        hospital.labels.stamp(SCAN)
    hospital.save("late", 2 * HOUR)
    hospital.labels.stamp(SCAN)
    assert hospital.count_of() == 4
    hospital.database.commit([Delete(paths.label(SCAN, "l0"))])
    hospital.labels.stamp(SCAN)
    assert hospital.count_of() == 3


def test_an_upload_whose_event_was_lost_is_queued_once(hospital):
    stored = hospital.objects.upload("x/a.mha", HOUR)
    for _ in range(2):
        hospital.sweep.run()
    (request,) = hospital.publisher.published
    assert (request.name, request.generation) == ("x/a.mha", 1)
    scan = hospital.scans.get(paths.scan_id("uploads", stored.name, 1))
    assert (scan.status, scan.uploaded_by) == ("queued", "r@clinic.org")


def test_an_upload_is_left_to_its_event_for_a_while_and_then_found_in_any_part_of_the_round(
    hospital, monkeypatch
):
    monkeypatch.setattr(reconciliation, "MOST_UPLOADS", 2)
    for number in range(5):
        hospital.objects.upload(f"{number}.mha", HOUR)
    hospital.objects.upload("1.mha", timedelta(seconds=5), generation=2)
    for _ in range(8):
        hospital.sweep.run()
    assert sorted(request.name for request in hospital.publisher.published) == [
        f"{number}.mha" for number in range(5)
    ]
    monkeypatch.setattr(reconciliation, "GRACE", timedelta(0))
    for _ in range(8):
        hospital.sweep.run()
    assert len(hospital.publisher.published) == 6


def refuses(hospital, monkeypatch, name: str, error: DiscaiError) -> None:
    """Has the bucket hand out any file but one, whose metadata say nothing."""
    read_head = hospital.objects.read_head

    def refuse(stored, count):
        if stored.name == name:
            raise error
        return read_head(stored, count)

    monkeypatch.setattr(hospital.objects, "read_head", refuse)
    hospital.objects.uploads = [
        replace(each, metadata={}) if each.object.name == name else each
        for each in hospital.objects.uploads
    ]


@pytest.mark.parametrize("kind", [RetryableError, PermanentError])
def test_an_upload_that_can_not_be_taken_keeps_no_other_from_its_turn(hospital, monkeypatch, kind):
    monkeypatch.setattr(reconciliation, "MOST_UPLOADS", 2)
    for number in range(5):
        hospital.objects.upload(f"{number}.mha", HOUR)
    refuses(hospital, monkeypatch, "1.mha", kind("refused", "Cloud Storage refuses."))
    hospital.sweep.run()
    hospital.objects.upload("9.mha", HOUR / 2)
    hospital.sweep.run()
    names = sorted(request.name for request in hospital.publisher.published)
    assert names == ["0.mha", "2.mha", "3.mha", "4.mha", "9.mha"]


@pytest.mark.parametrize(("age", "requests"), [(timedelta(days=6), 1), (timedelta(days=8), 0)])
def test_an_upload_that_can_not_be_taken_is_tried_again_for_a_week(
    hospital, monkeypatch, age, requests
):
    hospital.objects.upload("a.mha", age)
    with monkeypatch.context() as refused:
        refuses(hospital, refused, "a.mha", RetryableError("refused", "Cloud Storage refuses."))
        for _ in range(3):
            hospital.sweep.run()
    assert not hospital.publisher.published
    for _ in range(2):
        hospital.sweep.run()
    assert len(hospital.publisher.published) == requests


def test_a_call_looks_at_no_more_than_its_pages_and_the_next_goes_on(hospital, monkeypatch):
    monkeypatch.setattr(reconciliation, "MOST_UPLOADS", 10)
    for number in range(100):
        hospital.objects.upload(f"{number:03d}.mha", HOUR)
    taken = []
    for _ in range(3):
        hospital.objects.listings = 0
        hospital.sweep.run()
        assert hospital.objects.listings <= 40
        taken.append(len(hospital.publisher.published))
    assert taken == [37, 73, 100]  # a page begins with the last of the one before


def test_a_call_whose_time_is_over_stops_and_the_next_goes_on(hospital, monkeypatch):
    for number in range(3):
        hospital.objects.upload(f"{number}.mha", HOUR)
    monkeypatch.setattr(reconciliation, "LONGEST_SECONDS", -1.0)
    taken = []
    for _ in range(3):
        hospital.sweep.run()
        taken.append(len(hospital.publisher.published))
    assert taken == [1, 2, 3]


def test_what_was_forgotten_stays_so_while_its_file_is_still_there(hospital):
    stored = hospital.objects.upload("a.mha", HOUR)
    key = paths.scan_id("uploads", stored.name, 1)
    hospital.database.commit([Put(paths.forgotten(key), {"at": datetime.now(UTC)})])
    hospital.sweep.run()
    assert hospital.scans.get(key) is None
    assert hospital.publisher.published == []


def test_uploads_are_looked_after_while_labels_can_not_be(hospital, monkeypatch):
    def refuse(*_):
        raise RetryableError("unavailable", "Firestore does not answer.")

    monkeypatch.setattr(hospital.labels, "saved_since", refuse)
    hospital.objects.upload("a.mha", HOUR)
    hospital.sweep.run()
    assert len(hospital.publisher.published) == 1


@pytest.mark.parametrize(
    ("status", "age", "requests"),
    [
        ("processing", timedelta(minutes=6), 1),
        ("processing", timedelta(minutes=4), 0),
        ("queued", timedelta(hours=25), 1),
        ("queued", timedelta(hours=23), 0),
        ("done", timedelta(days=9), 0),
        ("failed", timedelta(days=9), 0),
    ],
)
def test_a_scan_that_nobody_works_on_is_asked_for_again_once(hospital, status, age, requests):
    then = datetime.now(UTC) - age
    lease = {"holder": "dead", "until": then} if status == "processing" else None
    fields = {"status": status, "updatedAt": then, "lease": lease}
    change_fields(hospital.database, paths.scan(SCAN), fields)
    for _ in range(2):
        hospital.sweep.run()
    assert [request.scan_id for request in hospital.publisher.published] == [SCAN] * requests


def test_a_further_reading_that_nobody_has_come_to_for_a_day_is_asked_for_again_once(hospital):
    ProductionRepository(hospital.database).move("m2", "sha256:2", by="run", reason="Better.")
    rereads = RereadRepository(hospital.database)
    assert {each.scan_id for each in rereads.order("m2", 9, by="a@x.org")} == {SCAN, OTHER}
    hospital.sweep.run()
    assert not hospital.publisher.published
    day_ago = datetime.now(UTC) - timedelta(hours=25)
    change_fields(hospital.database, paths.reread("m2", SCAN), {"updatedAt": day_ago})
    for _ in range(2):
        hospital.sweep.run()
    (request,) = hospital.publisher.published
    assert (request.scan_id, request.read_again_with) == (SCAN, "m2")


def test_slices_wait_for_the_secret_and_nothing_else_waits_for_them(hospital):
    stored = hospital.objects.upload("study/IM0", HOUR)
    (upload,) = hospital.objects.uploads
    hospital.objects.uploads = [Upload(stored, upload.created_at, {})]
    hospital.objects.heads["study/IM0", 1] = dicom_bytes(acquisition("T2", count=1)[0])
    hospital.objects.upload("x/a.mha", HOUR)
    without = replace(hospital.sweep, gathering=replace(hospital.sweep.gathering, keys=None))
    for _ in range(2):
        without.run()
    assert [request.name for request in hospital.publisher.published] == ["x/a.mha"]
    assert not hospital.database.documents(paths.SLICES)
    hospital.sweep.run()
    assert len(hospital.database.documents(paths.SLICES)) == 1
    assert len(hospital.publisher.published) == 1
