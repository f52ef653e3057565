"""What every page shares: themes, ways from page to page, and pictures of all of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.local_cloud import LocalCloud
from tests.support.webapp.driver import App

#: Pictures of every page in both themes, for people to look at.
PICTURES = ROOT / ".local" / "screenshots"
LEAST_BYTES = 8_000  # an empty page has fewer


def test_the_theme_follows_the_system_until_somebody_chooses(new_app: Callable[..., App]) -> None:
    app = new_app(color_scheme="light").open().continue_as_demo_user()
    app.wait_for_theme("light")
    app.page.emulate_media(color_scheme="dark")
    app.wait_for_theme("dark")
    app.press("t", "t")  # system, dark, light
    app.wait_for_theme("light")
    app.open()
    app.wait_for_theme("light")
    app.press("t")
    app.wait_for_theme("dark")
    app.says("Theme: system")


def test_a_full_storage_leaves_the_choice_of_a_theme(app: App) -> None:
    app.fill_storage()
    app.press("t", "t")
    app.wait_for_theme("light")
    app.says("Theme: light")


def test_a_browser_that_allows_no_storage_shows_the_worklist(new_app: Callable[..., App]) -> None:
    app = new_app()
    app.forbid_storage()
    app.open().continue_as_demo_user()
    app.press("t", "t")
    app.wait_for_theme("light")


def test_every_page_has_a_key_and_an_address(app: App) -> None:
    for key, address, heading in (
        ("Shift+M", "/models", "Models"),
        ("Shift+U", "/upload", "Upload"),
        ("Shift+W", "/", "Worklist"),
    ):
        app.press(key)
        app.wait_for_page(heading)
        assert app.address() == address
    app.page.go_back()
    app.wait_for_page("Upload")
    assert app.was_never_reloaded()


def test_an_address_of_nothing_says_so_and_leads_back(app: App) -> None:
    app.open("/nothing/here")
    app.says("No page of DiscAI has this address")
    app.page.get_by_role("link", name="Go to the worklist").click()
    app.wait_for_page("Worklist")


def test_the_command_for_the_terminal_is_copied(app: App) -> None:
    app.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    app.page.get_by_role("button", name="Copy gsutil").click()
    app.toast_says("Copied")
    copied = app.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"gsutil cp scan.mha gs://{app.cloud.environment['UPLOADS_BUCKET']}/"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_pictures_of_every_page(
    theme: str,
    new_app: Callable[..., App],
    local_cloud: LocalCloud,
    read_scan: str,
    truncated_mha: Path,
) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    app = new_app(color_scheme=theme).open()
    broken = f"picture-{theme}.mha"

    def picture(name: str) -> None:
        path = PICTURES / f"{name}-{theme}.png"
        app.page.screenshot(path=path, full_page=True)
        assert path.stat().st_size > LEAST_BYTES

    app.says("Sign in")
    picture("sign-in")
    app.continue_as_demo_user()
    local_cloud.wait_for(local_cloud.put(truncated_mha, f"seeded/{broken}"))
    app.wait_for_row(broken, "failed")
    app.wait_for_thumbnail("read-before.mha")
    picture("worklist")
    app.press("?")
    app.asks("next scan")
    picture("help")
    app.press("Escape")
    app.open("/upload")
    app.says("What each file becomes")
    picture("upload")
    app.open(f"/scans/{read_scan}")
    app.wait_for_discs()
    picture("review")
    app.open("/nothing")
    app.says("Nothing here")
    picture("nothing")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_pictures_of_the_models(
    theme: str, new_app: Callable[..., App], functions_stand_still: None, seeded_models: str
) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    app = new_app(color_scheme=theme).open().continue_as_demo_user().open("/models")
    app.says("AUROC by scanner and sequence")
    app.panel_says("Runs", "Run 3")
    app.page.screenshot(path=PICTURES / f"models-{theme}.png", full_page=True)


def test_a_database_that_says_nothing_is_told_with_a_way_to_try_again(
    app: App, read_scan: str
) -> None:
    firestore = "**/google.firestore.v1.Firestore/**"
    app.page.route(firestore, lambda _: None)  # asked, and never answered
    app.open(f"/scans/{read_scan}")
    app.says("The database doesn't answer. Nothing can be shown until then.")
    app.open("/").says("The database doesn't answer.")
    app.offers_another_try()
    app.page.unroute(firestore)
    app.try_again()
    app.says("read-before.mha")
    app.says_no_longer("The database doesn't answer.")


def test_the_page_opens_without_a_network(new_app: Callable[..., App], read_scan: str) -> None:
    app = new_app(service_workers="allow").open().continue_as_demo_user()
    app.says("read-before.mha")
    app.wait_until_files_are_kept()
    app.page.context.set_offline(True)
    app.open(f"/scans/{read_scan}")
    app.says("Nothing can be shown until then.")
    app.says("Research use only. Not a medical device.")
    app.page.context.set_offline(False)
    app.wait_for_discs()


def test_an_eighth_tab_shows_the_worklist_as_the_first_does(app: App, read_scan: str) -> None:
    app.says("read-before.mha")
    tabs = [App(app.page.context.new_page(), app.cloud) for _ in range(7)]
    for tab in tabs:
        tab.open()
    for tab in tabs:
        tab.says("read-before.mha")
