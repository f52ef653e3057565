"""Results of a study reach the archive once, whoever asks how often and whatever dies meanwhile."""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from discai.anatomy import disc_value
from discai.cloud import filing, paths
from discai.cloud.claim import HeldError
from discai.cloud.database import Delete, Put
from discai.errors import PermanentError, RetryableError
from discai.records.scans import Forgotten, Prediction, ScanRecord
from inference_service import filing as filer
from inference_service import results
from inference_service.filing import Filer
from inference_service.results import SeriesResults
from tests.support.documents import change_fields, end_lease
from tests.support.filing import (
    KEYS,
    MODELS,
    STUDY,
    T1,
    T2,
    Clinic,
    FakeArchive,
    predecessor_of,
    slices_of,
    volume,
)
from tests.support.memory_database import MemoryDatabase

pytestmark = pytest.mark.usefixtures("decoding_here")

KINDS = ("SEG", "SR", "PDF")
AWAY = RetryableError("unavailable", "The archive does not answer at the moment; please try again.")


@pytest.fixture
def clinic() -> Clinic:
    return Clinic(MemoryDatabase())


def filed(clinic: Clinic) -> list[tuple[str, str, str, str | None]]:
    return [(each.kind, each.of, each.model_version, each.label) for each in clinic.order.filed]


def check_notes(clinic: Clinic) -> None:
    """What is noted is what the archive has, each once."""
    noted = Counter(each.uid for each in clinic.order.filed)
    assert noted == Counter(KEYS.of_instance(uid) for uid in clinic.archive.files)


