"""Drafts of corrections: kept, discarded, brought back."""

from tests.support.webapp.driver import App
from tests.support.webapp.reviewing import OpenScan


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
