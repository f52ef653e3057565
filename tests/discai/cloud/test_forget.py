"""Forgetting one patient's scan: all of it goes, nothing of anybody else."""

import contextlib
import json
import secrets
from collections.abc import Generator
from datetime import UTC, datetime, timedelta

import pytest

from discai.cloud import paths
from discai.cloud.claim import LeaseLostError
from discai.cloud.database import Database, Put
from discai.cloud.forget import ForgetSettings, forget
from discai.cloud.labels import LabelRepository
from discai.cloud.objects import ObjectStore
from discai.cloud.paths import scan_id
from discai.cloud.production import ProductionRepository
from discai.cloud.rereading import RereadRepository
from discai.cloud.scans import ScanRepository
from discai.commands.cli import main
from discai.errors import PermanentError, RetryableError
from discai.records.filing import Filed, FilingOrder, SeriesFiling
from discai.records.models import RefusedLabel, Reread
from discai.records.scans import Event, Label, LabelledBox, Lease, ScanRecord, StoredObject
from discai.records.study import SeriesFacts, StudyOfScan
from tests.support.documents import change_fields, fields_of
from tests.support.records import prediction_of, run_of


class Hospital:
    """A project with scans that have all that the loop makes of one."""

    def __init__(self, cloud) -> None:
        self.cloud = cloud
        self.pipeline = f"{cloud.project}-pipeline"
        cloud.storage.create_bucket(self.pipeline)
        self.settings = ForgetSettings(
            google_cloud_project=cloud.project,
            results_bucket=cloud.results,
            pipeline_bucket=self.pipeline,
        )

    def add_scan(self, name: str, lease: Lease | None = None) -> str:
        blob = self.put(self.cloud.uploads, name)
        key = scan_id(self.cloud.uploads, name, blob.generation)
        stored = StoredObject(
            bucket=self.cloud.uploads, name=name, generation=blob.generation, size=3
        )
        now = datetime.now(UTC)
        scan = ScanRecord(object=stored, created_at=now, updated_at=now, lease=lease)
        document = self.cloud.firestore.document(paths.scan(key))
        document.set(scan.to_document())
        event = Event(kind="queued", at=now, by="test")
        self.cloud.firestore.document(paths.event(key, "queued")).set(event.to_document())
        self.cloud.firestore.document(paths.label(key, "one")).set({"kind": "correction"})
        self.cloud.firestore.document(paths.annotation(key, "one")).set({"kind": "distance"})
        self.put(self.cloud.results, paths.results_folder(key) + "2026/slice-00.png")
        self.put(self.cloud.results, f"user_corrected_labels/overlay_{key}.txt")
        self.put(self.cloud.results, f"user_corrected_labels/overlay_{key}_s03.txt")
        self.put(self.cloud.results, f"initial_model_predictions/initial_{key}.txt")
        self.put(self.pipeline, f"datasets/abc/crops/{key}-L4-L5.png")
        return key

    def put(self, bucket: str, name: str):
        blob = self.cloud.storage.bucket(bucket).blob(name)
        blob.upload_from_string(secrets.token_bytes(3))
        return blob

    def names_with(self, text: str) -> list[str]:
        names = [
            blob.name
            for bucket in (self.cloud.uploads, self.cloud.results, self.pipeline)
            for blob in self.cloud.storage.list_blobs(bucket, versions=True)
        ]
        for collection in ("scans", "events", "labels", "annotations"):
            found = self.cloud.firestore.collection_group(collection).stream()
            names += [document.reference.path for document in found]
        return [name for name in names if text in name]


@pytest.fixture
def hospital(cloud) -> Hospital:
    return Hospital(cloud)


def reread_of(scan_id: str, lease: Lease) -> Reread:
    now = datetime.now(UTC)
    return Reread(
        scan_id=scan_id,
        model_version="m2",
        object_name="x/scan.mha",
        state="waiting",
        asked_at=now,
        asked_by="admin@x.org",
        updated_at=now,
        lease=lease,
    )


def save_label(database: Database, scan: str) -> None:
    """A correction of what m1 read."""
    label = Label(
        kind="correction",
        slices={"1": [LabelledBox(x=1, y=2, width=4, height=8, level="L5-S1", herniation=True)]},
        author="r",
        author_email="r@x.org",
        created_at=datetime.now(UTC),
        model_version="m1",
    )
    read = Put(paths.prediction(scan, "m1"), prediction_of("m1").to_document())
    database.commit([read, Put(paths.label(scan, "two"), label.to_document())])


def test_everything_of_a_scan_goes_and_is_listed_and_its_neighbour_stays(hospital):
    mine, other = hospital.add_scan("mine.mha"), hospital.add_scan("other.mha")
    of_other = hospital.names_with(other)
    removed = list(forget(mine, hospital.settings))
    assert hospital.names_with(mine) == []
    assert hospital.names_with("mine.mha") == []
    assert hospital.names_with(other) == of_other
    assert hospital.names_with("other.mha")
    assert len(removed) == 1 + 1 + 4 + 1 + 3


