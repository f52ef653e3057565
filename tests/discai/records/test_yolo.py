"""The label files, against ones written by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from discai.errors import PermanentError
from discai.records.labels import put_together
from discai.records.scans import Label, LabelKind, LabelledBox
from discai.records.yolo import (
    LabelFile,
    YoloBox,
    judged_in_files,
    label_files,
    parse_name,
    parse_text,
)
from tests.support.records import prediction_of

SCAN = "abcdefghijklmnopqrstuvwxyz"
CORRECTED = f"user_corrected_labels/overlay_{SCAN}.txt"
INITIAL = f"initial_model_predictions/initial_{SCAN}.txt"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

#: A scan of 100 by 200 pixels whose key slice is 8.
PREDICTION = prediction_of("m1").model_copy(
    update={"slice_count": 17, "key_slice": 8, "slice_width": 100, "slice_height": 200}
)
PREDICTIONS = {"m1": PREDICTION, "m2": PREDICTION.model_copy(update={"key_slice": 7})}

#: The five levels from the head down, L4-L5 herniated.
SPINE = [
    LabelledBox(x=40, y=20, width=20, height=10, level="L1-L2", herniation=False),
    LabelledBox(x=41, y=50, width=20.5, height=10, level="L2-L3", herniation=False),
    LabelledBox(x=42, y=80, width=21, height=10, level="L3-L4", herniation=False),
    LabelledBox(x=43, y=110, width=21.5, height=11, level="L4-L5", herniation=True),
    LabelledBox(x=44, y=140, width=22, height=12, level="L5-S1", herniation=False),
]
EXPECTED_CORRECTED = """\
0 0.500000 0.125000 0.200000 0.050000
2 0.512500 0.275000 0.205000 0.050000
4 0.525000 0.425000 0.210000 0.050000
7 0.537500 0.577500 0.215000 0.055000
8 0.550000 0.730000 0.220000 0.060000
"""
EXPECTED_INITIAL = """\
0 0.500000 0.125000 0.200000 0.050000
0 0.512500 0.275000 0.205000 0.050000
0 0.525000 0.425000 0.210000 0.050000
1 0.537500 0.577500 0.215000 0.055000
0 0.550000 0.730000 0.220000 0.060000
"""
ONE_BOX = "8 0.550000 0.730000 0.220000 0.060000\n"


def label(kind="correction", slices=None, minute=0, author="a", model="m1") -> Label:
    return Label(
        kind=kind,
        slices={"8": SPINE} if slices is None else slices,
        author=author,
        author_email=f"{author}@clinic.org",
        created_at=NOON + timedelta(minutes=minute),
        model_version=model,
    )


def files_of(*labels: Label) -> dict[str, str]:
    """The files of labels with the ids l0, l1, …, in whichever order the database has them."""
    numbered = {f"l{number}": each for number, each in enumerate(labels)}
    files = label_files(SCAN, numbered, PREDICTIONS)
    backwards = dict(reversed(numbered.items()))
    assert label_files(SCAN, backwards, PREDICTIONS) == files
    return files


def test_a_correction_is_the_file_that_was_written_by_hand():
    assert files_of(label()) == {CORRECTED: EXPECTED_CORRECTED}


def test_an_acceptance_is_the_file_that_was_written_by_hand():
    assert files_of(label("acceptance")) == {INITIAL: EXPECTED_INITIAL}


def test_every_class_is_twice_the_level_and_one_more_if_herniated():
    levels = ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1")
    boxes = [
        LabelledBox(x=0, y=0, width=50, height=50, level=level, herniation=herniation)
        for level in levels
        for herniation in (False, True)
    ]
    text = files_of(label(slices={"8": boxes}))[CORRECTED]
    assert [line.split()[0] for line in text.splitlines()] == [str(index) for index in range(10)]


def test_other_edited_slices_have_files_of_their_own():
    edited = label(slices={"8": SPINE, "5": SPINE[4:], "11": []})
    assert files_of(edited) == {
        CORRECTED: EXPECTED_CORRECTED,
        f"user_corrected_labels/overlay_{SCAN}_s05.txt": ONE_BOX,
        f"user_corrected_labels/overlay_{SCAN}_s11.txt": "",
    }


def test_a_slice_without_discs_is_an_empty_file():
    assert files_of(label(slices={"8": []})) == {CORRECTED: ""}


def test_which_slice_is_the_key_slice_says_the_model_that_was_looked_at():
    assert files_of(label(model="m2")) == {
        f"user_corrected_labels/overlay_{SCAN}_s08.txt": EXPECTED_CORRECTED
    }


def test_the_newest_correction_counts_whoever_made_it_and_with_all_its_slices():
    older = label(slices={"8": [], "5": SPINE[4:]}, minute=1, author="z")
    newer = label(minute=2, author="a")
    assert files_of(older, newer) == files_of(newer, older) == {CORRECTED: EXPECTED_CORRECTED}


def test_correction_and_acceptance_have_their_own_files_whichever_is_newer():
    both = {CORRECTED: EXPECTED_CORRECTED, INITIAL: EXPECTED_INITIAL}
    assert files_of(label("acceptance", minute=5), label(minute=1)) == both
    assert files_of(label("acceptance", minute=1), label(minute=5)) == both


def test_two_readers_of_one_moment_are_told_apart_the_same_way_each_time():
    one = label(author="a")
    other = label(author="b", slices={"8": []})
    assert files_of(one, other) == {CORRECTED: ""}


def test_the_parts_of_a_save_are_one():
    parts = [label(slices={"8": SPINE}), label(slices={"5": SPINE[4:]})]
    before = label(slices={"6": SPINE}, minute=-1)
    assert set(files_of(*parts, before)) == {
        CORRECTED,
        f"user_corrected_labels/overlay_{SCAN}_s05.txt",
    }
    saves = put_together({"b": parts[1], "a": parts[0], "c": before})
    assert {key: set(save.slices) for key, save in saves.items()} == {"c": {"6"}, "a": {"8", "5"}}


def test_a_box_over_the_border_is_cut_off_there_and_one_beyond_it_is_none():
    over = LabelledBox(x=90, y=180, width=20, height=40, level="L5-S1", herniation=True)
    beyond = LabelledBox(x=100, y=0, width=20, height=40, level="L5-S1", herniation=True)
    assert files_of(label(slices={"8": [over, beyond], "17": SPINE})) == {
        CORRECTED: "9 0.950000 0.950000 0.100000 0.100000\n"
    }


def test_no_labels_are_no_files():
    assert files_of() == {}


def test_what_was_written_is_read_again():
    written: tuple[tuple[str, LabelKind], ...] = (
        (EXPECTED_CORRECTED, "correction"),
        (EXPECTED_INITIAL, "acceptance"),
    )
    for text, kind in written:
        boxes = parse_text(text, kind, width=100, height=200)
        for box, original in zip(boxes, SPINE, strict=True):
            assert box.level == (original.level if kind == "correction" else None)
            assert box.herniation == original.herniation
            edges = (box.x, box.y, box.width, box.height)
            assert edges == pytest.approx(
                (original.x, original.y, original.width, original.height), abs=1e-3
            )


def test_a_box_that_fills_the_slice_survives_the_rounding():
    third = LabelledBox(x=0, y=0, width=100, height=200 / 3, level="L1-L2", herniation=False)
    text = files_of(label(slices={"8": [third]}))[CORRECTED]
    (box,) = parse_text(text, "correction", 100, 200)
    assert box.y == pytest.approx(0, abs=1e-3)
    assert box == YoloBox(0, box.y, 100, box.height, "L1-L2", False)


def test_an_empty_file_has_no_boxes():
    assert parse_text("", "correction", 100, 200) == []


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("0 0.5 0.5 0.1", "correction"),
        ("0 0.5 0.5 0.1 0.1 0.9", "correction"),
        ("", "correction"),
        ("10 0.5 0.5 0.1 0.1", "correction"),
        ("-1 0.5 0.5 0.1 0.1", "correction"),
        ("1.0 0.5 0.5 0.1 0.1", "correction"),
        ("2 0.5 0.5 0.1 0.1", "acceptance"),
        ("0 x 0.5 0.1 0.1", "correction"),
        ("0 0.99 0.5 0.1 0.1", "correction"),
        ("0 0.5 0.01 0.1 0.1", "correction"),
        ("0 0.5 0.5 0 0.1", "correction"),
        ("0 0.5 0.5 -0.1 0.1", "correction"),
        ("0 nan 0.5 0.1 0.1", "correction"),
        ("0 0.5 0.5 inf 0.1", "correction"),
        ("0 50 100 20 10", "correction"),
    ],
)
def test_a_line_that_is_no_box_of_the_slice_is_named(line, kind):
    text = f"0 0.5 0.5 0.1 0.1\n{line}\n"
    with pytest.raises(PermanentError, match="Line 2 of the label file is wrong") as refusal:
        parse_text(text, kind, 100, 200)
    assert refusal.value.code == "bad-label-file"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        (CORRECTED, LabelFile(SCAN, "correction", None)),
        (CORRECTED.replace(".txt", "_s05.txt"), LabelFile(SCAN, "correction", 5)),
        (CORRECTED.replace(".txt", "_s123.txt"), LabelFile(SCAN, "correction", 123)),
        (INITIAL, LabelFile(SCAN, "acceptance", None)),
        (INITIAL.replace(".txt", "_s05.txt"), None),
        (CORRECTED.replace(".txt", "_s5.txt"), None),
        (CORRECTED.replace(".txt", ".png"), None),
        ("other/" + CORRECTED, None),
        (f"scans/{SCAN}/m1/slice-00.png", None),
    ],
)
def test_a_name_says_scan_kind_and_slice(name, file):
    assert parse_name(name) == file


def test_how_each_line_was_judged_is_told_beside_the_files():
    judged = ("confirmed", "changed", "added", "unseen", None)
    boxes = [box.model_copy(update={"judged": how}) for box, how in zip(SPINE, judged, strict=True)]
    outside = boxes[0].model_copy(update={"x": 5_000})
    said = {
        "a": label(slices={"8": [outside, *boxes]}),
        "b": label("acceptance", slices={"8": boxes}),
    }
    assert judged_in_files(SCAN, said, PREDICTIONS) == {
        CORRECTED: ["confirmed", "changed", "added", "unseen", "confirmed"],
        INITIAL: ["confirmed", "changed", "added", "unseen", "unseen"],
    }
    assert label_files(SCAN, said, PREDICTIONS)[CORRECTED] == EXPECTED_CORRECTED


def test_a_box_of_an_earlier_version_stays_as_it_was():
    document = SPINE[0].to_document()
    assert "judged" not in document
    assert LabelledBox.from_document(document) == SPINE[0]
