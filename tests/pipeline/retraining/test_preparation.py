"""Which crops a reviewer's boxes become, and what is said of those that become none."""

import errno

import pytest

from discai.cloud.objects import ObjectStore
from discai.errors import PermanentError
from discai.records.gradings import LabelledGradings
from discai.records.scans import LabelledBox
from pipeline.retraining.crop_dataset import asked, read_dataset, trained_on, write_dataset
from pipeline.retraining.preparation import (
    ScanDiscs,
    corrected_crops,
    describe,
    scan_reader,
)
from pipeline.retraining.snapshot import LabelledScan
from tests.support.pipeline.labelled import DISCS, discs, discs_of_its_own, drawn, scan


def crops_of(*scans: LabelledScan, frozen: frozenset[str] = frozenset(), read=lambda _: discs()):
    return corrected_crops(scans, read, frozen)


def test_a_box_labels_every_crop_of_the_disc_that_it_lies_on():
    crops, refused = crops_of(scan(drawn("L4-L5", herniation=True), drawn("L5-S1")))
    assert refused == []
    by_level = {crop.crop.level: crop.crop.herniation for crop in crops}
    assert by_level == {"L4-L5": True, "L5-S1": False}
    assert sorted(crop.crop.slice for crop in crops) == [7, 7, 8, 8, 9, 9]


def test_a_reviewers_gradings_are_those_of_every_crop_of_the_disc():
    graded = {"L4-L5": LabelledGradings(pfirrmann=4, modic=True)}
    labelled = scan(drawn("L4-L5"), drawn("L5-S1")).model_copy(update={"gradings": graded})
    crops, _ = crops_of(labelled)
    told = {crop.crop.level: crop.crop.gradings for crop in crops}
    assert told == {"L4-L5": graded["L4-L5"], "L5-S1": LabelledGradings()}


def test_the_reviewers_level_wins_over_the_models():
    crops, _ = crops_of(scan(drawn("L3-L4", around="L4-L5")))
    assert {crop.crop.level for crop in crops} == {"L3-L4"}


def test_a_disc_is_herniated_if_it_is_so_on_any_slice():
    slices = {7: [drawn("L4-L5", herniation=True)], 8: [drawn("L4-L5", herniation=False)]}
    crops, _ = crops_of(scan(slices=slices))
    assert all(crop.crop.herniation for crop in crops)


@pytest.mark.parametrize(
    ("boxes", "reason"),
    [
        ([drawn("L1-L2", around="L4-L5", y=2)], "outlines no disc"),
        ([drawn("L4-L5", x=80, width=40)], "outside the slice"),
        ([drawn("L4-L5"), drawn("L3-L4", around="L4-L5")], "Two levels"),
    ],
)
def test_what_can_not_be_used_is_left_out_with_its_reason(boxes, reason):
    crops, refused = crops_of(scan(*boxes))
    assert crops == []
    assert reason in refused[0].reason


@pytest.mark.parametrize("slices", [(8, 8), (7, 9)])
def test_a_level_that_was_given_to_two_discs_labels_neither(slices):
    said: dict[int, list[LabelledBox]] = {number: [] for number in slices}
    for number, around in zip(slices, DISCS, strict=True):
        said[number].append(drawn("L4-L5", around=around))
    crops, refused = crops_of(scan(slices=said))
    assert crops == []
    assert [each.reason for each in refused] == ["L4-L5 was given to more than one disc."] * 2


def test_discs_beside_one_of_unclear_level_keep_their_labels():
    boxes = [drawn("L4-L5"), drawn("L3-L4", around="L4-L5"), drawn("L5-S1", herniation=True)]
    crops, refused = crops_of(scan(*boxes))
    assert {(crop.crop.level, crop.crop.herniation) for crop in crops} == {("L5-S1", True)}
    assert [each.reason for each in refused] == ["Two levels were given to one disc."]


def test_a_scan_of_the_evaluation_set_never_trains_whatever_file_it_came_in():
    frozen = frozenset({discs().pixel_digest})
    crops, refused = crops_of(scan(drawn("L4-L5")), frozen=frozen)
    assert crops == []
    assert "evaluation set" in refused[0].reason
    assert crops_of(scan(drawn("L4-L5")), frozen=frozen, read=lambda _: discs(pixels=1))[0]


def test_a_scan_that_can_not_be_read_spoils_no_other():
    def read(labelled: LabelledScan) -> ScanDiscs:
        if labelled.scan_id.startswith("b"):
            raise PermanentError("object-gone", "The file was deleted.")
        return discs()

    crops, refused = crops_of(scan(drawn("L4-L5")), scan(drawn("L4-L5"), name="b"), read=read)
    assert {crop.crop.series for crop in crops} == {"a" * 26}
    assert [each.reason for each in refused] == ["The file was deleted."]


class FullDisk(ObjectStore):
    def require_live(self, stored):
        """Every file is there."""

    def download(self, stored, path, max_bytes):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))


