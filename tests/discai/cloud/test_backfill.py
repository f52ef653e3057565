"""Scans of earlier versions get their study and patient, once, whatever else goes on."""

from datetime import UTC, datetime

import pytest

from discai.cloud import paths
from discai.cloud.backfill import Backfill
from discai.cloud.database import Put
from discai.cloud.objects import ObjectStore
from discai.commands.backfill import backfill_studies
from discai.phantom import PhantomOptions, draw_phantom, write_phantom
from discai.records.keys import Keys
from discai.records.scans import Forgotten, ScanRecord, StoredObject
from tests.support.records import prediction_of
from tests.support.scan_files import zip_bytes
from tests.support.studies.drawing import acquisition, named

SECRET = "of a test, with enough letters in it"


class Hospital:
    """Scans that were read before there were studies."""

    def __init__(self, cloud) -> None:
        self.cloud = cloud
        self.complaints: list[str] = []
        self.backfill = Backfill(
            cloud.database, ObjectStore(cloud.storage), cloud.results, Keys(SECRET)
        )

    def add(self, name: str, data: bytes, status: str = "done") -> str:
        blob = self.cloud.storage.bucket(self.cloud.uploads).blob(name)
        blob.upload_from_string(data)
        stored = StoredObject.model_validate(blob._properties)
        key = paths.scan_id(stored.bucket, stored.name, stored.generation)
        now = datetime.now(UTC)
        scan = ScanRecord(
            object=stored, status=status, created_at=now, updated_at=now, model_version="m1"
        ).to_document()
        del scan["study"]  # as earlier versions wrote it
        self.cloud.database.commit(
            [
                Put(paths.scan(key), scan),
                Put(paths.prediction(key, "m1"), prediction_of("m1").to_document()),
            ]
        )
        return key

    def run(self, *, dry_run: bool = False) -> int:
        return backfill_studies(self.backfill, self.complaints.append, dry_run=dry_run)

    def study_of(self, scan_id: str):
        return self.backfill._scans.get(scan_id).study


def archive(sequence: str, study: str, patient: str) -> bytes:
    datasets = acquisition(sequence, count=3, series=f"{study}.{sequence[-1]}")
    for dataset in datasets:
        dataset.StudyInstanceUID, dataset.PatientID = study, patient
    return zip_bytes(named(datasets))


@pytest.fixture
def hospital(cloud) -> Hospital:
    return Hospital(cloud)


def test_series_of_one_study_and_studies_of_one_patient_find_each_other(hospital, capsys):
    t1 = hospital.add("a/t1.zip", archive("T1", "1.2.3", "17"))
    t2 = hospital.add("b/t2.zip", archive("T2", "1.2.3", "17"))
    later = hospital.add("c/t2.zip", archive("T2", "1.2.4", "17"))
    assert hospital.run(dry_run=True) == 0
    assert hospital.study_of(t1) is None
    assert "3 of 3 scans would get their study, 0 could not." in capsys.readouterr().out
    assert hospital.run() == 0
    keys = [hospital.study_of(each).study_key for each in (t1, t2, later)]
    assert (keys[0] == keys[1], keys[0] == keys[2]) == (True, False)
    assert len({hospital.study_of(each).patient_key for each in (t1, t2, later)}) == 1
    assert hospital.study_of(t2).series.sequence == "T2"
    study = hospital.backfill._studies.get(keys[0])
    assert set(study.series) == {t1, t2}
    assert set(study.discs[0].per_series) == {t1, t2}
    capsys.readouterr()
    assert hospital.run() == 0
    assert capsys.readouterr().out == "0 of 0 scans got their study, 0 could not.\n"


def test_files_that_say_nothing_belong_to_their_folder_and_only_what_was_read_is_opened(
    hospital, tmp_path
):
    write_phantom(draw_phantom(PhantomOptions(slices=3)), tmp_path / "scan.mha")
    data = (tmp_path / "scan.mha").read_bytes()
    first, second = (hospital.add(f"study/{name}.mha", data) for name in ("t1", "t2"))
    failed = hospital.add("study/failed.mha", b"no scan", status="failed")
    assert hospital.run() == 0
    assert hospital.study_of(first).study_key == hospital.study_of(second).study_key
    assert hospital.study_of(first).patient_key is None
    assert hospital.study_of(failed) is None


def test_one_that_can_not_be_opened_is_told_of_and_doesnt_stop_the_others(hospital):
    gone = hospital.add("a/gone.zip", archive("T2", "1.2.3", "17"))
    blob = hospital.cloud.storage.bucket(hospital.cloud.uploads).blob("a/gone.zip")
    blob.delete()
    damaged = hospital.add("a/damaged.zip", b"PK\3\4 and no more")
    t2 = hospital.add("b/t2.zip", archive("T2", "1.2.3", "17"))
    assert hospital.run() == 2
    assert hospital.study_of(t2) is not None
    assert {line.split(":")[0] for line in hospital.complaints} == {gone, damaged}


def test_a_scan_that_is_forgotten_meanwhile_stays_without(hospital):
    scan = hospital.add("a/t2.zip", archive("T2", "1.2.3", "17"))
    note = Forgotten(at=datetime.now(UTC)).to_document()
    hospital.cloud.database.commit([Put(paths.forgotten(scan), note)])
    assert hospital.run() == 0
    assert hospital.study_of(scan) is None


def test_a_call_that_was_cut_off_before_it_worked_the_study_out_is_mended(hospital, capsys):
    scan = hospital.add("a/t2.zip", archive("T2", "1.2.3", "17"))
    backfill = hospital.backfill

    class CutOff(Exception):  # noqa: N818 - it stands for a process that ends
        pass

    def cut_off(_):
        raise CutOff

    refresh, backfill._studies.refresh = backfill._studies.refresh, cut_off
    with pytest.raises(CutOff):
        hospital.run()
    backfill._studies.refresh = refresh
    assert hospital.study_of(scan) is not None
    assert hospital.run() == 0
    assert "did not list a scan of theirs, and do now: 1." in capsys.readouterr().out
    key = hospital.study_of(scan).study_key
    assert set(backfill._studies.get(key).series) == {scan}
