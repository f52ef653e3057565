"""The reason for a disc's probability on the page of a scan."""

import json

import pytest
from playwright.sync_api import Locator, expect

from tests.support.checkout import ROOT
from tests.support.local_cloud import LocalCloud
from tests.support.webapp.driver import App

PICTURES = ROOT / ".local" / "screenshots"


@pytest.fixture
def page(app: App, read_scan: str) -> App:
    """The page of the phantom, whose L4-L5 is herniated."""
    app.open(f"/scans/{read_scan}")
    app.wait_for_discs()
    return app


def reason(page: App) -> Locator:
    return page.page.get_by_role("region", name="Reason")


def test_the_reason_of_the_selected_disc_is_that_of_the_prediction(
    page: App, local_cloud: LocalCloud, read_scan: str
) -> None:
    expect(reason(page)).to_have_count(0)
    [prediction] = local_cloud.predictions(read_scan)
    stored = json.loads(page.download("prediction.json").read_text(encoding="utf-8"))
    for disc, in_file in zip(prediction["discs"], stored["discs"], strict=True):
        page.click_disc(disc["level"])
        expect(reason(page)).to_contain_text(f"Why {disc['herniation']:.2f} at {disc['level']}")
        expect(reason(page)).to_contain_text(disc["reason"]["text"])
        assert in_file["reason"]["text"] == disc["reason"]["text"]
        assert in_file["reason"]["causes"] == disc["reason"]["causes"]
    texts = {disc["level"]: disc["reason"]["text"] for disc in prediction["discs"]}
    assert "Without the tissue behind the back walls" in texts["L4-L5"]
    assert "Without" not in texts["L3-L4"]


def test_back_walls_are_drawn_when_they_are_asked_for(
    page: App, local_cloud: LocalCloud, read_scan: str
) -> None:
    drawn = page.page.locator(".back-walls [data-walls='L4-L5']")
    page.click_disc("L4-L5")
    expect(drawn).to_have_count(0)
    page.press("w")
    [prediction] = local_cloud.predictions(read_scan)
    here = {each["slice"]: each for each in prediction["discs"][3]["reason"]["backWalls"]}[
        page.slice() - 1
    ]
    expect(drawn.locator("line")).to_have_attribute("y2", f"{here['line'][3]:g}")
    points = [each["points"] for each in here["tissue"]]
    shown = drawn.locator("polygon").evaluate_all(
        "all => all.map(each => each.getAttribute('points'))"
    )
    assert [[float(each) for each in piece.split()] for piece in shown] == points
    page.press("w")
    expect(drawn).to_have_count(0)


def test_the_button_leads_to_a_slice_that_has_the_drawing(page: App) -> None:
    page.click_disc("L4-L5")
    page.press(*["ArrowUp"] * 40)
    page.wait_for_slice(1)
    reason(page).get_by_role("button", name="Back walls").click()
    expect(page.page.locator(".back-walls [data-walls='L4-L5'] polygon").first).to_be_attached()
    assert page.slice() > 1
    page.press(*["ArrowUp"] * 40)
    reason(page).get_by_role("button", name="Show slice").click()
    expect(page.page.locator(".back-walls [data-walls='L4-L5'] polygon").first).to_be_attached()


def test_picture_of_the_reason(page: App) -> None:
    """The one that the README shows."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.click_disc("L4-L5")
    reason(page).get_by_role("button", name="Back walls").click()
    page.press("b", *["+"] * 3, *["Control+ArrowDown"] * 6)
    page.wait_for_picture()
    page.page.screenshot(path=PICTURES / "reason.png")
    assert (PICTURES / "reason.png").stat().st_size > 50_000
