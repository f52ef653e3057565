"""`BrowserPage`: what tests do on any page, and how they wait."""

import re
from functools import cached_property
from typing import Self

from playwright.sync_api import CDPSession, ConsoleMessage, Locator, Page, expect

from tests.support.local_cloud import LocalCloud

# Ends of a hang: what a page shows by itself, and what comes once a scan was read.
SHOWN_MS = 60_000
RESULT_MS = 180_000
NO_RELOAD = "stillTheSamePage"


class BrowserPage:
    """One open page.

    Attributes:
        problems: what the browser complained about: errors, broken policies, failed requests.
        expected: parts of complaints that a test brings about.
    """

    def __init__(self, page: Page, cloud: LocalCloud) -> None:
        self.page = page
        self.cloud = cloud
        self.problems: list[str] = []
        self.expected: list[str] = []
        page.set_default_timeout(SHOWN_MS)
        expect.set_options(timeout=SHOWN_MS)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("filechooser", lambda _: None)  # from the start: turning it on later takes time
        page.on("console", self._listen)

    def _listen(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.problems.append(f"{line.text} {line.location['url'].partition('?')[0]}")

    @cached_property
    def devtools(self) -> CDPSession:
        """Chromium's own protocol, for what Playwright can't do."""
        return self.page.context.new_cdp_session(self.page)

    def open(self, address: str = "/") -> Self:
        """Open a page of the app; whoever was signed in still is."""
        self.page.goto(self.cloud.web_url + address)
        self.page.evaluate(f"window.{NO_RELOAD} = true")
        return self

    def was_never_reloaded(self) -> bool:
        return bool(self.page.evaluate(f"window.{NO_RELOAD} === true"))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def press_with_alt_gr(self, key: str) -> None:
        """As Windows tells it; Playwright knows no AltGr."""
        self.page.evaluate(
            """key => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {
              key, ctrlKey: true, altKey: true, modifierAltGraph: true, bubbles: true,
            }))""",
            key,
        )

    def fill_storage(self) -> None:
        """Until the browser's storage takes not even a character more."""
        self.page.evaluate(
            """() => {
            for (let size = 1 << 23; size >= 1; size >>= 1) {
              try {
                localStorage.setItem(`filling ${size}`, "x".repeat(size));
              } catch {} // half of it may have room
            } }"""
        )

    def forbid_storage(self) -> None:
        """From the next page on, as where a browser is told to block the data of sites."""
        self.page.add_init_script(
            """Object.defineProperty(window, "localStorage", {
              get() { throw new DOMException("Access is denied.", "SecurityError"); },
            })"""
        )

    def says(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator("body")).to_contain_text(words)

    def wait_until_files_are_kept(self) -> None:
        """The service worker has all files of the page, and takes its requests."""
        self.page.wait_for_function("navigator.serviceWorker.controller !== null")

    def says_no_longer(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator("body")).not_to_contain_text(words)

    def offers_another_try(self) -> None:
        expect(self._another_try()).to_be_visible()

    def try_again(self) -> None:
        """Click, unless the page has tried again by itself and the button is gone."""
        self._another_try().evaluate_all("buttons => buttons.forEach((button) => button.click())")

    def _another_try(self) -> Locator:
        return self.page.get_by_role("button", name="Try again")

    def focused(self) -> str:
        return str(self.page.evaluate("document.activeElement.textContent"))
