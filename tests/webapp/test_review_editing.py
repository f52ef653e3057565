"""Correcting a scan: boxes, levels, findings, undo, drafts, and the saving of labels."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from discai.cloud import paths
from tests.support.local_cloud import LocalCloud
from tests.support.waiting import wait_until
from tests.support.webapp.driver import App

OpenScan = Callable[[str], str]


@pytest.fixture
def open_scan(app: App, another_scan: Callable[..., str]) -> OpenScan:
    """Opens the page of a scan of that name that was read before and never labelled."""

    def open_it(name: str) -> str:
        scan_id = another_scan(name)
        app.open(f"/scans/{scan_id}")
        app.wait_for_discs()
        app.wait_until_labels_may_be_saved()
        return scan_id

    return open_it


def labels_of(cloud: LocalCloud, scan_id: str) -> list[dict[str, Any]]:
    stored = cloud.firestore.collection(paths.labels(scan_id)).stream()
    return [label.to_dict() for label in stored]


def only_label(cloud: LocalCloud, scan_id: str) -> dict[str, Any]:
    wait_until(lambda: len(labels_of(cloud, scan_id)) > 0)
    [label] = labels_of(cloud, scan_id)
    return label


def box_of(label: dict[str, Any], slice_number: int, level: str) -> dict[str, Any]:
    boxes: list[dict[str, Any]] = label["slices"][str(slice_number)]
    [box] = [box for box in boxes if box["level"] == level]
    return box


def predicted_box(cloud: LocalCloud, scan_id: str, level: str, slice_number: int) -> dict[str, Any]:
    [prediction] = cloud.predictions(scan_id)
    [disc] = [disc for disc in prediction["discs"] if disc["level"] == level]
    box: dict[str, Any] = disc["boxes"][str(slice_number)]
    return box


def test_a_correction_by_mouse_and_keys_arrives_as_one_label(
    app: App, open_scan: OpenScan, local_cloud: LocalCloud
) -> None:
    scan_id = open_scan("correct-me.mha")
    slice_number = app.slice() - 1
    app.drag_box("L3-L4", dx=24, dy=12)
    app.editor_says("L3-L4 moved")
    app.press("h")
    app.box_says("L3-L4", ", herniated")
    app.press("Control+z", "Control+z")
    app.editor_says("Undone: L3-L4 moved")
    app.press("Control+Shift+z", "Control+Shift+z")
    app.finding("L3-L4", "LDHedited")
    app.press("5", "Delete")
    app.editor_says("L5-S1 removed")
    app.select_box("L4-L5")
    app.press("5")  # free now, so the selected box gets its name
    app.editor_says("L4-L5 is now L5-S1")
    app.press("Shift+ArrowLeft", "Shift+ArrowLeft")
    app.press("s")

    label = only_label(local_cloud, scan_id)
    assert label["kind"] == "correction"
    assert label["authorEmail"] == local_cloud.email
    assert list(label["slices"]) == [str(slice_number)]
    levels = [box["level"] for box in label["slices"][str(slice_number)]]
    assert levels == ["L1-L2", "L2-L3", "L3-L4", "L5-S1"]
    moved = box_of(label, slice_number, "L3-L4")
    before = predicted_box(local_cloud, scan_id, "L3-L4", slice_number)
    assert moved["herniation"]
    assert moved["x"] > before["x"]
    assert moved["y"] > before["y"]
    assert moved["width"] == pytest.approx(before["width"], abs=0.2)
    renamed = box_of(label, slice_number, "L5-S1")
    below = predicted_box(local_cloud, scan_id, "L4-L5", slice_number)
    assert renamed["x"] == pytest.approx(below["x"] - 2, abs=0.2)
    app.delivery_says("correct-me.mha", "saved ✓")


def test_a_new_box_is_drawn_named_judged_and_undone(app: App, open_scan: OpenScan) -> None:
    open_scan("draw-on-me.mha")
    app.select_box("L3-L4")
    app.press("Delete")
    app.draw_box("L2-L3", below=70)
    app.editor_says("L3-L4 added")
    app.box_says("L3-L4", "added by you, not herniated")
    app.choose("Herniated", "yes (LDH)")
    app.box_says("L3-L4", "added by you, herniated")
    app.choose("Level", "L2-L3")
    app.press("s")
    app.editor_says("has two boxes called L2-L3")
    app.press(*["Control+z"] * 4)
    app.box_says("L3-L4", "from the model")
    app.draft_says("No changes yet")


def test_a_box_in_the_hand_stays_on_its_slice(app: App, open_scan: OpenScan) -> None:
    open_scan("held.mha")
    slice_number = app.slice()
    app.grab_box("L3-L4", dx=24, dy=12)
    app.page.mouse.wheel(0, 100)
    app.press("ArrowDown")
    app.let_go()
    app.editor_says("L3-L4 moved")
    app.draft_says(re.compile(rf"slice {slice_number} "))
    app.press("Control+z", "3", "Delete")
    app.hold_new_box("L2-L3", below=70)
    app.page.mouse.wheel(0, 100)
    app.let_go()
    app.editor_says("L3-L4 added")
    app.draft_says(re.compile(rf"slice {slice_number} "))
    app.press("ArrowDown")
    app.wait_for_slice(slice_number + 1)


def test_tab_walks_the_boxes_and_keys_reshape_them(app: App, open_scan: OpenScan) -> None:
    open_scan("keys-only.mha")
    app.press("Tab", "Tab")
    assert app.focused().startswith("L2-L3")
    app.press("Control+Shift+ArrowDown")
    app.editor_says("L2-L3 resized")
    app.press("Shift+ArrowUp")
    app.editor_says("L2-L3 moved")
    app.press("ArrowDown", "Control+z")
    app.editor_says("Nothing to undo on this slice")
    app.press("ArrowUp", "Control+z")
    app.editor_says("Undone: L2-L3 moved")
    app.press("Escape", "Delete")
    app.editor_says("Select a box first")


def test_a_reload_in_the_middle_of_an_edit_loses_nothing(app: App, open_scan: OpenScan) -> None:
    scan_id = open_scan("crash.mha")
    app.select_box("L1-L2")
    app.press("h")
    app.draft_says("Draft kept on this computer")
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.draft_says("restored")
    app.finding("L1-L2", "LDHedited")
    app.press("Control+z")
    app.finding("L1-L2", "no LDH")
    app.press("Control+Shift+z")
    app.discard_draft()
    app.finding("L1-L2", "no LDH")
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.draft_says("No changes yet")


def test_a_finger_selects_a_box_before_it_moves_it(app: App, open_scan: OpenScan) -> None:
    open_scan("tablet.mha")
    slice_number = app.slice()
    app.touch_box("L3-L4", dy=-40)
    app.wait_for_slice(slice_number + 1)
    app.draft_says("No changes yet")
    app.touch_box("L3-L4")
    app.wait_for_selected_disc("L3-L4")
    app.touch_box("L3-L4", dy=30)
    app.editor_says("L3-L4 moved")
    assert app.slice() == slice_number + 1


def test_what_is_edited_is_marked_and_moves_nothing(app: App, open_scan: OpenScan) -> None:
    open_scan("steady.mha")
    before = app.places()
    app.select_box("L1-L2")
    app.press("h")
    app.finding("L1-L2", "LDHedited")
    assert app.places() == before


def test_a_discarded_draft_comes_back_by_a_click_and_by_a_key(
    app: App, open_scan: OpenScan
) -> None:
    scan_id = open_scan("thrown-away.mha")
    app.select_box("L1-L2")
    app.press("h")
    app.discard_draft()
    app.editor_says("Changes discarded")
    app.finding("L1-L2", "no LDH")
    app.undo_discard()
    app.finding("L1-L2", "LDHedited")
    app.discard_draft()
    app.press("ArrowDown", "Control+z")
    app.editor_says("The discarded changes are back")
    app.finding("L1-L2", "LDHedited")
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.draft_says("restored")


def test_what_is_saved_without_a_network_arrives_once_when_it_is_back(
    app: App, open_scan: OpenScan, local_cloud: LocalCloud
) -> None:
    scan_id = open_scan("offline.mha")
    app.lose_network()
    app.select_box("L1-L2")
    app.press("h", "s")
    app.delivery_says("offline.mha", "waiting for the network")
    assert labels_of(local_cloud, scan_id) == []
    app.normal_network()
    app.delivery_says("offline.mha", "saved ✓")
    assert only_label(local_cloud, scan_id)["kind"] == "correction"


def test_what_waits_for_the_network_survives_a_reload(
    app: App, open_scan: OpenScan, local_cloud: LocalCloud
) -> None:
    scan_id = open_scan("offline-reload.mha")
    app.lose_network()
    app.press("a")
    app.delivery_says("offline-reload.mha", "waiting for the network")
    app.page.goto("about:blank")
    app.normal_network()
    app.open()
    app.delivery_says("offline-reload.mha", "saved ✓")
    assert only_label(local_cloud, scan_id)["kind"] == "acceptance"


def test_a_full_storage_keeps_no_label_from_being_saved(
    app: App, open_scan: OpenScan, local_cloud: LocalCloud
) -> None:
    scan_id = open_scan("full.mha")
    app.fill_storage()
    app.lose_network()
    app.select_box("L1-L2")
    app.press("h")
    app.draft_says("can't be kept on this computer")
    app.press("s")
    app.delivery_says("full.mha", "Not kept here: leave this page open")
    app.page.once("dialog", lambda question: question.dismiss())
    with app.page.expect_event("dialog"):
        app.page.close(run_before_unload=True)
    app.normal_network()
    app.delivery_says("full.mha", "saved ✓")
    assert only_label(local_cloud, scan_id)["kind"] == "correction"


def test_a_draft_that_cannot_be_kept_outlives_other_pages_and_asks_before_the_last(
    app: App, open_scan: OpenScan
) -> None:
    open_scan("nowhere-to-keep.mha")
    app.fill_storage()
    app.select_box("L1-L2")
    app.press("h")
    app.draft_says("can't be kept on this computer")
    app.press("Escape", "Escape")
    app.toast_says("Your changes to nowhere-to-keep.mha can't be kept")
    app.page.once("dialog", lambda question: question.dismiss())
    with app.page.expect_event("dialog"):
        app.page.close(run_before_unload=True)
    app.page.go_back()
    app.wait_for_discs()
    app.finding("L1-L2", "LDHedited")
    app.wait_until_labels_may_be_saved()
    app.press("s")
    app.delivery_says("nowhere-to-keep.mha", "saved ✓")
    app.no_toast_is_left()


def test_the_warning_of_a_draft_that_cannot_be_kept_goes_with_its_reader(
    app: App, open_scan: OpenScan
) -> None:
    open_scan("shared-machine.mha")
    app.fill_storage()
    app.select_box("L1-L2")
    app.press("h")
    app.draft_says("can't be kept on this computer")
    app.press("Escape", "Escape")
    app.toast_says("Your changes to shared-machine.mha can't be kept")
    app.page.go_back()
    app.wait_for_discs()
    app.sign_out()  # leaves the scan, too, which would tell it once more
    app.says("Reads lumbar-spine MRI")
    app.no_toast_is_left()


def test_predictions_are_accepted_by_a_key_and_the_next_scan_opens(
    app: App, open_scan: OpenScan, another_scan: Callable[..., str], local_cloud: LocalCloud
) -> None:
    another_scan("the-next-one.mha")
    scan_id = open_scan("accept-me.mha")
    [prediction] = local_cloud.predictions(scan_id)
    app.press("a")
    app.page.wait_for_url(lambda url: scan_id not in url)
    app.wait_for_discs()
    label = only_label(local_cloud, scan_id)
    assert label["kind"] == "acceptance"
    for box in label["slices"][str(prediction["keySlice"])]:
        [disc] = [disc for disc in prediction["discs"] if disc["level"] == box["level"]]
        assert box["herniation"] == (disc["herniation"] >= prediction["herniationThreshold"])
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.wait_until_labels_may_be_saved()
    app.press("a")
    app.editor_says("not saved twice")


def test_the_longest_name_leaves_the_footer_in_the_window(app: App, open_scan: OpenScan) -> None:
    name = "x" * 180 + ".mha"
    open_scan(name)
    footer = app.footer_size()
    app.press("a")
    app.delivery_says(name, "saved ✓")
    assert app.footer_size() == footer


def test_saving_nothing_is_refused_in_words(app: App, open_scan: OpenScan) -> None:
    open_scan("untouched.mha")
    app.save_corrections()
    app.editor_says("Nothing was corrected")
    app.select_box("L1-L2")
    app.press("h")
    app.accept_predictions()
    app.editor_says("You have changed boxes")
    assert app.editor_lines() <= 2


def test_a_refused_label_is_kept_and_says_why(
    app: App, another_scan: Callable[..., str], local_cloud: LocalCloud
) -> None:
    scan_id = another_scan("refused.mha")
    [content] = local_cloud.predictions(scan_id)
    predictions = local_cloud.firestore.collection(paths.predictions(scan_id))
    # The rules want a label to be about a prediction that there is, under its own name.
    predictions.document("misplaced").set(content)
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.wait_until_labels_may_be_saved()
    predictions.document(content["modelVersion"]).delete()
    app.select_box("L1-L2")
    app.press("h", "s")
    app.delivery_says("refused.mha", "not saved. The database refused it")
    app.answer_delivery("Give up")
    app.delivery_says("refused.mha", "Your corrections can't be brought back")
    app.answer_delivery("Keep")
    predictions.document(content["modelVersion"]).set(content)
    app.try_to_save_again()
    app.delivery_says("refused.mha", "saved ✓")
    assert only_label(local_cloud, scan_id)["kind"] == "correction"