def test_all_results_of_each_series_are_filed(clinic):
    clinic.add(T1)
    clinic.add(T2)
    order = clinic.file()
    assert filed(clinic) == [(kind, of, "m1", None) for of in (T1, T2) for kind in KINDS]
    assert {each.state for each in order.series.values()} == {"filed"}
    assert (order.due_at, order.lease, order.sending) == (None, None, [])
    check_notes(clinic)
    [first, _] = clinic.archive.of_modality("SR")
    assert (first.PreliminaryFlag, first.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    assert {str(each.PatientName) for each in clinic.archive.of_modality("SEG")} == {"Doe^Jane"}


def test_the_segmentation_is_the_one_that_was_stored(clinic):
    clinic.add(T2)
    clinic.file()
    [seg] = clinic.archive.of_modality("SEG")
    labels = [segment.SegmentLabel for segment in seg.SegmentSequence]
    assert labels == ["Disc L4-L5", "Disc L5-S1", "Vertebra L5", "Canal"]
    name = paths.artifact_names(T2, "m1").segmentation
    assert clinic.objects.data["results", name]
    frames = seg.pixel_array
    voxels = Counter(
        int(frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        for frame in seg.PerFrameFunctionalGroupsSequence
    )
    assert set(voxels) == {1, 2, 3, 4}
    assert int(np.sum(frames)) == 6 * 20 + 6 * 20 + 10 * 20 + 35 * 6
    assert disc_value("L5-S1")


def test_an_order_that_is_given_or_delivered_again_stores_nothing_again(clinic):
    clinic.add(T2)
    clinic.file()
    before, stores = dict(clinic.archive.files), clinic.archive.stores
    clinic.filer().handle(clinic.request)
    clinic.file()
    assert (clinic.archive.files, clinic.archive.stores) == (before, stores)
    assert clinic.order.due_at is None


def test_a_verdict_makes_a_report_and_a_page_that_take_the_place_of_those_before(clinic):
    clinic.add(T2)
    clinic.file()
    clinic.judge(T2, "one", herniated=True)
    clinic.file()
    clinic.judge(T2, "two", herniated=False)
    clinic.file()
    assert [each[0] for each in filed(clinic)] == ["SEG", "SR", "PDF", "SR", "PDF", "SR", "PDF"]
    reports = clinic.archive.of_modality("SR")
    uids = [str(each.SOPInstanceUID) for each in reports]
    assert [predecessor_of(each) for each in reports] == [None, uids[0], uids[1]]
    assert len({each.SeriesInstanceUID for each in reports}) == 1
    assert [each.ContentDate for each in reports] == ["20261130"] * 3
    check_notes(clinic)


def test_another_models_answer_takes_the_place_of_the_first_ones(clinic):
    clinic.add(T2)
    clinic.file()
    clinic.read(T2, MODELS[1])
    clinic.file()
    assert filed(clinic) == [(kind, T2, model, None) for model in MODELS for kind in KINDS]
    first, second = clinic.archive.of_modality("SR")
    assert predecessor_of(second) == first.SOPInstanceUID
    assert second.SeriesInstanceUID != first.SeriesInstanceUID


def test_only_reviewed_series_are_filed_where_that_is_asked_for():
    clinic = Clinic(MemoryDatabase(), "reviewed")
    clinic.add(T1)
    clinic.add(T2)
    assert {each.state for each in clinic.file().series.values()} == {"unreviewed"}
    assert not clinic.archive.files
    clinic.judge(T2, "zero", herniated=True, judged="unseen")
    assert {each.state for each in clinic.file().series.values()} == {"unreviewed"}
    clinic.judge(T2, "one", herniated=True)
    order = clinic.file()
    assert {key: each.state for key, each in order.series.items()} == {
        T1: "unreviewed",
        T2: "filed",
    }
    assert filed(clinic) == [
        ("SEG", T2, "m1", None),
        ("SR", T2, "m1", "one"),
        ("PDF", T2, "m1", "one"),
    ]


def test_where_nothing_is_filed_no_order_is_given():
    clinic = Clinic(MemoryDatabase(), "off")
    clinic.add(T2)
    clinic.orders.give(T2)
    assert clinic.repository.get(STUDY) is None
    assert not clinic.publisher.published


def test_a_series_that_is_no_dicom_has_nothing_to_file_and_is_no_failure(clinic):
    clinic.add(T1, file=volume(), suffix=".mha")
    clinic.add(T2)
    order = clinic.file()
    assert order.series[T1].state == "nothing"
    assert order.series[T1].reason.message.startswith("There are no DICOM results")
    assert order.series[T2].state == "filed"
    assert order.problem is None


def test_an_archive_that_is_away_makes_the_order_wait_longer_each_time(clinic):
    clinic.add(T2)
    clinic.archive.away = AWAY
    pauses = []
    for attempt in (0, 1, 2, 11):
        order = clinic.file()
        assert order.problem.code == "unavailable"
        assert (order.lease, order.sent_at) == (None, None)
        pauses.append(round((order.due_at - datetime.now(UTC)).total_seconds(), -1))
        assert order.attempt == attempt + 1
        if attempt == 2:
            change_fields(clinic.database, paths.filing(STUDY), {"attempt": 11})
    assert pauses == [10, 20, 40, 3600]


def test_a_repeated_delivery_leaves_an_archive_alone_that_is_away(clinic):
    clinic.add(T2)
    clinic.archive.away = AWAY
    clinic.file()
    clinic.filer().handle(clinic.request)
    assert clinic.archive.stores == 1


def test_what_waits_is_sent_by_the_sweep_once_it_is_due_and_then_filed(clinic):
    clinic.add(T2)
    clinic.archive.away = AWAY
    clinic.file()
    assert clinic.orders.send_overdue(10) == 0
    past = datetime.now(UTC) - timedelta(seconds=1)
    change_fields(clinic.database, paths.filing(STUDY), {"dueAt": past})
    assert clinic.orders.send_overdue(10) == 1
    assert clinic.orders.send_overdue(10) == 0
    clinic.archive.away = None
    clinic.filer().handle(clinic.publisher.published.pop())
    assert clinic.order.problem is None
    check_notes(clinic)


def test_an_order_whose_request_was_lost_is_sent_again_after_a_while(clinic, monkeypatch):
    clinic.add(T2)
    clinic.publisher.failures = 1
    with pytest.raises(RetryableError):
        clinic.orders.give(T2)
    assert clinic.orders.send_overdue(10) == 0
    monkeypatch.setattr(filing, "PATIENCE", timedelta(0))
    assert clinic.orders.send_overdue(10) == 1


def test_a_refusal_is_told_with_its_reason_and_the_rest_is_filed(clinic):
    clinic.add(T2)
    clinic.archive.refuses = frozenset({"DOC"})
    order = clinic.file()
    assert [each[0] for each in filed(clinic)] == ["SEG", "SR"]
    assert order.series[T2].state == "refused"
    assert order.series[T2].reason.code == "archive-refused"
    assert (
        order.series[T2].reason.message == "The archive does not take the PDF (its reason: 0122)."
    )
    assert (order.due_at, order.problem) == (None, None)
    clinic.archive.refuses = frozenset()
    assert clinic.file().series[T2].state == "filed"
    check_notes(clinic)


def test_an_archive_that_refuses_all_is_no_reason_to_try_for_ever(clinic):
    clinic.add(T1)
    clinic.archive.away = PermanentError(
        "archive-refused", "The archive refuses the request (415)."
    )
    order = clinic.file(T1)
    assert order.series[T1].reason.message == "The archive refuses the request (415)."
    assert order.due_at is None


def test_an_order_that_is_given_while_one_is_carried_out_is_carried_out_afterwards(clinic):
    clinic.add(T2)
    claim = clinic.repository.claim
    clinic.orders.give(T2)
    held = claim(STUDY, "slow")
    clinic.judge(T2, "one", herniated=True)
    clinic.orders.give(T2)
    with pytest.raises(HeldError):
        clinic.filer().handle(clinic.request)
    held.finish()
    assert clinic.order.due_at is not None
    clinic.filer().handle(clinic.request)
    assert ("SR", T2, "m1", "one") in filed(clinic)


def test_a_stopped_worker_hands_its_order_back(clinic):
    clinic.add(T2)
    clinic.orders.give(T2)
    filer = clinic.filer()
    filer.stop()
    with pytest.raises(RetryableError, match="stopped"):
        filer.handle(clinic.request)
    clinic.filer().handle(clinic.request)
    check_notes(clinic)


def test_a_bug_hands_the_order_back_and_is_raised(clinic):
    clinic.add(T2)
    clinic.orders.give(T2)

    class Broken(FakeArchive):
        def store(self, files: Any) -> Any:
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        clinic.filer(archive=Broken()).handle(clinic.request)
    assert clinic.order.lease is None
    clinic.filer().handle(clinic.request)
    check_notes(clinic)


def test_a_forgotten_scan_is_filed_no_more(clinic):
    clinic.add(T1)
    clinic.add(T2)
    note = Forgotten(at=datetime.now(UTC)).to_document()
    clinic.database.commit([Put(paths.forgotten(T1), note)])
    clinic.file()
    assert {each[1] for each in filed(clinic)} == {T2}


def test_slices_that_came_late_make_other_results_that_take_the_place_of_the_first(clinic):
    clinic.add(T1, file=slices_of(T1, 5))
    clinic.file(T1)
    clinic.add(T2, file=slices_of(T1))
    change_fields(clinic.database, paths.scan(T1), {"supersededBy": T2})
    clinic.file()
    assert [each[:2] for each in filed(clinic)] == [(k, of) for of in (T1, T2) for k in KINDS]
    few, all_ = clinic.archive.of_modality("SR")
    assert predecessor_of(all_) == few.SOPInstanceUID
    assert all_.SeriesInstanceUID == few.SeriesInstanceUID
    check_notes(clinic)


def test_nobody_is_named_in_notes_and_logs(clinic, caplog):
    clinic.add(T2)
    with caplog.at_level(logging.DEBUG):
        clinic.file()
    stored = str(clinic.database.get(paths.filing(STUDY)).fields)
    for secret in ("Doe", "4711", "1.2.3", "2.25."):
        assert secret not in stored
        assert secret not in caplog.text


class DiedError(BaseException):
    """The process was killed here."""


class Mortal:
    """A worker that dies at one of its writes or calls of the archive, before it or after it."""

    def __init__(self, clinic: Clinic, dies_at: int) -> None:
        self._clinic = clinic
        self._left = dies_at

    def filer(self) -> Filer:
        mortal = self

        class Database(MemoryDatabase):
            def __init__(self) -> None:
                self.__dict__ = mortal._clinic.database.__dict__

            def commit(self, writes: Any) -> Any:
                return mortal.do(lambda: super(Database, self).commit(writes))

        class Archive(FakeArchive):
            def __init__(self) -> None:
                self.__dict__ = mortal._clinic.archive.__dict__

            def store(self, files: Any) -> Any:
                return mortal.do(lambda: super(Archive, self).store(files))

        return self._clinic.filer(Database(), Archive())

    def do(self, call: Callable[[], Any]) -> Any:
        self._live()
        done = call()
        self._live()
        return done

    def _live(self) -> None:
        self._left -= 1
        if self._left <= 0:  # the dead do nothing more
            raise DiedError


def begin_again(clinic: Clinic) -> None:
    """Nothing was filed or judged."""
    clinic.archive.files.clear()
    clinic.database.commit([Delete(paths.filing(STUDY)), Delete(paths.label(T2, "one"))])


def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has each series read from its files only the first time."""
    known: dict[str, SeriesResults] = {}

    def read(
        objects: Any, bucket: str, scan: ScanRecord, prediction: Prediction, archived: Any
    ) -> SeriesResults:
        name = scan.object.name
        if name not in known:
            known[name] = results.read_series(objects, bucket, scan, prediction, archived)
        return known[name]

    monkeypatch.setattr(filer, "read_series", read)


@pytest.mark.parametrize("judged_meanwhile", [False, True])
def test_wherever_a_worker_dies_nothing_is_lost_or_doubled(judged_meanwhile, monkeypatch):
    read_once(monkeypatch)
    clinic = Clinic(MemoryDatabase())
    clinic.add(T2)
    deaths = 0
    while deaths < 100:
        begin_again(clinic)
        clinic.orders.give(T2)
        try:
            Mortal(clinic, deaths + 1).filer().handle(clinic.request)
        except DiedError:
            deaths += 1
        else:
            break
        if clinic.order.lease:
            end_lease(clinic.database, paths.filing(STUDY))
        if judged_meanwhile:
            clinic.judge(T2, "one", herniated=True)
            clinic.orders.give(T2)
        clinic.filer().handle(clinic.request)
        check_notes(clinic)
        reports = clinic.archive.of_modality("SR")
        named = [predecessor_of(each) for each in reports]
        assert named == [None, *(str(each.SOPInstanceUID) for each in reports[:-1])]
        assert len(clinic.archive.of_modality("SEG")) == 1
        assert len(clinic.archive.of_modality("DOC")) == len(reports)
        assert (clinic.order.due_at, clinic.order.sending) == (None, [])
    assert deaths == 2 * len(("claim", "sending", "store", "note", "finish"))
