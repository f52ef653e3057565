"""Distances that are measured on a slice by two clicks."""

import pytest
from google.cloud.firestore import DELETE_FIELD
from playwright.sync_api import expect

from discai.cloud import paths
from infrastructure.local.plan import REVIEWER_EMAIL
from tests.support.local_cloud import LocalCloud
from tests.support.webapp.driver import App
from tests.support.webapp.reviewing import OpenScan

ASKS_BEFORE_LEAVING = "!dispatchEvent(new Event('beforeunload', { cancelable: true }))"


def test_two_clicks_give_a_distance_that_stays_is_seen_by_others_and_is_removed(
    app: App, colleague: App, local_cloud: LocalCloud, open_scan: OpenScan
) -> None:
    scan_id = open_scan("measured.mha")
    [prediction] = local_cloud.predictions(scan_id)
    slice_shown = app.slice()
    app.press("d")
    app.says("Click where a distance begins.")
    app.click_picture(0.2, 0.3)
    app.says("Click where it ends.")
    app.click_picture(0.2, 0.55)
    [shown] = app.distances()
    height_mm = prediction["sliceHeight"] * prediction["pixelMm"]
    assert float(shown.removesuffix(" mm")) == pytest.approx(0.25 * height_mm, abs=1)
    app.press("Escape")
    app.wait_for_distances(shown)
    app.wait_for_saved_distances()
    app.page.reload()
    app.wait_for_discs()
    app.wait_for_distances(shown)
    colleague.open(f"/scans/{scan_id}")
    colleague.wait_for_discs()
    colleague.wait_for_distances(shown)
    colleague.press("d")
    expect(colleague.page.get_by_role("button", name="Remove the distance")).to_have_count(0)
    colleague.press("Escape", "ArrowDown")
    colleague.wait_for_distances()
    choice = colleague.page.get_by_label("Distances on this scan")
    choice.select_option(label=f"slice {slice_shown}: {shown}, {REVIEWER_EMAIL}")
    colleague.wait_for_slice(slice_shown)

    app.press("d")
    app.page.get_by_role("button", name=f"Remove the distance of {shown}").click()
    app.wait_for_distances()
    colleague.wait_for_distances()
    app.press("Control+z")
    app.wait_for_distances(shown)
    colleague.wait_for_distances(shown)


def test_the_browser_asks_before_a_distance_is_lost_that_the_network_has_not_taken(
    app: App, open_scan: OpenScan
) -> None:
    open_scan("offline.mha")
    app.page.context.set_offline(True)
    app.press("d")
    app.click_picture(0.2, 0.3)
    app.click_picture(0.2, 0.55)
    app.distances()
    assert app.page.evaluate(ASKS_BEFORE_LEAVING)
    app.page.context.set_offline(False)
    app.wait_for_saved_distances()
    assert not app.page.evaluate(ASKS_BEFORE_LEAVING)
    app.press("Control+z")
    app.wait_for_distances()


def test_the_tool_takes_no_box_and_no_zoom_and_is_left_by_escape(
    app: App, open_scan: OpenScan
) -> None:
    open_scan("not-measured.mha")
    app.press("d")
    app.click_picture(0.5, 0.5)
    app.press("Escape")  # the first point
    app.says("Click where a distance begins.")
    app.page.locator(".distances").dblclick(position={"x": 90, "y": 90})
    app.wait_for_zoom(lambda zoom: zoom == 1)
    app.press("Escape", "Escape")
    expect(app.page.get_by_text("Click where")).to_have_count(0)
    app.wait_for_distances()
    expect(app.page.locator(".box-label[aria-pressed=true]")).to_have_count(0)


def test_without_spacing_lengths_are_in_pixels_and_the_page_says_why(
    app: App, local_cloud: LocalCloud, open_scan: OpenScan
) -> None:
    scan_id = open_scan("plain.mha")
    [prediction] = local_cloud.predictions(scan_id)
    path = paths.prediction(scan_id, prediction["modelVersion"])
    local_cloud.firestore.document(path).update({"pixelMm": DELETE_FIELD})
    app.page.reload()
    app.wait_for_discs()
    app.press("d")
    app.says("lengths are in pixels, not in millimetres")
    app.click_picture(0.2, 0.3)
    app.click_picture(0.2, 0.55)
    [shown] = app.distances()
    assert float(shown.removesuffix(" px")) == pytest.approx(
        0.25 * prediction["sliceHeight"], abs=2
    )
