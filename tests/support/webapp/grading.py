"""What people do with the gradings of the selected disc."""

from typing import Literal

from playwright.sync_api import Locator, expect

from tests.support.webapp.browser_page import BrowserPage

Name = Literal["Pfirrmann", "Narrowed", "Bulging", "Slip", "Modic"]


class Grading(BrowserPage):
    """The gradings' panel."""

    def grade(self, name: Name, answer: str) -> None:
        self._answer(name, answer).click()

    def grading_is(self, name: Name, answer: str | None, whose: str) -> None:
        """The reader's answer, None without one, and what stands beside it."""
        grading = self._grading(name)
        pressed = grading.locator('button[aria-pressed="true"]')
        expect(pressed).to_have_text([answer] if answer else [])
        expect(grading.locator(":scope > :last-child")).to_have_text(whose)

    def models_grading_is(self, name: Name, answer: str) -> None:
        expect(self._grading(name).locator('button[data-model="true"]')).to_have_text(answer)

    def gradings_say(self, words: str) -> None:
        expect(self._panel()).to_contain_text(words)

    def focused_answer(self) -> str:
        """Name of the answer that has the keyboard."""
        return str(self.page.evaluate("document.activeElement.getAttribute('aria-label')"))

    def gradings_height(self) -> float:
        """Height of the panel in pixels of the page."""
        box = self._panel().bounding_box()
        assert box is not None
        return box["height"]

    def _panel(self) -> Locator:
        return self.page.get_by_role("region", name="Gradings")

    def _grading(self, name: Name) -> Locator:
        return self._panel().get_by_role("group", name=name)

    def _answer(self, name: Name, answer: str) -> Locator:
        return self._grading(name).locator("button", has_text=answer)