def test_tables_and_snapshots_of_the_pipeline_lose_what_they_say_of_it(hospital):
    mine, other = hospital.add_scan("mine.mha"), hospital.add_scan("other.mha")
    bucket = hospital.cloud.storage.bucket(hospital.pipeline)
    rows = ["crop,scan\n", f"{mine}-s08-L4-L5.png,{mine}\n", f"{other}-s08-L4-L5.png,{other}\n"]
    scans = [{"scan_id": key, "object": {"name": f"{key}.mha"}} for key in (mine, other)]
    table, snapshot = "datasets/abc/labels.csv", "runs/1/retrain-000001/snapshot_2/labels"
    bucket.blob(table).upload_from_string("".join(rows))
    refused = [{"scan_id": key, "reason": f"{key}.txt: no text"} for key in (mine, other)]
    said = {"cutoff": "2026-11-01", "scans": scans, "refused": refused}
    bucket.blob(snapshot).upload_from_string(json.dumps(said))
    removed = list(forget(mine, hospital.settings))
    left = json.loads(bucket.blob(snapshot).download_as_text())
    assert left == {"cutoff": "2026-11-01", "scans": scans[1:], "refused": refused[1:]}
    assert bucket.blob(table).download_as_text() == rows[0] + rows[2]
    assert any("labels.csv" in name for name in removed)


def test_retraining_runs_lose_what_they_say_of_it(hospital):
    mine, other = hospital.add_scan("mine.mha"), hospital.add_scan("other.mha")
    refused = [RefusedLabel(scan_id=key, reason="Two levels.") for key in (mine, other)]
    run = run_of(1, datetime.now(UTC), refused=refused)
    hospital.cloud.database.commit([Put(paths.run(1), run.to_document())])
    assert f"{paths.run(1)}: what it said of the scan" in list(forget(mine, hospital.settings))
    left = hospital.cloud.database.get(paths.run(1)).fields["refused"]
    assert [each["scanId"] for each in left] == [other]


def test_another_upload_of_the_same_name_is_another_scan_and_stays(hospital):
    bucket = hospital.cloud.storage.bucket(hospital.cloud.uploads)
    bucket.versioning_enabled = True
    bucket.patch()
    first, second = hospital.add_scan("scan.mha"), hospital.add_scan("scan.mha")
    list(forget(first, hospital.settings))
    (left,) = hospital.cloud.storage.list_blobs(hospital.cloud.uploads, versions=True)
    assert scan_id(left.bucket.name, left.name, left.generation) == second


def test_a_removal_that_was_cut_off_is_finished_by_the_next(hospital):
    scan = hospital.add_scan("scan.mha")
    half = forget(scan, hospital.settings)
    next(half)
    next(half)
    assert isinstance(half, Generator)
    half.close()
    list(forget(scan, hospital.settings))
    assert hospital.names_with(scan) == []
    with pytest.raises(PermanentError) as refusal:
        list(forget(scan, hospital.settings))
    assert refusal.value.code == "not-found"


def test_a_scan_that_is_being_read_is_left_whole(hospital):
    until = datetime.now(UTC) + timedelta(minutes=1)
    scan = hospital.add_scan("scan.mha", Lease(holder="worker", until=until))
    before = hospital.names_with(scan)
    with pytest.raises(RetryableError):
        list(forget(scan, hospital.settings))
    assert hospital.names_with(scan) == before


def test_what_models_read_in_it_again_goes_as_well_and_not_while_one_reads(hospital):
    scan = hospital.add_scan("scan.mha")
    rereads = hospital.cloud.firestore.collection(paths.rereads("m2"))
    until = datetime.now(UTC) + timedelta(minutes=1)
    reread = reread_of(scan, Lease(holder="worker", until=until))
    rereads.document(scan).set(reread.to_document())
    rereads.document("another").set(reread.to_document())
    before = hospital.names_with(scan)
    with pytest.raises(RetryableError):
        list(forget(scan, hospital.settings))
    assert hospital.names_with(scan) == before
    rereads.document(scan).update({"lease": None})
    assert paths.reread("m2", scan) in list(forget(scan, hospital.settings))
    assert [each.id for each in rereads.get()] == ["another"]


def test_a_scan_that_is_being_forgotten_goes_to_no_worker(hospital):
    scan = hospital.add_scan("scan.mha")
    scans = ScanRepository(hospital.cloud.database)
    for _ in forget(scan, hospital.settings):
        with pytest.raises(PermanentError) as refusal:
            scans.claim(scan, "worker")
        assert refusal.value.code == "unknown-scan"
    assert hospital.names_with(scan) == []


