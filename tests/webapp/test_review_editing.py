"""Correcting a scan: boxes, levels, findings and undo."""

import re
from typing import Any

import pytest

from tests.support.local_cloud import LocalCloud
from tests.support.webapp.driver import App
from tests.support.webapp.labels import only_label
from tests.support.webapp.reviewing import OpenScan


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


def test_a_drawing_ends_wherever_it_is_let_go(app: App, open_scan: OpenScan) -> None:
    open_scan("let-go-outside.mha")
    app.press("5", "Delete")
    app.hold_new_box("L3-L4", below=70)
    app.page.mouse.move(4, 400, steps=4)  # out of the picture, to the window's edge
    app.let_go()
    app.editor_says("added")
    drawn = app.box_places()
    app.page.mouse.move(600, 500, steps=4)
    assert app.box_places() == drawn


def test_a_box_in_the_hand_is_saved_where_it_is(
    app: App, open_scan: OpenScan, local_cloud: LocalCloud
) -> None:
    scan_id = open_scan("save-in-a-drag.mha")
    slice_number = app.slice() - 1
    app.grab_box("L3-L4", dx=24, dy=12)
    app.press("s")
    label = only_label(local_cloud, scan_id)
    moved = box_of(label, slice_number, "L3-L4")
    before = predicted_box(local_cloud, scan_id, "L3-L4", slice_number)
    assert moved["x"] > before["x"] + 2
    app.page.mouse.move(400, 300, steps=4)
    app.let_go()
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.draft_says("No changes yet")


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
