"""The report of a scan: written from what is confirmed, changed, kept, copied and printed."""

from collections.abc import Callable

from tests.support.checkout import ROOT
from tests.support.local_cloud import LocalCloud
from tests.support.waiting import wait_until
from tests.support.webapp.driver import App
from tests.support.webapp.labels import labels_of

PICTURES = ROOT / ".local" / "screenshots"


def open_scan(app: App, scan_id: str) -> None:
    app.open(f"/scans/{scan_id}")
    app.wait_for_discs()
    app.wait_until_labels_may_be_saved()


def lines(report: str) -> dict[str, str]:
    """The lines about discs by their levels."""
    found = [line for line in report.splitlines() if line.count(":")]
    by_level: dict[str, str] = {}
    for line in found:  # the first of a disc, which says whether it is herniated
        by_level.setdefault(line.removeprefix("[not confirmed] ").partition(":")[0], line)
    return by_level


def test_what_a_reviewer_has_confirmed_is_said_without_the_mark(
    app: App, another_scan: Callable[..., str], local_cloud: LocalCloud
) -> None:
    scan_id = another_scan("reported.mha")
    open_scan(app, scan_id)
    before = lines(app.open_report())
    assert all(before[level].startswith("[not confirmed]") for level in ("L4-L5", "L5-S1"))
    app.close_report()
    app.confirm_discs("L5-S1")
    app.accept_predictions()
    wait_until(lambda: labels_of(local_cloud, scan_id))
    open_scan(app, scan_id)
    after = lines(app.open_report())
    assert after["L5-S1"].startswith("L5-S1: ")
    assert "by the model" not in after["L5-S1"]
    assert after["L4-L5"] == before["L4-L5"]


def test_a_changed_report_is_kept_and_enter_copies_it(app: App, read_scan: str) -> None:
    app.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_scan(app, read_scan)
    written = app.open_report()
    assert written.endswith("Research use only. Not a medical device.")
    app.press("Enter")
    app.report_says("Copied")
    assert app.page.evaluate("navigator.clipboard.readText()") == written
    app.change_report("Mine.")
    app.press("Escape")
    open_scan(app, read_scan)  # as after a crash
    assert app.open_report() == "Mine."
    app.page.screenshot(path=PICTURES / "report.png")
    app.click_in_report("Start again")
    assert app.report() == written
    app.close_report()


def test_what_is_printed_is_the_report_and_nothing_else(app: App, read_scan: str) -> None:
    open_scan(app, read_scan)
    written = app.open_report()
    app.page.emulate_media(media="print")
    shown = app.page.evaluate(
        """() => [...document.querySelectorAll("body *")]
          .filter((each) => each.checkVisibility({ visibilityProperty: true }))
          .filter((each) => !each.children.length && each.textContent.trim())
          .map((each) => each.textContent.trim())"""
    )
    assert written in shown
    assert set(shown) - {written} <= {"Report", *[each for each in shown if "Key slice" in each]}
    app.page.screenshot(path=PICTURES / "report-printed.png")
    app.page.emulate_media(media="screen")
    app.close_report()
