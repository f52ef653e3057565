"""`App`: the web app as a person uses it; tests speak in these actions and know no selectors."""

import re

from playwright.sync_api import Locator, expect

from tests.support.webapp.grading import Grading
from tests.support.webapp.listing import Listing
from tests.support.webapp.reporting import Reporting
from tests.support.webapp.reviewing import Reviewing
from tests.support.webapp.uploading import Uploading


class App(Uploading, Listing, Reviewing, Grading, Reporting):
    """One open page, with all that people do on it."""

    # Getting in

    def continue_as_demo_user(self) -> "App":
        self.page.get_by_role("button", name=f"Continue as {self.cloud.email}").click()
        expect(self.page.get_by_role("region", name="Upload", exact=True)).to_be_visible()
        return self

    def sign_in(self, email: str, password: str) -> None:
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def check_again(self) -> None:
        self.page.get_by_role("button", name="Check again").click()

    def sign_out(self) -> None:
        self.page.get_by_role("button", name="Sign out").click()

    # Shell

    def wait_for_theme(self, theme: str) -> None:
        expect(self.page.locator("html")).to_have_attribute("data-theme", theme)

    def wait_for_page(self, heading: str) -> None:
        expect(self.page.locator("h1")).to_have_text(heading)

    def wait_for_address(self, address: str) -> None:
        expect(self.page).to_have_url(self.cloud.web_url + address)

    def address(self) -> str:
        """Path and query."""
        return self.page.url.removeprefix(self.cloud.web_url)

    def toast_says(self, words: str) -> None:
        expect(self.page.locator(".toast")).to_contain_text(words)

    def no_toast_is_left(self) -> None:
        expect(self.page.locator(".toast")).to_have_count(0)

    # Models

    def panel(self, title: str | re.Pattern[str]) -> Locator:
        heading = self.page.get_by_role("heading", name=title)
        return self.page.locator(".panel").filter(has=heading)

    def panel_says(self, title: str | re.Pattern[str], words: str | re.Pattern[str]) -> None:
        expect(self.panel(title)).to_contain_text(words)
