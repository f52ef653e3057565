"""What people do to send scans, and what the tray tells them."""

import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.support.webapp.browser_page import RESULT_MS, BrowserPage


class Uploading(BrowserPage):
    """Dropping files, the lines of the tray, its questions, and the network in between."""

    def drop(self, *paths: Path) -> None:
        """Drag files or folders from the desktop onto the page, as the browser itself sees it."""
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}

        def drag(step: str, y: int) -> None:
            event = {"type": step, "x": 400, "y": y, "data": data}
            self.devtools.send("Input.dispatchDragEvent", event)

        drag("dragEnter", 290)
        for y in range(291, 390):  # a hand keeps moving until the page says where to let go
            drag("dragOver", y)
            if self.page.get_by_text("Drop to read").is_visible():
                drag("dragOver", y)
                drag("dragOver", y)
                drag("drop", y)
                return
        raise AssertionError("the page takes no drop")

    def drop_scan(self, path: Path) -> None:
        self.drop(path)

    def choose_files(self, *paths: Path) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.press("u")
        chooser.value.set_files([str(path) for path in paths])

    def upload(self, name: str) -> Locator:
        """The line of the tray."""
        return self.page.locator(f".tray-line[data-name='{name}']")

    def click_upload(self, name: str, action: str) -> None:
        self.upload(name).get_by_role("button", name=re.compile(f"^{action}")).click()

    def wait_for_upload(self, name: str, state: str) -> None:
        expect(self.upload(name)).to_have_attribute("data-state", state, timeout=RESULT_MS)

    def upload_percent(self, name: str) -> float:
        return float(self.upload(name).locator("progress").get_attribute("value") or 0)

    def slow_network(self, bytes_per_second: int) -> None:
        self._emulate_network(offline=False, uploadThroughput=bytes_per_second)

    def lose_network(self) -> None:
        self._emulate_network(offline=True, uploadThroughput=0)

    def distant_network(self) -> None:
        """Each answer takes five seconds."""
        self._emulate_network(offline=False, uploadThroughput=-1, latency=5000)

    def normal_network(self) -> None:
        self._emulate_network(offline=False, uploadThroughput=-1)

    def has_no_room(self) -> None:
        """Let the browser keep nothing from now on."""
        self.page.evaluate("navigator.storage.estimate = async () => ({ quota: 0, usage: 0 })")

    def _emulate_network(self, **conditions: bool | int) -> None:
        self.devtools.send("Network.enable")
        self.devtools.send(
            "Network.emulateNetworkConditions",
            {"latency": 0, "downloadThroughput": -1} | conditions,
        )

    def asks(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("dialog")).to_contain_text(words)

    def answer(self, words: str) -> None:
        self.page.get_by_role("dialog").get_by_role("button", name=words, exact=True).click()

    def upload_says(self, name: str, words: str | re.Pattern[str]) -> None:
        expect(self.upload(name).last).to_contain_text(words, timeout=RESULT_MS)
