"""What the timelines of scans say of a run: nothing is called used that was not."""

from discai.cloud import paths
from discai.cloud.database import Query
from discai.records.scans import Event
from pipeline.retraining.fates import fates
from pipeline.retraining.preparation import (
    ScanDiscs,
    corrected_crops,
    read_report,
    write_report,
)
from pipeline.retraining.recorder import RunRecorder
from pipeline.retraining.snapshot import LabelledScan
from tests.support.memory_database import MemoryDatabase
from tests.support.pipeline.labelled import discs, drawn, scan

MISSED = drawn("L1-L2", around="L4-L5", y=2)


def told(*scans: LabelledScan, taught: tuple[str, ...] = (), read=lambda _: discs()) -> dict:
    """The lines of each fate, by the scan's letter and the kind."""
    crops, refused = corrected_crops(scans, read, frozenset())
    found = fates(7, scans, crops, refused, [name * 26 for name in taught])
    return {(fate.scan_id[0], fate.kind): fate.lines for fate in found}


def test_a_scan_is_called_used_if_the_run_has_learned_from_it():
    assert told(scan(drawn("L4-L5"))) == {("a", "used-in-run"): ("Used in retraining run 7.",)}


def test_a_scan_whose_labels_were_refused_is_told_why_and_what_to_do_and_never_called_used():
    lines = told(scan(MISSED))
    assert lines == {
        ("a", "refused-in-run"): (
            "Not used in retraining run 7",
            "The model outlines no disc where L1-L2 was drawn. A run that retrains the outlines "
            "learns from the box: ask an engineer for --retrain-segmentation.",
        )
    }


def test_a_scan_of_which_some_boxes_were_used_has_both_fates():
    outside = drawn("L5-S1", x=80, width=40)
    lines = told(scan(drawn("L4-L5"), outside, outside))
    assert lines["a", "used-in-run"] == ("Used in retraining run 7.",)
    assert lines["a", "refused-in-run"] == (
        "Some boxes were not used in retraining run 7",
        "The box of L5-S1 reaches outside the slice. Draw the box within the slice and save once "
        "more.",
    )


def test_a_missed_disc_that_taught_the_outlines_is_called_used():
    lines = told(scan(MISSED), taught=("a",))
    assert lines["a", "used-in-run"] == ("Used in retraining run 7.",)
    assert lines["a", "refused-in-run"][1].endswith("The box taught this run's outlines instead.")


def test_a_scan_that_is_kept_back_is_told_so():
    def of_its_own(labelled: LabelledScan) -> ScanDiscs:
        return discs(pixels=ord(labelled.scan_id[0]))

    scans = [scan(drawn("L4-L5"), name=name, minute=i) for i, name in enumerate("abcde")]
    lines = told(*scans, read=of_its_own)
    assert lines["e", "used-in-run"] == (
        "Kept back in retraining run 7, whose model is checked against it.",
    )


def test_a_scan_without_a_disc_to_judge_is_told_that_there_is_nothing_to_learn():
    lines = told(scan(slices={8: []}))
    assert lines["a", "refused-in-run"][0] == "Not used in retraining run 7"
    assert "No disc was drawn" in lines["a", "refused-in-run"][1]


def test_a_report_comes_back_as_it_was_written(tmp_path):
    _, refused = corrected_crops([scan(MISSED)], lambda _: discs(), frozenset())
    write_report(tmp_path, refused)
    assert read_report(tmp_path) == refused
    assert read_report(tmp_path / "nowhere") == []


def test_each_fate_is_one_line_of_its_scans_timeline_however_often_the_step_is_tried():
    database = MemoryDatabase()
    crops, refused = corrected_crops([scan(MISSED)], lambda _: discs(), frozenset())
    found = fates(7, [scan(MISSED)], crops, refused, [])
    for _ in range(2):
        RunRecorder(database, "000007").mark_scans(found)
    [line] = [
        Event.from_document(each.fields or {})
        for each in database.find(Query(paths.events("a" * 26)))
    ]
    assert (line.kind, line.by) == ("refused-in-run", "run 7")
    assert line.message.split("\n")[0] == "Not used in retraining run 7"
