"""The page of one scan."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from google.cloud.firestore import DELETE_FIELD
from playwright.sync_api import expect

from discai.anatomy import LEVELS
from discai.cloud import paths
from discai.records.record import Failure
from tests.support.local_cloud import LocalCloud
from tests.support.webapp.driver import App
from tests.support.webapp.reviewing import OpenScan
from tests.support.webapp.seeds import seeded_scan


@pytest.fixture
def page(app: App, read_scan: str) -> App:
    """The page of a scan that was read before, opened by its own address."""
    app.open(f"/scans/{read_scan}")
    app.wait_for_discs()
    return app


def test_slices_turn_with_wheel_and_keys_and_never_leave_the_stack(page: App) -> None:
    start = page.slice()
    page.wheel(2)
    page.wait_for_slice(start + 2)
    page.wheel(-1)
    page.press("ArrowUp")
    page.wait_for_slice(start)
    page.press(*["ArrowUp"] * 40)
    page.wait_for_slice(1)
    page.wait_for_picture()


def test_a_finger_turns_slices_and_two_do_not(page: App) -> None:
    start = page.slice()
    page.touch_picture((0.9, 0.6), dy=-95)
    page.wait_for_slice(start + 3)
    page.touch_picture((0.9, 0.3), dy=35)
    page.wait_for_slice(start + 2)
    page.touch_picture((0.8, 0.3), (0.9, 0.6), dy=95)
    assert page.slice() == start + 2
    page.press("+")
    page.touch_picture((0.9, 0.3), dy=95)
    page.wait_for_style("--pan-y", "95px")
    assert page.slice() == start + 2


def test_no_slice_is_shown_in_the_place_of_one_that_is_late(page: App) -> None:
    page.distant_network()
    page.press(*["ArrowUp"] * 40)
    page.says("Loading slice 1 …")
    assert not page.has_picture()
    page.wait_for_picture()
    expect(page.page.get_by_text("Loading slice")).to_have_count(0)


def test_mask_and_boxes_are_switched_by_key(page: App) -> None:
    page.wait_for_mask_opacity("0")
    page.press("m")
    page.wait_for_mask_opacity("0.4")
    page.page.reload()  # what a reader has chosen is remembered
    page.wait_for_picture()
    page.wait_for_mask_opacity("0.4")
    page.press("m")
    page.wait_for_mask_opacity("0")
    shown = len(page.box_labels())
    assert shown > 0
    page.wait_for_boxes(shown)
    page.press("b")
    page.wait_for_boxes(0)
    page.press("b")
    page.wait_for_boxes(shown)


def test_a_disc_of_the_table_leads_to_its_slice_and_box(page: App) -> None:
    page.press(*["ArrowUp"] * 40)
    page.finding("L4-L5", re.compile("^(LDH|no LDH)$"))  # seen from here, nothing edited
    page.click_disc("L4-L5")
    page.wait_for_selected_disc("L4-L5")
    assert any(label.startswith("L4-L5") for label in page.box_labels())
    page.press("5")
    page.wait_for_selected_disc("L5-S1")


def test_a_click_on_a_box_selects_its_disc(page: App) -> None:
    page.click_box(0)
    page.wait_for_selected_disc(re.compile("|".join(LEVELS)))


def test_the_numbers_are_those_of_the_prediction(
    page: App, local_cloud: LocalCloud, read_scan: str
) -> None:
    [prediction] = local_cloud.predictions(read_scan)
    for disc in prediction["discs"]:
        row = page.page.locator(f".discs tr[data-level='{disc['level']}']")
        expect(row).to_contain_text(f"{disc['herniation']:.2f}")
    page.says(f"model {prediction['modelVersion']}")
    page.says(" s on ")


def test_the_measures_of_the_selected_disc_are_those_of_the_prediction(
    page: App, local_cloud: LocalCloud, read_scan: str
) -> None:
    measures = page.page.get_by_role("region", name="Measures")
    expect(measures).to_contain_text("Select a disc")
    [prediction] = local_cloud.predictions(read_scan)
    expect(measures).to_contain_text(f"{prediction['lordosisDeg']:.0f}°")
    for disc in prediction["discs"][-2:]:  # the sacrum isn't outlined: no bulge at L5-S1
        page.click_disc(disc["level"])
        quantities = disc["quantities"]
        ends = [quantities[f"{each}HeightMm"] for each in ("anterior", "middle", "posterior")]
        shown = " / ".join(f"{height:.1f}" for height in ends)
        expect(measures).to_contain_text(f"Measures of {disc['level']}")
        expect(measures).to_contain_text(f"{shown} mm")
        expect(measures).to_contain_text(f"{quantities['canalDepthMm']:.1f} mm")
    expect(measures).to_contain_text("Bulge\N{EN DASH}")


def test_ctrl_wheel_zooms_and_0_resets(page: App) -> None:
    page.page.keyboard.down("Control")
    page.wheel(-3)
    page.page.keyboard.up("Control")
    page.wait_for_zoom(lambda zoom: zoom > 1.5)
    page.drag_picture(dx=-80, dy=0)
    page.wait_for_style("--pan-x", "-80px")
    page.press("0")
    page.wait_for_zoom(lambda zoom: zoom == 1)
    page.press("r")  # a pixel of the picture on one of the screen
    page.wait_for_zoom(lambda zoom: zoom != 1)
    width = page.page.locator(".picture-area").evaluate("each => each.offsetWidth")
    assert width == pytest.approx(page.page.locator("canvas.slice").evaluate("c => c.width"), abs=1)
    page.press("0")
    page.wait_for_zoom(lambda zoom: zoom == 1)


def test_the_right_button_windows_and_a_double_click_resets(page: App) -> None:
    usual = page.mean_shade()
    page.drag_picture(dx=0, dy=150, button="right")  # darker
    page.wait_for_shade(lambda shade: shade < 0.8 * usual)
    page.page.locator(".stage").dblclick(position={"x": 60, "y": 60})
    page.wait_for_shade(lambda shade: shade == usual)
    page.press("i")
    page.wait_for_shade(lambda shade: shade == pytest.approx(255 - usual, abs=0.01))
    page.press("i")
    page.wait_for_shade(lambda shade: shade == usual)


def test_windows_are_of_the_stored_greys_and_remembered(page: App) -> None:
    window = page.page.get_by_label("Window", exact=True)
    expect(window.locator("option")).to_have_text(["usual", "T1", "T2", "STIR", "fit"])
    usual = page.mean_shade()
    page.press("f")
    expect(window).to_have_value("fit")
    page.wait_for_shade(lambda shade: shade != usual)
    everything = page.mean_shade()
    page.press("l", "l")  # usual, T1
    expect(window).to_have_value("t1")
    page.wait_for_shade(lambda shade: shade not in (usual, everything))
    page.page.reload()
    page.wait_for_discs()
    expect(window).to_have_value("t1")
    window.select_option("usual")
    page.wait_for_shade(lambda shade: shade == usual)


def write_as_before(local_cloud: LocalCloud, scan_id: str, prediction: dict[str, Any]) -> None:
    """Stores slices of 8 bits, and each picture as an object, as a reading once had them."""
    results = local_cloud.storage.bucket(local_cloud.environment["RESULTS_BUCKET"])
    packed = results.blob(prediction["artifacts"]["pictures"]).download_as_bytes()
    usual = prediction["windows"]["usual"]
    with zipfile.ZipFile(io.BytesIO(packed)) as pictures:
        for name in pictures.namelist():
            png = pictures.read(name)
            if name.startswith("slice"):
                planes = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
                high, low = np.split(planes.astype(float), 2)
                shown = (256 * high + low - usual["low"]) / (usual["high"] - usual["low"])
                shades = (255 * shown).clip(0, 255).astype(np.uint8)
                png = cv2.imencode(".png", shades)[1].tobytes()
            results.blob(f"scans/{scan_id}/{name}").upload_from_string(png, "image/png")
    each = {kind: f"scans/{scan_id}/{kind[:-1]}-{{:02d}}.png" for kind in ("slices", "masks")}
    artifacts = prediction["artifacts"] | each | {"overlays": each["slices"], "pictures": None}
    path = paths.prediction(scan_id, prediction["modelVersion"])
    without = dict.fromkeys(("windows", "pictureBytes"), DELETE_FIELD)
    local_cloud.firestore.document(path).update({"artifacts": artifacts} | without)


def test_slices_of_an_earlier_version_hold_8_bits_and_are_shown_as_they_are(
    app: App, local_cloud: LocalCloud, open_scan: OpenScan
) -> None:
    scan_id = open_scan("as-read-before.mha")
    app.wait_for_discs()
    as_shown = app.mean_shade()
    [prediction] = local_cloud.predictions(scan_id)
    write_as_before(local_cloud, scan_id, prediction)

    app.page.reload()
    app.wait_for_discs()
    window = app.page.get_by_label("Window", exact=True)
    expect(window.locator("option")).to_have_text(["usual"])
    app.wait_for_shade(lambda shade: shade == pytest.approx(as_shown, abs=1))
    app.press("f", "l")
    expect(window).to_have_value("usual")
    assert app.mean_shade() == pytest.approx(as_shown, abs=1)


def test_the_space_bar_pans_but_still_works_what_has_the_focus(page: App) -> None:
    page.press("4")
    page.page.locator(".box-form select").first.focus()
    assert page.key_is_left_to_the_browser(" ")
    page.page.locator(".stage").focus()
    assert not page.key_is_left_to_the_browser(" ")
    page.page.keyboard.down(" ")
    assert page.is_panning()
    page.page.locator(".box-form select").first.focus()
    page.page.keyboard.up(" ")
    assert not page.is_panning()
    page.page.locator(".stage").focus()
    page.page.keyboard.down(" ")
    page.page.evaluate("dispatchEvent(new Event('blur'))")  # another window: its release is lost
    assert not page.is_panning()


def test_keys_rest_while_a_dialog_is_open_wherever_its_focus_is(page: App) -> None:
    start = page.slice()
    page.press("?")
    keys = page.page.get_by_role("dialog")
    expect(keys).to_be_visible()
    page.page.evaluate("document.activeElement.blur()")  # as when the button in focus is disabled
    page.press("ArrowDown", "Escape")
    expect(keys).to_be_hidden()
    page.press("ArrowUp")
    page.wait_for_slice(start - 1)


def test_files_come_down_under_the_name_of_the_scan(page: App) -> None:
    prediction = json.loads(page.download("prediction.json").read_text(encoding="utf-8"))
    assert [disc["level"] for disc in prediction["discs"]] == list(LEVELS)
    header = page.download("segmentation.mha").read_bytes()[:400]
    assert b"NDims = 3" in header


@pytest.mark.parametrize(
    ("code", "next_step"),
    [
        ("damaged", "The file is kept. Try again, or upload the scan in another format."),
        ("not-sagittal", "Upload the sagittal series of this spine, if there is one."),
        ("object-gone", "Upload the scan again."),
    ],
)
def test_a_scan_that_was_not_read_says_what_to_do(
    code: str, next_step: str, app: App, seed_scans: Callable[..., list[str]]
) -> None:
    error = Failure(code=code, message="This is why.")
    [scan_id] = seed_scans(seeded_scan(f"{code}.mha", status="failed", error=error))
    app.open(f"/scans/{scan_id}")
    app.says("This is why.")
    app.says(next_step)


def test_an_address_of_no_scan_says_so(app: App) -> None:
    app.open("/scans/nosuchscan")
    app.says("No such scan")
    app.open("/nothing/here")
    app.says("Nothing here")