def test_what_goes_wrong_with_a_file_is_told_without_its_name():
    with pytest.raises(OSError, match="No space left") as error:
        scan_reader(FullDisk(client=None), "results")(scan(drawn("L4-L5"), name="Jane_Doe"))
    assert "Jane" not in str(error.value)
    assert ".mha" in str(error.value)


def test_the_newest_fifth_of_corrected_scans_is_kept_from_training():
    names = "abcdefghij"
    scans = [scan(drawn("L4-L5"), name=name, minute=i) for i, name in enumerate(names)]
    crops, _ = crops_of(*scans, read=discs_of_its_own)
    held_out = {crop.crop.series[0] for crop in crops if crop.held_out}
    assert held_out == {"i", "j"}


def test_scans_are_patients_of_their_own():
    scans = [scan(drawn("L4-L5"), name=name) for name in "ab"]
    crops, _ = crops_of(*scans, read=discs_of_its_own)
    assert len({crop.crop.patient for crop in crops}) == 2


def test_copies_of_a_scan_are_one_patient_and_keep_their_labels(tmp_path):
    crops, refused = crops_of(scan(drawn("L4-L5", herniation=True)), scan(drawn("L4-L5"), name="b"))
    assert refused == []
    assert len({crop.crop.patient for crop in crops}) == 1
    assert {(crop.crop.series[0], crop.crop.herniation) for crop in crops} == {
        ("a", True),
        ("b", False),
    }
    write_dataset(tmp_path / "d", crops)
    assert len(read_dataset(tmp_path / "d")) == len(crops)


@pytest.mark.parametrize("source", ["correction", "acceptance"])
def test_a_copy_of_a_scan_that_is_held_out_does_not_train(source):
    scans = [scan(drawn("L4-L5"), name=name, minute=i) for i, name in enumerate("bcdefa")]
    copy = scan(drawn("L4-L5"), name="A", minute=-1).model_copy(update={"source": source})
    crops, refused = crops_of(copy, *scans, read=discs_of_its_own)
    assert {crop.crop.series[0] for crop in crops if crop.held_out} == {"a"}
    assert {crop.crop.series[0] for crop in trained_on(crops)} == set("bcdef")
    assert [(each.scan_id[0], each.reason) for each in refused] == [
        ("A", "A copy of the scan is kept from training.")
    ]


def test_the_record_counts_discs():
    crops, refused = crops_of(scan(drawn("L4-L5", herniation=True), drawn("L5-S1")))
    record = describe("sha256:0", crops, refused)
    assert (record.scans, record.crops, record.herniated) == (1, 6, 1)
    assert (record.from_corrections, record.original) == (2, 0)


def test_an_answer_that_nobody_gave_is_kept_and_never_learned():
    boxes = [drawn("L4-L5", herniation=True, judged="unseen"), drawn("L5-S1", judged="confirmed")]
    crops, refused = crops_of(scan(*boxes))
    assert refused == []
    assert {crop.crop.level: crop.answered for crop in crops} == {"L4-L5": False, "L5-S1": True}
    assert {crop.crop.level for crop in trained_on(crops)} == {"L5-S1"}


def test_an_answer_given_on_one_slice_is_the_discs_whatever_was_left_on_others():
    slices = {
        7: [drawn("L4-L5", herniation=True, judged="unseen")],
        8: [drawn("L4-L5", herniation=False, judged="changed")],
    }
    crops, _ = crops_of(scan(slices=slices))
    assert [(crop.crop.herniation, crop.answered) for crop in crops] == [(False, True)] * 3


@pytest.mark.parametrize(("source", "learned"), [("correction", 6), ("acceptance", 0)])
def test_a_label_of_before_that_says_nothing_of_it_counts_by_its_kind(source, learned):
    labelled = scan(drawn("L4-L5"), drawn("L5-S1")).model_copy(update={"source": source})
    crops, _ = crops_of(labelled)
    assert (len(crops), len(trained_on(crops))) == (6, learned)


def test_agreement_with_reviewers_asks_only_what_they_answered():
    boxes = [drawn("L4-L5", judged="unseen"), drawn("L5-S1", judged="changed")]
    scans = [scan(*boxes, name=name, minute=i) for i, name in enumerate("abcdefghij")]
    crops, _ = crops_of(*scans, read=discs_of_its_own)
    held_out = asked(crops)
    assert {crop.crop.series[0] for crop in held_out} == {"i", "j"}
    assert {crop.crop.level for crop in held_out} == {"L5-S1"}


def test_the_record_counts_no_disc_that_nobody_judged():
    boxes = [drawn("L4-L5", herniation=True, judged="unseen"), drawn("L5-S1", judged="confirmed")]
    record = describe("sha256:0", *crops_of(scan(*boxes)))
    assert (record.scans, record.crops) == (1, 6)
    assert (record.from_corrections, record.herniated) == (1, 0)
