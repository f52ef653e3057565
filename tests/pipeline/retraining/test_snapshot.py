"""What reviewers said of a scan, merged into one word."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from discai.cloud import paths
from discai.cloud.database import Put
from discai.cloud.labels import LabelRepository, ScanLabels
from discai.cloud.objects import ObjectStore
from discai.cloud.scans import ScanRepository
from discai.records.gradings import LabelledGradings
from discai.records.scans import Label, LabelKind, LabelledBox, ScanRecord, StoredObject
from discai.records.study import SeriesFacts, StudyOfScan
from discai.records.yolo import label_files, parse_name, parse_text
from pipeline.retraining.preparation import parts_of
from pipeline.retraining.snapshot import Snapshot, merge, take_snapshot
from tests.support.records import prediction_of
from tests.support.verdicts import COUNTS, labels_of

START = datetime(2026, 1, 1, tzinfo=UTC)
SCAN = "a" * 26


def box(level: str, herniation: bool, x: float = 10) -> LabelledBox:
    return LabelledBox(x=x, y=20, width=30, height=12, level=level, herniation=herniation)


def label(author: str, minute: int, kind: LabelKind = "correction", **slices: Any) -> Label:
    return Label(
        kind=kind,
        slices={number.removeprefix("s"): boxes for number, boxes in slices.items()},
        author=author,
        author_email=f"{author}@example.org",
        created_at=START + timedelta(minutes=minute),
        model_version="2026-11-24a",
    )


def record() -> ScanRecord:
    stored = StoredObject(bucket="uploads", name="scan.mha", generation=1, size=1)
    return ScanRecord(object=stored, created_at=START, updated_at=START)


def merged(*labels: Label, cutoff_minute: int = 60):
    known = ScanLabels({str(index): each for index, each in enumerate(labels)}, {})
    return merge(SCAN, record(), known, START + timedelta(minutes=cutoff_minute))


def test_a_correction_wins_over_a_newer_acceptance():
    scan = merged(
        label("ann", 1, s8=[box("L4-L5", True)]),
        label("bob", 2, kind="acceptance", s8=[box("L4-L5", False)]),
    )
    assert scan.source == "correction"
    assert scan.slices[8][0].herniation is True


def test_gradings_are_those_that_count():
    told = label("ann", 1, s8=[box("L4-L5", True)])
    graded = {"L4-L5": LabelledGradings(pfirrmann=4, narrowing=True)}
    scan = merged(told.model_copy(update={"gradings": graded}), label("bob", 2, s8=[]))
    assert scan.gradings == graded
    assert Snapshot.model_validate_json(
        Snapshot(cutoff=START, scans=[scan]).model_dump_json()
    ).scans == [scan]


def test_the_newest_word_of_one_reviewer_counts():
    scan = merged(
        label("ann", 1, s8=[box("L4-L5", True)]), label("ann", 2, s8=[box("L4-L5", False)])
    )
    assert scan.slices[8][0].herniation is False
    assert len(scan.authors) == 1


def test_most_reviewers_decide_and_the_newest_if_they_are_divided():
    divided = [label("ann", 1, s8=[box("L4-L5", True)]), label("bob", 2, s8=[box("L4-L5", False)])]
    assert merged(*divided).slices[8][0].herniation is False
    third = label("cem", 3, s8=[box("L4-L5", False)])
    newest = label("ann", 4, s8=[box("L4-L5", True, x=99)])
    scan = merged(*divided, third, newest)
    assert scan.slices[8][0].herniation is False, "two of three say no"
    assert scan.slices[8][0].x == 99, "the boxes are those of the newest"


@pytest.mark.parametrize("case", COUNTS)
def test_what_trains_is_what_the_exported_files_say(case):
    labels = labels_of(case)
    size = {"slice_width": 100, "slice_height": 100, "slice_count": 17, "key_slice": 8}
    files = label_files(SCAN, labels, {"m1": prediction_of("m1").model_copy(update=size)})

    learned = merge(SCAN, record(), ScanLabels(labels, {}), datetime.now(UTC))

    if learned is None:
        assert files == {}
        return
    exported = {}
    for name, text in files.items():
        if (file := parse_name(name)) and file.kind == learned.source:
            boxes = parse_text(text, learned.source, 100, 100)
            number = 8 if file.slice is None else file.slice
            exported[number] = [(round(box.x), box.level, box.herniation) for box in boxes]
    by_level = learned.source == "correction"  # files of acceptances name none
    assert exported == {
        number: [(box.x, box.level if by_level else None, box.herniation) for box in boxes]
        for number, boxes in learned.slices.items()
    }


def test_a_save_in_parts_counts_as_a_whole():
    two = [box("L4-L5", True), box("L5-S1", False)]
    parts: dict[str, Any] = {f"s{number}": two for number in range(20)}
    halves = [dict(list(parts.items())[:8]), dict(list(parts.items())[8:])]
    whole = merged(label("ann", 1, **parts))
    assert merged(*(label("ann", 1, **half) for half in halves)) == whole
    assert merged(*(label("ann", 1, **half) for half in halves[::-1])).slices == whole.slices
    assert len(whole.slices) == 20


def test_every_part_of_a_save_has_its_vote():
    saves = [
        label("ann", 1, s8=[box("L4-L5", True)]),
        label("ann", 1, s9=[box("L4-L5", False)]),
        label("bob", 2, s8=[box("L4-L5", True)]),
        label("cem", 3, s8=[box("L4-L5", False)]),
    ]
    assert merged(*saves).slices[8][0].herniation is True, "two of three say so"


def test_a_save_in_parts_after_the_cutoff_leaves_the_one_before():
    before = label("ann", 1, s8=[box("L4-L5", True)])
    parts = [label("ann", 61, s8=[box("L4-L5", False)]), label("ann", 61, s9=[])]
    assert merged(before, *parts) == merged(before)
    assert set(merged(before, *parts, cutoff_minute=61).slices) == {8, 9}


def test_labels_after_the_cutoff_wait_for_the_next_run():
    assert merged(label("ann", 61, s8=[box("L4-L5", True)])) is None


def test_no_author_can_be_told_from_the_snapshot():
    scan = merged(label("ann", 1, s8=[box("L4-L5", True)]))
    assert "ann" not in scan.model_dump_json()


class Labelled:
    """Scans that a model has read, with what was said of them."""

    def __init__(self, cloud) -> None:
        self.cloud = cloud
        self.prediction = prediction_of("2026-11-24a")

    def add_scan(self, scan_id: str, *said: Label) -> None:
        database = self.cloud.firestore
        known = record().model_copy(update={"model_version": self.prediction.model_version})
        database.document(paths.scan(scan_id)).set(known.to_document())
        read = paths.prediction(scan_id, self.prediction.model_version)
        database.document(read).set(self.prediction.to_document())
        for number, each in enumerate(said):
            database.document(paths.label(scan_id, str(number))).set(each.to_document())
        self.repository.stamp(scan_id)

    def put_by_hand(
        self, name: str, text: str | bytes, metadata: dict[str, str] | None = None
    ) -> None:
        blob = self.cloud.storage.bucket(self.cloud.results).blob(name)
        blob.metadata = metadata
        blob.upload_from_string(text)

    @property
    def repository(self) -> LabelRepository:
        objects = ObjectStore(self.cloud.storage)
        return LabelRepository(self.cloud.database, objects, self.cloud.results)

    def taken(self, cutoff: datetime | None = None) -> Snapshot:
        cloud = self.cloud
        return take_snapshot(
            cloud.database, cloud.storage, cloud.results, cutoff or datetime.now(UTC)
        )


@pytest.fixture
def labelled(cloud) -> Labelled:
    return Labelled(cloud)


def test_a_snapshot_holds_labelled_scans_and_imported_files(labelled):
    labelled.add_scan("a" * 26, label("ann", 1, s1=[box("L4-L5", True)]))
    labelled.add_scan("b" * 26)
    labelled.add_scan("c" * 26)
    labelled.put_by_hand(f"user_corrected_labels/overlay_{'b' * 26}.txt", "7 0.5 0.5 0.2 0.1\n")

    taken = labelled.taken()

    assert [scan.scan_id for scan in taken.scans] == ["a" * 26, "b" * 26]
    (disc,) = taken.scans[1].slices[labelled.prediction.key_slice]
    assert (disc.level, disc.herniation) == ("L4-L5", True)
    assert labelled.taken(taken.cutoff).digest == taken.digest


def test_whoever_puts_a_file_there_answers_for_it_but_for_lines_that_a_copy_calls_unseen(labelled):
    for scan_id, metadata in (("a" * 26, None), ("b" * 26, {"judged": "unseen changed"})):
        labelled.add_scan(scan_id)
        name = f"initial_model_predictions/initial_{scan_id}.txt"
        lines = "1 0.5 0.5 0.2 0.1\n0 0.5 0.8 0.2 0.1\n"
        labelled.put_by_hand(name, lines, metadata)
    by_hand, copied = (
        [box.judged for boxes in scan.slices.values() for box in boxes]
        for scan in labelled.taken().scans
    )
    assert by_hand == ["confirmed", "confirmed"]
    assert copied == ["unseen", "confirmed"]


def test_a_correction_put_there_by_hand_wins_over_an_acceptance_and_no_correction(labelled):
    accepted = label("ann", 1, kind="acceptance", s1=[box("L4-L5", False)])
    labelled.add_scan("a" * 26, accepted)
    labelled.add_scan("b" * 26, accepted, label("bob", 2, s1=[box("L4-L5", False)]))
    before = datetime.now(UTC)
    for name in ("a", "b"):
        labelled.repository.export(name * 26)
        correction = f"user_corrected_labels/overlay_{name * 26}_s02.txt"
        labelled.put_by_hand(correction, "7 0.5 0.5 0.2 0.1\n")

    by_hand, by_label = labelled.taken().scans

    assert (by_hand.source, list(by_hand.slices)) == ("correction", [2])
    assert by_hand.slices[2][0].herniation is True
    assert (by_label.source, list(by_label.slices)) == ("correction", [1])
    assert [scan.source for scan in labelled.taken(before).scans] == ["acceptance", "correction"]


def test_files_of_labels_that_were_deleted_are_not_learned_from(labelled):
    labelled.add_scan("a" * 26, label("ann", 1, s1=[box("L4-L5", True)]))
    labelled.repository.export("a" * 26)
    labelled.cloud.firestore.document(paths.label("a" * 26, "0")).delete()
    assert labelled.taken().scans == []


def test_files_copied_from_another_deployment_are_learned_from(labelled, cloud):
    labelled.add_scan("a" * 26)
    elsewhere = cloud.storage.create_bucket(f"{cloud.project}-elsewhere")
    blob = elsewhere.blob(f"user_corrected_labels/overlay_{'a' * 26}.txt")
    blob.metadata = {"exported-to": f"{elsewhere.name}/{blob.name}"}
    blob.upload_from_string("7 0.5 0.5 0.2 0.1\n")
    elsewhere.copy_blob(blob, cloud.storage.bucket(cloud.results))
    assert [scan.source for scan in labelled.taken().scans] == ["correction"]


def test_files_copied_from_another_scan_are_learned_from(labelled, cloud):
    labelled.add_scan("a" * 26, label("ann", 1, s1=[box("L4-L5", True)]))
    labelled.repository.export("a" * 26)
    labelled.add_scan("b" * 26)
    results = cloud.storage.bucket(cloud.results)
    (exported,) = results.list_blobs()
    results.copy_blob(exported, results, exported.name.replace("a" * 26, "b" * 26))
    labelled.repository.export("b" * 26)
    assert [scan.scan_id for scan in labelled.taken().scans] == ["a" * 26, "b" * 26]


@pytest.mark.parametrize("text", ["a note\n", "99 0.5 0.5 0.2 0.1\n", b"\xff\xfe"])
def test_a_label_file_that_can_not_be_read_is_named_and_stops_nothing(labelled, text):
    accepted = label("ann", 1, kind="acceptance", s1=[box("L4-L5", False)])
    labelled.add_scan("a" * 26, accepted)
    labelled.add_scan("b" * 26)
    names = [f"user_corrected_labels/overlay_{name * 26}.txt" for name in "ab"]
    before = datetime.now(UTC)
    for name in names:
        labelled.put_by_hand(name, text)

    taken = labelled.taken()

    assert [(scan.scan_id, scan.source) for scan in taken.scans] == [("a" * 26, "acceptance")]
    assert [each.scan_id for each in taken.refused] == ["a" * 26, "b" * 26]
    for name, each in zip(names, taken.refused, strict=True):
        assert name in each.reason
    assert Snapshot.model_validate_json(taken.model_dump_json()) == taken
    assert labelled.taken(before).refused == []


def test_a_file_of_an_acceptance_says_nothing_to_a_scan_that_was_accepted(labelled):
    labelled.add_scan("a" * 26, label("ann", 1, kind="acceptance", s1=[box("L4-L5", False)]))
    labelled.put_by_hand(f"initial_model_predictions/initial_{'a' * 26}.txt", "a note\n")
    taken = labelled.taken()
    assert [scan.source for scan in taken.scans] == ["acceptance"]
    assert taken.refused == []


def test_a_file_without_levels_is_refused_where_the_model_found_no_disc(labelled):
    labelled.prediction = labelled.prediction.model_copy(update={"discs": []})
    labelled.add_scan("a" * 26)
    name = f"initial_model_predictions/initial_{'a' * 26}.txt"
    labelled.put_by_hand(name, "1 0.5 0.5 0.2 0.1\n")
    (refused,) = labelled.taken().refused
    assert name in refused.reason


def test_a_snapshot_knows_which_scans_are_of_one_patient(cloud):
    """The snapshot, not the scans' records, is what the dataset is divided by."""
    scans, reviewer = ScanRepository(cloud.database), label("ann", 1, s8=[box("L4-L5", True)])
    for number, name in enumerate("abcd"):
        scan_id, patient = name * 26, "e" if name in "ad" else "f"
        study = StudyOfScan(
            study_key=name * 26,
            patient_key=patient * 26,
            series=SeriesFacts(number=1, digest="0" * 32),
        )
        stamped = {"study": study, "last_label_at": START + timedelta(minutes=number)}
        scans.create(scan_id, record().model_copy(update=stamped))
        prediction = prediction_of(reviewer.model_version)
        for path, made in (
            (paths.prediction(scan_id, reviewer.model_version), prediction),
            (paths.label(scan_id, "one"), reviewer),
        ):
            cloud.database.commit([Put(path, made.to_document())])
    taken = take_snapshot(cloud.database, cloud.storage, cloud.results, datetime.now(UTC))
    again = Snapshot.model_validate_json(taken.model_dump_json())
    assert again == taken
    assert again.digest == taken.digest
    digests = {scan.scan_id: scan.scan_id[0] * 12 for scan in again.scans}
    patients = {
        scan[0]: part.patient for scan, part in parts_of(again.scans, digests, frozenset()).items()
    }
    assert patients["a"] == patients["d"] != patients["b"] == patients["c"]
