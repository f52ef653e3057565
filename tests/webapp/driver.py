"""`App`: the web app as a person uses it; tests speak in these actions and know no selectors."""

import re
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Literal

from playwright.sync_api import CDPSession, Locator, Page, expect

from tests.local_cloud import LocalCloud

RESULT_MS = 60_000
NO_RELOAD = "stillTheSamePage"


class App:
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
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("filechooser", lambda _: None)  # from the start: turning it on later takes time
        page.on("console", lambda line: line.type == "error" and self.problems.append(line.text))

    @cached_property
    def _devtools(self) -> CDPSession:
        return self.page.context.new_cdp_session(self.page)

    # Getting in

    def open(self, address: str = "/") -> "App":
        """Open a page of the app; whoever was signed in still is."""
        self.page.goto(self.cloud.web_url + address)
        self.page.evaluate(f"window.{NO_RELOAD} = true")
        return self

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

    def was_never_reloaded(self) -> bool:
        return bool(self.page.evaluate(f"window.{NO_RELOAD} === true"))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def says(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator("body")).to_contain_text(words)

    # Upload

    def drop(self, *paths: Path) -> None:
        """Drag files or folders from the desktop onto the page, as the browser itself sees it."""
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}

        def drag(step: str, y: int) -> None:
            event = {"type": step, "x": 400, "y": y, "data": data}
            self._devtools.send("Input.dispatchDragEvent", event)

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

    def normal_network(self) -> None:
        self._emulate_network(offline=False, uploadThroughput=-1)

    def _emulate_network(self, **conditions: bool | int) -> None:
        self._devtools.send("Network.enable")
        self._devtools.send(
            "Network.emulateNetworkConditions",
            {"latency": 0, "downloadThroughput": -1} | conditions,
        )

    # Worklist

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

    def focused(self) -> str:
        return str(self.page.evaluate("document.activeElement.textContent"))

    def search(self, words: str) -> None:
        self.press("/")
        self.page.keyboard.type(words)

    def open_scan(self, name: str) -> None:
        self.row(name).get_by_role("link").click()

    # Result page

    def wait_for_discs(self) -> list[str]:
        """The levels in the table of discs, once there are some and the slice is drawn."""
        rows = self.page.locator(".discs tbody tr")
        expect(rows.first).to_be_visible(timeout=RESULT_MS)
        self.wait_for_picture()
        return rows.evaluate_all("rows => rows.map(row => row.dataset.level)")

    def wait_for_picture(self) -> None:
        self.page.wait_for_function(
            """() => { const canvas = document.querySelector("canvas.slice");
            return canvas && canvas.getContext("2d")
              .getImageData(0, 0, canvas.width, canvas.height).data.some((v, i) => i % 4 < 3 && v);
            }"""
        )

    def slice(self) -> int:
        return int(self.page.locator(".slice-number").inner_text())

    def wait_for_slice(self, number: int) -> None:
        """Counted from one, as people do."""
        expect(self.page.locator(".slice-number")).to_have_text(str(number))

    def wheel(self, notches: int) -> None:
        self.page.locator(".stage").hover()
        for _ in range(abs(notches)):
            self.page.mouse.wheel(0, 100 if notches > 0 else -100)

    def drag_picture(self, dx: float, dy: float, button: Literal["left", "right"] = "left") -> None:
        """Drag the picture where no box is."""
        stage = self.page.locator(".stage").bounding_box()
        assert stage
        x, y = stage["x"] + 0.9 * stage["width"], stage["y"] + 0.3 * stage["height"]
        self.page.mouse.move(x, y)
        self.page.mouse.down(button=button)
        self.page.mouse.move(x + dx, y + dy, steps=4)
        self.page.mouse.up(button=button)

    def wait_for_style(self, name: str, value: str | re.Pattern[str]) -> None:
        """One of the custom properties that say how the picture is shown."""
        expect(self.page.locator(".plate")).to_have_css(name, value)

    def key_is_left_to_the_browser(self, key: str) -> bool:
        """Whether the page lets a key do what it does anyway."""
        self.page.evaluate(
            "addEventListener('keydown', (event) => { window.wasLeft = !event.defaultPrevented; })"
        )
        self.press(key)
        return bool(self.page.evaluate("window.wasLeft"))

    def wait_for_zoom(self, fits: Callable[[float], bool]) -> None:
        zoom = "element => getComputedStyle(element).getPropertyValue('--zoom')"
        wait_until(lambda: fits(float(self.page.locator(".plate").evaluate(zoom))))

    def click_disc(self, level: str) -> None:
        self.page.locator(f".discs tr[data-level='{level}']").click()

    def box_labels(self) -> list[str]:
        return self.page.locator(".box-label").all_inner_texts()

    def wait_for_boxes(self, count: int) -> None:
        """Until Annotorious shows so many boxes, each with its label."""
        expect(self.page.locator(".a9s-annotation")).to_have_count(count)
        expect(self.page.locator(".box-label")).to_have_count(count)

    def click_box(self, index: int) -> None:
        box = self.page.locator(".a9s-annotation .a9s-inner").nth(index).bounding_box()
        assert box  # by place: under the pointer, handles take the box's place
        self.page.mouse.click(box["x"] + 12, box["y"] + 12)

    def wait_for_mask_opacity(self, opacity: str) -> None:
        expect(self.page.locator("canvas.mask")).to_have_css("opacity", opacity)

    def wait_for_selected_disc(self, level: str | re.Pattern[str]) -> None:
        selected = self.page.locator(".discs tr[data-selected='true']")
        expect(selected).to_have_attribute("data-level", level)

    def download(self, file: str) -> Path:
        with self.page.expect_download() as started:
            self.page.get_by_role("button", name=file).click()
        return Path(started.value.path())

    # Review: editing and saving

    def box(self, level: str) -> Locator:
        """The label beside the box; for people who can't see, it is the box."""
        return self.page.locator(f".box-label[data-level='{level}']")

    def box_says(self, level: str, words: str) -> None:
        """What a screen reader reads of a box, among the rest."""
        expect(self.box(level)).to_have_accessible_name(re.compile(re.escape(words)))

    def select_box(self, level: str) -> None:
        self.box(level).click()
        expect(self.box(level)).to_have_attribute("aria-pressed", "true")

    def box_middle(self, level: str) -> tuple[float, float]:
        """Where the box is on the screen, as its label points at it."""
        label = self.box(level).bounding_box()
        assert label
        return label["x"] + label["width"] + 40, label["y"] + label["height"] / 2

    def drag_box(self, level: str, dx: float, dy: float) -> None:
        """Grab a box in its middle and move it, in pixels of the screen."""
        self._drag(self.box_middle(level), dx, dy)

    def draw_box(self, level_above: str, below: float) -> None:
        """Press the key for a new box, then drag one open below another."""
        self.press("n")
        expect(self.page.locator(".stage")).to_have_attribute("data-drawing", "true")
        x, y = self.box_middle(level_above)
        self._drag((x, y + below), 60, 24)
        expect(self.page.locator(".stage")).to_have_attribute("data-drawing", "false")

    def _drag(self, start: tuple[float, float], dx: float, dy: float) -> None:
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.move(start[0] + 1, start[1])  # the box under the pointer gets its handles
        mouse.down()
        mouse.move(start[0] + dx / 2, start[1] + dy / 2, steps=4)
        mouse.move(start[0] + dx, start[1] + dy, steps=4)
        mouse.up()

    def choose(self, field: str, option: str) -> None:
        """Of the selected box: its level, or whether it is herniated."""
        line = self.page.locator(".box-form label").filter(has_text=field)
        line.locator("select").select_option(option)

    def editor_says(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator(".editor-says")).to_contain_text(words)

    def draft_says(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator(".draft")).to_contain_text(words)

    def discard_draft(self) -> None:
        self.page.get_by_role("button", name="discard").click()

    def finding(self, level: str, words: str | re.Pattern[str]) -> None:
        """What stands about a disc in the table."""
        expect(self.page.locator(f".discs tr[data-level='{level}'] .finding")).to_have_text(words)

    def save_corrections(self) -> None:
        self.page.get_by_role("button", name="Save Labeled Corrections").click()

    def accept_predictions(self) -> None:
        self.page.get_by_role("button", name="Save Initial Model Predictions").click()

    def delivery_says(self, scan_name: str, words: str) -> None:
        """What became of a saved label, at the foot of every page."""
        line = self.page.locator(".delivery").filter(has_text=scan_name)
        expect(line).to_contain_text(words, timeout=RESULT_MS)

    def try_to_save_again(self) -> None:
        self.page.locator(".deliveries").get_by_role("button", name="Try again").click()

    def wait_until_labels_may_be_saved(self) -> None:
        """A scan that has only just opened can't be labelled yet."""
        self.page.wait_for_timeout(900)

    # Review: other readers, other models, the case

    def readers_say(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator(".readers")).to_contain_text(words)

    def ghosts(self) -> Locator:
        return self.page.locator(".ghosts g")

    def timeline_says(self, *words: str | re.Pattern[str]) -> None:
        """So many lines from the upload on, one after the other."""
        expect(self.page.locator(".timeline li")).to_contain_text(list(words))

    def choose_model(self, version: str) -> None:
        self.page.locator(".model-choice select").select_option(version)

    def open_agreement(self) -> Locator:
        self.page.get_by_text("Agreement between readers").click()
        return self.page.locator(".agreement")

    def close_agreement(self) -> None:
        self.page.get_by_text("Agreement between readers").click()

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

    # Upload: questions

    def asks(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("dialog")).to_contain_text(words)

    def answer(self, words: str) -> None:
        self.page.get_by_role("dialog").get_by_role("button", name=words, exact=True).click()

    def upload_says(self, name: str, words: str | re.Pattern[str]) -> None:
        expect(self.upload(name).last).to_contain_text(words, timeout=RESULT_MS)

    # Worklist: what is shown

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

    def row_says(self, name: str, words: str | re.Pattern[str]) -> None:
        expect(self.row(name)).to_contain_text(words)

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

    # Models

    def panel(self, title: str | re.Pattern[str]) -> Locator:
        heading = self.page.get_by_role("heading", name=title)
        return self.page.locator(".panel").filter(has=heading)

    def panel_says(
        self, title: str | re.Pattern[str], words: str | re.Pattern[str], seconds: float = 5
    ) -> None:
        expect(self.panel(title)).to_contain_text(words, timeout=1000 * seconds)


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """For what the browser can't wait for itself."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