def test_a_worker_that_slept_past_its_lease_does_not_go_on_with_a_scan_that_is_forgotten(hospital):
    scan = hospital.add_scan("scan.mha")
    sleeper = ScanRepository(hospital.cloud.database, lease_seconds=-1).claim(scan, "sleeper")
    for _ in forget(scan, hospital.settings):
        with pytest.raises(LeaseLostError):
            sleeper.check()
    assert hospital.names_with(scan) == []


def test_an_upload_whose_event_comes_once_more_stays_forgotten(hospital):
    scan = hospital.add_scan("scan.mha")
    scans = ScanRepository(hospital.cloud.database)
    stored = scans.get(scan)
    list(forget(scan, hospital.settings))
    assert stored
    assert not scans.create(scan, stored)
    assert hospital.names_with(scan) == []


def test_a_label_that_is_exported_meanwhile_leaves_no_file(hospital):
    database = hospital.cloud.database
    labels = LabelRepository(database, ObjectStore(hospital.cloud.storage), hospital.cloud.results)
    removals = 1
    while removals:  # exported after the first removal, after the second and so on
        scan = hospital.add_scan(f"{removals}.mha")
        save_label(database, scan)
        for number, _ in enumerate(forget(scan, hospital.settings), start=1):
            if number == removals:
                with contextlib.suppress(PermanentError):
                    labels.export(scan)
                    labels.stamp(scan)
        assert hospital.names_with(scan) == []
        removals = removals + 1 if removals < number else 0


def test_a_scan_that_is_to_be_read_again_meanwhile_is_not(hospital):
    scan = hospital.add_scan("scan.mha")
    database = hospital.cloud.database
    change_fields(database, paths.scan(scan), {"status": "done", "modelVersion": "m1"})
    ProductionRepository(database).move("m2", "sha256:2", by="run", reason="Better.")
    rereads = RereadRepository(database)
    removal = forget(scan, hospital.settings)
    next(removal)
    assert [request.scan_id for request in rereads.order("m2", 9, by="admin@x.org")] == [scan]
    assert rereads.claim(scan, "m2", serving="m2", worker="worker") is None
    assert fields_of(database, paths.reread("m2", scan)) is None
    rereads.order("m2", 9, by="admin@x.org")
    list(removal)
    assert fields_of(database, paths.reread("m2", scan)) is None
    assert hospital.names_with(scan) == []


def test_the_command_asks_first(hospital, monkeypatch, capsys):
    scan = hospital.add_scan("scan.mha")
    monkeypatch.setenv("PIPELINE_BUCKET", hospital.pipeline)
    monkeypatch.setattr("builtins.input", lambda _: "no")
    assert main(["forget", scan]) == 1
    assert hospital.names_with(scan)
    assert main(["forget", scan, "--yes"]) == 0
    assert paths.scan(scan) in capsys.readouterr().out.split()
    assert main(["forget", "../etc", "--yes"]) == 2


def with_filing(hospital: Hospital, lease: Lease | None = None) -> tuple[str, str]:
    """Two scans of one study, of which results were filed."""
    now, study = datetime.now(UTC), "s" * 26
    scans = hospital.add_scan("mine.mha"), hospital.add_scan("other.mha")
    order = FilingOrder(filing="drafts", asked_at=now, due_at=None, lease=lease, updated_at=now)
    for scan in scans:
        place = StudyOfScan(study_key=study, series=SeriesFacts(number=1, digest="0" * 32))
        change_fields(hospital.cloud.database, paths.scan(scan), {"study": place.to_document()})
        filed = Filed(kind="SR", uid="u" * 26, at=now, of=scan, model_version="m1")
        order = order.model_copy(
            update={
                "series": {**order.series, scan: SeriesFiling(state="filed")},
                "filed": [*order.filed, filed],
            }
        )
    hospital.cloud.database.commit([Put(paths.filing(study), order.to_document())])
    return scans


def test_what_was_filed_is_listed_and_noted_no_more(hospital):
    mine, other = with_filing(hospital)
    removed = list(forget(mine, hospital.settings))
    assert sum(line.startswith("still in the archive: SR of 20") for line in removed) == 1
    left = fields_of(hospital.cloud.database, paths.filing("s" * 26))
    assert left is not None
    assert mine not in str(left)
    assert (list(left["series"]), [each["of"] for each in left["filed"]]) == ([other], [other])
    list(forget(other, hospital.settings))
    assert fields_of(hospital.cloud.database, paths.filing("s" * 26)) is None


def test_nothing_is_removed_while_results_of_its_study_are_filed(hospital):
    lease = Lease(holder="w", until=datetime.now(UTC) + timedelta(minutes=1))
    mine, _ = with_filing(hospital, lease)
    before = hospital.names_with(mine)
    with pytest.raises(RetryableError, match="filing results"):
        list(forget(mine, hospital.settings))
    assert hospital.names_with(mine) == before
