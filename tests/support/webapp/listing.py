"""What people do on the worklist."""

import re

from playwright.sync_api import Locator, expect

from tests.support.webapp.browser_page import RESULT_MS, BrowserPage


class Listing(BrowserPage):
    """The rows of the worklist, and which of them are shown."""

    def row(self, name: str) -> Locator:
        link = self.page.locator("a.row-link").get_by_text(name, exact=True)
        return self.page.locator("tbody tr").filter(has=link)

    def rows(self) -> list[str]:
        return self.page.locator("a.row-link").all_inner_texts()

    def wait_for_row(self, name: str, status: str | None = None) -> None:
        expect(self.row(name)).to_be_visible(timeout=RESULT_MS)
        if status:
            expect(self.row(name)).to_have_attribute("data-status", status, timeout=RESULT_MS)

    def glance(self, name: str) -> str:
        """What the five circles of a row say to somebody who can't see them."""
        return self.row(name).locator(".glance").get_attribute("aria-label") or ""

    def search(self, words: str) -> None:
        self.press("/")
        self.page.keyboard.type(words)

    def open_scan(self, name: str) -> None:
        self.row(name).locator("a.row-link").click()

    def show(self, words: str) -> None:
        """Choose a filter and wait for its rows."""
        filters = self.page.get_by_role("group", name="Show")
        filters.get_by_role("button", name=re.compile(f"^{words}")).click()
        self.wait_for_view()

    def count_of(self, words: str) -> int:
        button = self.page.get_by_role("button", name=re.compile(f"^{words}"))
        return int(button.locator(".count").inner_text())

    def order_by(self, words: str) -> None:
        self.page.get_by_label("Order").select_option(words)
        self.wait_for_view()

    def wait_for_view(self) -> None:
        expect(self.page.locator(".worklist[aria-busy='true']")).to_have_count(0)

    def overlaps(self, name: str) -> list[str]:
        """Cells of a row that lie over each other, or reach out of the window."""
        return list(
            self.row(name).evaluate(
                """row => {
                const cells = [...row.querySelectorAll("td, .glance")]
                  .filter(cell => cell.checkVisibility() && !cell.querySelector(".glance"))
                  .map(cell => ({ cell, range: document.createRange() }));
                const places = cells.map(({ cell, range }) => {
                  range.selectNodeContents(cell);
                  const words = range.getBoundingClientRect();
                  const { left, right } = cell.getBoundingClientRect();
                  const end = Math.min(words.right, right);
                  return { name: cell.className, left: Math.max(words.left, left), right: end,
                           top: words.top, bottom: words.bottom };
                });
                const over = (a, b) => a !== b && a.left < b.right - 1 && b.left < a.right - 1
                  && a.top < b.bottom - 3 && b.top < a.bottom - 3;
                return places.filter(a => a.right > innerWidth || places.some(b => over(a, b)))
                  .map(({ name }) => name);
                }"""
            )
        )

    def row_says(self, name: str, words: str | re.Pattern[str]) -> None:
        expect(self.row(name)).to_contain_text(words)

    def retry_all(self, reason: str, count: int) -> None:
        """Have all listed scans read again that have a reason in common."""
        self.page.get_by_role("button", name=f"Retry all {count}: {reason}").click()

    def wait_for_no_row(self, name: str) -> None:
        expect(self.row(name)).to_have_count(0)

    def wait_for_thumbnail(self, name: str) -> None:
        expect(self.row(name).locator(".thumbnail img")).to_be_visible(timeout=RESULT_MS)

    def point_at(self, name: str) -> None:
        """Move the pointer onto a row, as somebody who is about to click it."""
        self.row(name).hover()

    def point_elsewhere(self) -> None:
        self.page.mouse.move(300, 20)

    def wait_for_new_scans(self, words: str) -> None:
        expect(self.page.locator(".new-scans")).to_contain_text(words)

    def scroll_down(self, pixels: int) -> None:
        self.page.mouse.wheel(0, pixels)
