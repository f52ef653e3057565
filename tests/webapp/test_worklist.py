"""The worklist: live, and with the keyboard alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from discai.anatomy import LEVELS
from tests.local_cloud import LocalCloud
from tests.webapp.driver import App, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.emulator, pytest.mark.slow]


def test_two_pages_see_the_same_scan_live(
    new_app: Callable[..., App], app: App, named: Callable[[str], Path]
) -> None:
    colleague = new_app().open().continue_as_demo_user()
    app.drop_scan(named("seen-by-both.mha"))
    for page in (app, colleague):
        page.wait_for_row("seen-by-both.mha", "done")
        assert all(level in page.glance("seen-by-both.mha") for level in LEVELS)
    assert colleague.was_never_reloaded()


def test_the_keyboard_walks_opens_and_comes_back(
    app: App, local_cloud: LocalCloud, read_scan: str, phantom_mha: Path
) -> None:
    local_cloud.wait_for(local_cloud.put(phantom_mha, "seeded/second.mha"))
    app.wait_for_row("second.mha", "done")
    names = app.rows()
    app.press("j", "ArrowDown")
    assert app.focused() == names[1]
    app.press("k")
    assert app.focused() == names[0]
    app.press("Enter")
    assert "/scans/" in app.page.url
    app.wait_for_discs()
    app.press("]")
    expect(app.page.get_by_role("heading", name=names[1])).to_be_visible()
    app.press("[")
    expect(app.page.get_by_role("heading", name=names[0])).to_be_visible()
    app.press("Escape")
    app.wait_for_row(names[0])
    assert app.focused() == names[0]


def test_the_back_button_works(app: App, read_scan: str) -> None:
    app.open_scan("read-before.mha")
    app.wait_for_discs()
    app.page.go_back()
    app.wait_for_row("read-before.mha")
    app.page.go_forward()
    app.wait_for_discs()
    assert app.was_never_reloaded()


def test_search_narrows_the_rows_and_says_when_none_is_left(app: App, read_scan: str) -> None:
    app.wait_for_row("read-before.mha")
    app.search("BEFORE")
    expect(app.page.locator("a.row-link")).to_have_count(1)
    app.page.keyboard.type(" nothing")
    app.says("No scan matches")
    app.page.get_by_role("button", name="Show all scans").click()
    app.wait_for_row("read-before.mha")


def test_a_failed_scan_can_be_tried_again(
    app: App, local_cloud: LocalCloud, truncated_mha: Path
) -> None:
    scan_id = local_cloud.put(truncated_mha, "seeded/fails.mha")
    app.wait_for_row("fails.mha", "failed")
    events = local_cloud.firestore.collection(f"scans/{scan_id}/events")
    before = len(events.get())
    app.row("fails.mha").get_by_role("button", name="Retry").click()
    wait_until(lambda: len(events.get()) >= 2 * before)  # the whole way once more
    app.wait_for_row("fails.mha", "failed")


def test_question_mark_lists_the_keys(app: App) -> None:
    app.press("?")
    expect(app.page.get_by_role("dialog", name="Keys")).to_contain_text("next slice")
    app.press("Escape")
    expect(app.page.get_by_role("dialog")).to_be_hidden()
