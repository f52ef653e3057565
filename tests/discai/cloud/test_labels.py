"""Label files and the scan's stamp are right whichever way the events come."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from discai.cloud import paths
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.scans import ScanRepository
from discai.errors import PermanentError, RetryableError
from discai.records.scans import Label, LabelledBox
from discai.records.worklist import search_terms
from tests.support.records import SCAN, prediction_of, queued_scan

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CORRECTED = f"user_corrected_labels/overlay_{SCAN}.txt"
OTHER_SLICE = f"user_corrected_labels/overlay_{SCAN}_s02.txt"
INITIAL = f"initial_model_predictions/initial_{SCAN}.txt"
BOX = LabelledBox(x=1, y=2, width=4, height=8, level="L5-S1", herniation=True)
LINE = "0.300000 0.300000 0.400000 0.400000\n"


def label(kind="correction", minute=0, slices=None, email="r@clinic.org", model="m1") -> Label:
    return Label(
        kind=kind,
        slices={"1": [BOX]} if slices is None else slices,
        author=email,
        author_email=email,
        created_at=NOON + timedelta(minutes=minute),
        model_version=model,
    )


@pytest.fixture
def labels(cloud) -> LabelRepository:
    """Labels of a scan that the model m1 has read."""
    scans = ScanRepository(cloud.database)
    scans.create(SCAN, queued_scan())
    scans.claim(SCAN, "worker").finish(prediction_of("m1"), [], {})
    return LabelRepository(cloud.database, ObjectStore(cloud.storage), cloud.results)


def save(cloud, label_id: str, saved: Label) -> None:
    cloud.firestore.document(paths.label(SCAN, label_id)).create(saved.to_document())


def files(cloud) -> dict[str, str]:
    blobs = cloud.storage.list_blobs(cloud.results)
    return {blob.name: blob.download_as_text() for blob in blobs}


def generations(cloud) -> dict[str, int]:
    return {blob.name: blob.generation for blob in cloud.storage.list_blobs(cloud.results)}


def scan(cloud) -> dict:
    return cloud.firestore.document(paths.scan(SCAN)).get().to_dict()


def test_each_label_brings_the_files_up_to_date(cloud, labels):
    save(cloud, "a", label("acceptance"))
    labels.export(SCAN)
    assert files(cloud) == {INITIAL: "1 " + LINE}
    save(cloud, "b", label(minute=1, slices={"1": [], "2": [BOX]}))
    labels.export(SCAN)
    assert files(cloud) == {INITIAL: "1 " + LINE, CORRECTED: "", OTHER_SLICE: "9 " + LINE}
    save(cloud, "c", label(minute=2))
    labels.export(SCAN)
    assert files(cloud) == {INITIAL: "1 " + LINE, CORRECTED: "9 " + LINE}


def test_a_repeated_export_writes_nothing(cloud, labels):
    save(cloud, "a", label())
    labels.export(SCAN)
    before = generations(cloud)
    labels.export(SCAN)
    assert generations(cloud) == before


def test_other_scans_and_other_files_are_left_alone(cloud, labels):
    bucket = cloud.storage.bucket(cloud.results)
    other = [CORRECTED.replace(SCAN, SCAN + "b"), CORRECTED + ".bak", f"scans/{SCAN}/m1/x.png"]
    for name in other:
        bucket.blob(name).upload_from_string("kept")
    save(cloud, "a", label())
    labels.export(SCAN)
    assert files(cloud) == {**dict.fromkeys(other, "kept"), CORRECTED: "9 " + LINE}


def test_an_acceptance_takes_no_correction_away_that_somebody_put_there_by_hand(cloud, labels):
    cloud.storage.bucket(cloud.results).blob(CORRECTED).upload_from_string("8 " + LINE)
    save(cloud, "a", label("acceptance"))
    labels.export(SCAN)
    assert files(cloud) == {INITIAL: "1 " + LINE, CORRECTED: "8 " + LINE}


def test_a_correction_that_was_deleted_takes_its_files_along_and_none_put_there_by_hand(
    cloud, labels
):
    cloud.storage.bucket(cloud.results).blob(OTHER_SLICE).upload_from_string("8 " + LINE)
    save(cloud, "a", label())
    labels.export(SCAN)
    assert files(cloud) == {CORRECTED: "9 " + LINE, OTHER_SLICE: "8 " + LINE}
    cloud.firestore.document(paths.label(SCAN, "a")).delete()
    save(cloud, "b", label("acceptance"))
    labels.export(SCAN)
    assert files(cloud) == {INITIAL: "1 " + LINE, OTHER_SLICE: "8 " + LINE}


class InterruptedStore(ObjectStore):
    """Does something between the look at the bucket and the first write."""

    def __init__(self, client, meanwhile) -> None:
        super().__init__(client)
        self.meanwhile = meanwhile

    def replace(self, *arguments) -> bool:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return super().replace(*arguments)


def test_an_export_that_was_overtaken_writes_nothing_older(cloud, labels):
    save(cloud, "a", label(slices={"1": []}))

    def overtake() -> None:
        save(cloud, "b", label(minute=1))
        labels.export(SCAN)

    store = InterruptedStore(cloud.storage, overtake)
    slow = LabelRepository(cloud.database, store, cloud.results)
    slow.export(SCAN)
    assert files(cloud) == {CORRECTED: "9 " + LINE}


def test_a_file_that_came_and_went_meanwhile_does_not_stay(cloud, labels):
    save(cloud, "a", label(slices={"2": [BOX]}))

    def come_and_go() -> None:
        labels.export(SCAN)
        save(cloud, "b", label(minute=1))
        labels.export(SCAN)

    store = InterruptedStore(cloud.storage, come_and_go)
    LabelRepository(cloud.database, store, cloud.results).export(SCAN)
    assert files(cloud) == {CORRECTED: "9 " + LINE}


def test_many_readers_at_once_leave_the_newest(cloud, labels):
    def read(minute: int) -> None:
        save(cloud, f"l{minute}", label(minute=minute, slices={"1": [BOX] * (minute % 5)}))
        for step in (labels.export, labels.stamp):
            for _ in range(20):  # as often as Eventarc would deliver it
                try:
                    step(SCAN)
                    break
                except RetryableError:
                    continue

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read, [3, 19, 7, 0, 14, 11, 8, 2]))
    assert files(cloud) == {CORRECTED: ("9 " + LINE) * 4}
    assert scan(cloud)["lastLabelAt"] == NOON + timedelta(minutes=19)
    assert scan(cloud)["labelCount"] == 8


def test_a_label_that_nobody_can_use_harms_no_other(cloud, labels):
    save(cloud, "good", label())
    save(cloud, "unread", label(minute=1, model="m9"))
    wrong = label(minute=2).to_document() | {"slices": {"1": [{"x": -1}]}}
    cloud.firestore.document(paths.label(SCAN, "wrong")).create(wrong)
    labels.export(SCAN)
    labels.stamp(SCAN)
    assert files(cloud) == {CORRECTED: "9 " + LINE}
    assert scan(cloud)["labelCount"] == 1


def test_the_scan_says_who_labelled_it_when_and_how(cloud, labels):
    save(cloud, "b", label(minute=5, email="b@clinic.org"))
    save(cloud, "a", label("acceptance", minute=9, email="a@clinic.org"))
    save(cloud, "c", label(minute=1, email="b@clinic.org"))
    cloud.firestore.document(paths.scan(SCAN)).update({"searchTerms": search_terms("a scan.mha")})
    before = scan(cloud)
    labels.stamp(SCAN)
    stamp = {
        "lastLabelAt": NOON + timedelta(minutes=9),
        "labelKind": "correction",
        "labelledBy": ["a@clinic.org", "b@clinic.org"],
        "labelCount": 3,
        "searchTerms": search_terms("a scan.mha", "a@clinic.org", "b@clinic.org"),
    }
    after = scan(cloud)
    assert {**after, "updatedAt": None} == {**before, **stamp, "updatedAt": None}


def test_every_save_is_one_line_of_the_timeline_however_often_it_comes(cloud, labels):
    save(cloud, "a", label("acceptance", minute=1))
    save(cloud, "b", label(minute=2))
    save(cloud, "b-1", label(minute=2, slices={"2": []}))
    for _ in range(2):
        labels.stamp(SCAN)
    events = cloud.firestore.collection(paths.events(SCAN)).order_by("at").stream()
    lines = {event.id: event.to_dict() for event in events if event.id.startswith("label-")}
    assert {key: line["kind"] for key, line in lines.items()} == {
        "label-a": "accepted",
        "label-b": "corrected",
    }
    assert lines["label-b"]["at"] == NOON + timedelta(minutes=2)
    assert lines["label-b"]["by"] == "r@clinic.org"


def test_a_second_stamp_changes_nothing(cloud, labels):
    save(cloud, "a", label())
    labels.stamp(SCAN)
    before = cloud.firestore.document(paths.scan(SCAN)).get().update_time
    labels.stamp(SCAN)
    assert cloud.firestore.document(paths.scan(SCAN)).get().update_time == before


def test_a_scan_that_was_forgotten_is_not_brought_back(cloud, labels):
    save(cloud, "a", label())
    cloud.firestore.document(paths.scan(SCAN)).delete()
    with pytest.raises(PermanentError, match="no such scan"):
        labels.stamp(SCAN)
    assert scan(cloud) is None


def judged(cloud) -> dict[str, str]:
    blobs = cloud.storage.list_blobs(cloud.results)
    return {blob.name: blob.metadata["judged"] for blob in blobs}


def test_label_files_tell_in_their_metadata_how_each_line_was_judged(cloud, labels):
    both = [BOX.model_copy(update={"judged": how}) for how in ("unseen", "changed")]
    save(cloud, "a", label(slices={"1": [both[0]], "2": both[1:]}))
    save(cloud, "b", label("acceptance"))
    labels.export(SCAN)
    assert judged(cloud) == {CORRECTED: "confirmed", OTHER_SLICE: "changed", INITIAL: "unseen"}


def test_an_answer_that_was_confirmed_since_is_told_though_the_line_is_the_same(cloud, labels):
    unseen, confirmed = (BOX.model_copy(update={"judged": how}) for how in ("unseen", "confirmed"))
    save(cloud, "a", label(slices={"1": [unseen]}))
    labels.export(SCAN)
    before = files(cloud)
    assert judged(cloud) == {CORRECTED: "unseen"}
    save(cloud, "b", label(minute=1, slices={"1": [confirmed]}))
    labels.export(SCAN)
    assert judged(cloud) == {CORRECTED: "confirmed"}
    assert files(cloud) == before
