"""A study says what its series say, whichever ends first, twice, late or together with another."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from discai.cloud import paths
from discai.cloud.database import Put
from discai.cloud.filing import FilingOrders, FilingRepository
from discai.cloud.labels import LabelRepository
from discai.cloud.retraining import RetrainingRepository
from discai.cloud.scans import ScanRepository
from discai.cloud.studies import StudyRepository
from discai.records.filing import FilingRequest
from discai.records.record import Failure
from discai.records.scans import Forgotten, Label, LabelledBox
from discai.records.study import (
    LeftOut,
    SeriesFacts,
    SeriesOfSplit,
    Split,
    StudyOfScan,
)
from functions.on_label_created import handle
from tests.support.fakes import FakePublisher
from tests.support.memory_objects import MemoryObjects
from tests.support.records import prediction_of, queued_scan

STUDY, PATIENT = "s" * 26, "p" * 26
ARCHIVE, T1, T2, STIR = ("a" * 26, "b" * 26, "c" * 26, "d" * 26)
SEQUENCES = {T1: "T1", T2: "T2", STIR: "STIR"}
LEFT_OUT = LeftOut(what="axial T2, 30 slices", reason="not sagittal")


class Archive:
    """An archive of three series, each read by a claim of its own."""

    def __init__(self, database) -> None:
        self.database = database
        self.scans = ScanRepository(database)
        self.labels = LabelRepository(database, MemoryObjects(), "results")
        self.studies = StudyRepository(database, self.labels)
        facts = {
            scan_id: SeriesFacts(number=number, sequence=sequence, slices=17, digest="0" * 32)
            for number, (scan_id, sequence) in enumerate(SEQUENCES.items(), 1)
        }
        self.scans.create(ARCHIVE, queued_scan())
        self.scans.claim(ARCHIVE, "worker").split(
            Split(
                series=[SeriesOfSplit(**each.model_dump(), scan_id=k) for k, each in facts.items()],
                left_out=[LEFT_OUT],
                warnings=[],
            )
        )
        for scan_id, series in facts.items():
            place = StudyOfScan(study_key=STUDY, patient_key=PATIENT, series=series, parent=ARCHIVE)
            self.scans.create(scan_id, queued_scan().model_copy(update={"study": place}))

    def read(self, scan_id: str, herniation: float | None) -> None:
        """The worker's end of one series; None: it can't be read."""
        claim = self.scans.claim(scan_id, "worker")
        if herniation is None:
            claim.fail(Failure(code="not-lumbar", message="It is none."))
        else:
            read = prediction_of("m1")
            disc = read.discs[0].model_copy(update={"herniation": herniation})
            claim.finish(read.model_copy(update={"discs": [disc]}), [], {})
        self.studies.refresh_of(scan_id)

    def judge(self, scan_id: str, herniation: bool, judged: str = "confirmed") -> None:
        box = LabelledBox(
            x=1, y=2, width=4, height=8, level="L5-S1", herniation=herniation, judged=judged
        )
        label = Label(
            kind="correction",
            slices={"1": [box]},
            author="r",
            author_email="r@clinic.org",
            created_at=datetime.now(UTC),
            model_version="m1",
        )
        self.database.commit([Put(paths.label(scan_id, "one"), label.to_document())])
        self.studies.refresh_of(scan_id)


@pytest.fixture
def archive(database) -> Archive:
    return Archive(database)


def test_a_study_has_one_answer_of_all_series_that_are_read(archive):
    archive.read(T2, 0.9)
    study = archive.studies.get(STUDY)
    assert (study.patient_key, study.left_out) == (PATIENT, [LEFT_OUT])
    assert {key: series.status for key, series in study.series.items()} == {
        T1: "queued",
        T2: "done",
        STIR: "queued",
    }
    assert [(disc.level, disc.herniation) for disc in study.discs] == [("L5-S1", 0.9)]
    archive.read(T1, 0.1)
    archive.read(STIR, None)
    study = archive.studies.get(STUDY)
    (disc,) = study.discs
    assert disc.per_series == {T1: 0.1, T2: 0.9}
    assert disc.herniation == pytest.approx(0.5)
    assert disc.disagreement
    assert study.series[STIR].status == "failed"


def test_neither_order_nor_repetition_changes_a_study(archive):
    said = {T1: 0.3, T2: 0.6, STIR: None}
    chance = random.Random(1)
    for scan_id in chance.sample(sorted(said), 3):
        archive.read(scan_id, said[scan_id])
    first = archive.studies.get(STUDY)
    for _ in range(3):
        archive.studies.refresh(STUDY)
    assert archive.studies.get(STUDY) == first  # the moment of its last change, too


def test_series_that_end_together_are_all_in_their_study(archive):
    with ThreadPoolExecutor(3) as pool:
        said = {T1: 0.3, T2: 0.6, STIR: 0.2}
        list(pool.map(archive.read, said, said.values()))
    study = archive.studies.get(STUDY)
    assert {series.status for series in study.series.values()} == {"done"}
    assert study.discs[0].per_series == said


def test_a_reviewers_answer_in_any_series_is_the_studys(archive):
    for scan_id in SEQUENCES:
        archive.read(scan_id, 0.4)
    assert archive.studies.get(STUDY).discs[0].verdict is None
    archive.judge(T1, True, "unseen")
    assert archive.studies.get(STUDY).discs[0].verdict is None, "nobody gave it"
    archive.judge(T2, False)
    assert archive.studies.get(STUDY).discs[0].verdict is False
    archive.judge(STIR, True)
    assert archive.studies.get(STUDY).discs[0].verdict is True


def test_one_save_for_two_series_is_an_answer_of_the_study_and_a_labelled_scan_of_each(
    archive, database
):
    for scan_id in (T1, T2):
        archive.read(scan_id, 0.9)
        archive.judge(scan_id, False)
    was_new, publisher = [], FakePublisher()
    filing = FilingOrders(FilingRepository(database), publisher, "reviewed")
    for scan_id in (T2, T1, T1, T2):
        label = archive.labels.label(scan_id, "one")
        was_new.append(handle(scan_id, label, archive.labels, archive.studies, filing))
    assert publisher.published == [FilingRequest(study_key=STUDY)] * 2
    assert was_new == [True, True, False, False]
    assert archive.studies.get(STUDY).discs[0].verdict is False
    assert [archive.scans.get(scan_id).label_count for scan_id in (T1, T2)] == [1, 1]
    assert RetrainingRepository(database, 50).count().count == 2


def test_what_is_forgotten_is_no_part_of_a_study_and_an_empty_study_is_gone(archive):
    archive.read(T1, 0.3)
    for number, scan_id in enumerate(SEQUENCES, 1):
        note = Forgotten(at=datetime.now(UTC)).to_document()
        archive.database.commit([Put(paths.forgotten(scan_id), note)])
        archive.studies.refresh(STUDY)
        study = archive.studies.get(STUDY)
        assert (len(study.series) if study else 0) == 3 - number
    assert archive.studies.get(STUDY) is None


def test_a_scan_without_a_study_has_none(archive):
    archive.studies.refresh_of(ARCHIVE)
    archive.studies.refresh_of("e" * 26)
    assert archive.studies.get(STUDY) is None


def test_loose_slices_that_nobody_reads_are_left_out_of_their_study_as_those_of_an_archive(archive):
    first, again, other = "e" * 26, "f" * 26, "g" * 26
    localizer = LeftOut(what="sagittal localizer, 3 slices", reason="a localizer")

    def leave_out(scan_id: str, *things: LeftOut) -> None:
        archive.scans.create(scan_id, queued_scan())
        nothing = Split(series=[], left_out=list(things), warnings=[], study_key=STUDY)
        archive.scans.claim(scan_id, "worker").split(nothing)
        for _ in range(2):
            archive.studies.refresh_of(scan_id)

    leave_out(first, LEFT_OUT)
    assert archive.studies.get(STUDY).left_out == [LEFT_OUT.model_copy(update={"count": 2})]
    leave_out(other, localizer)
    archive.scans.supersede(first, by=again)
    leave_out(again, longer := LEFT_OUT.model_copy(update={"what": "axial T2, 31 slices"}))
    assert archive.studies.get(STUDY).left_out == [LEFT_OUT, longer, localizer]
    note = Forgotten(at=datetime.now(UTC)).to_document()
    archive.database.commit([Put(paths.forgotten(other), note)])
    archive.studies.refresh(STUDY)
    assert archive.studies.get(STUDY).left_out == [LEFT_OUT, longer]
