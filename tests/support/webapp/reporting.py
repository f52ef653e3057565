"""What people do with the report of a scan."""

from playwright.sync_api import Locator, expect

from tests.support.webapp.browser_page import BrowserPage


class Reporting(BrowserPage):
    """The report's window."""

    def report(self) -> str:
        """Text of the open report, once it is written."""
        text = self._text_of_report()
        expect(text).not_to_have_value("")
        return text.input_value()

    def open_report(self) -> str:
        """Open it with its key; its text."""
        self.press("y")
        return self.report()

    def change_report(self, text: str) -> None:
        self._text_of_report().fill(text)

    def close_report(self) -> None:
        self._report_window().get_by_role("button", name="Close").click()
        expect(self._report_window()).to_be_hidden()

    def click_in_report(self, button: str) -> None:
        self._report_window().get_by_role("button", name=button).click()

    def report_says(self, words: str) -> None:
        expect(self._report_window()).to_contain_text(words)

    def _report_window(self) -> Locator:
        return self.page.locator("dialog.report")

    def _text_of_report(self) -> Locator:
        return self.page.get_by_label("Text of the report")
