"""What people do on the page of a scan."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Locator, expect

from tests.support.waiting import wait_until
from tests.support.webapp.browser_page import RESULT_MS, BrowserPage

#: Of the stage that a selector names.
PICTURE_IS_DRAWN = """stage => {
  const canvas = document.querySelector(`${stage} canvas.slice`);
  return canvas && canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data.some((v, i) => i % 4 < 3 && v);
}"""

MEAN_SHADE = """() => {
  const canvas = document.querySelector(".stage canvas.slice");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, v, i) => sum + (i % 4 === 0 ? v : 0), 0) / (data.length / 4);
}"""

#: Opens the page of a scan of some name; its id.
OpenScan = Callable[[str], str]


class Reviewing(BrowserPage):
    """Slices, boxes, discs, saving, other readers."""

    # Looking

    def wait_for_discs(self) -> list[str]:
        """The levels in the table of discs, once there are some and the slice is drawn."""
        rows = self.page.locator(".discs tbody tr")
        expect(rows.first).to_be_visible(timeout=RESULT_MS)
        self.wait_for_picture()
        return list(rows.evaluate_all("rows => rows.map(row => row.dataset.level)"))

    def wait_for_picture(self, stage: str = ".stage") -> None:
        self.page.wait_for_function(PICTURE_IS_DRAWN, arg=stage)

    def has_picture(self) -> bool:
        return bool(self.page.evaluate(PICTURE_IS_DRAWN, ".stage"))

    def mean_shade(self) -> float:
        """Of the slice as it is shown, from 0 (black) to 255."""
        return float(self.page.evaluate(MEAN_SHADE))

    def wait_for_shade(self, fits: Callable[[float], bool]) -> None:
        wait_until(lambda: fits(self.mean_shade()))

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

    def click_picture(self, x: float, y: float) -> None:
        """Click a point of the picture, in parts of it."""
        picture = self.page.locator(".picture-area").first.bounding_box()
        assert picture
        self.page.mouse.click(
            picture["x"] + x * picture["width"], picture["y"] + y * picture["height"]
        )

    def distances(self) -> list[str]:
        """The lengths on the slice."""
        lines = self.page.locator(".distance text")
        expect(lines.first).to_be_visible()
        return list(lines.all_text_contents())

    def wait_for_distances(self, *lengths: str) -> None:
        expect(self.page.locator(".distance text")).to_have_text(list(lengths))

    def wait_for_saved_distances(self) -> None:
        """Wait until the database has what was measured on this scan."""
        count = self.page.get_by_label("Distances on this scan").locator("option").first
        expect(count).to_have_text(re.compile("^[0-9]+ measured$"))

    def touch_picture(self, *fingers: tuple[float, float], dy: float) -> None:
        """Put fingers there (in parts of the stage), move them down together, take them away."""
        stage = self.page.locator(".stage").bounding_box()
        assert stage
        self._drag_fingers(
            [
                (stage["x"] + x * stage["width"], stage["y"] + y * stage["height"])
                for x, y in fingers
            ],
            dy,
        )

    def touch_box(self, level: str, dy: float = 0) -> None:
        """Put a finger into a box and move it down, or tap the box."""
        self._drag_fingers([self.box_middle(level)], dy)

    def _drag_fingers(self, start: list[tuple[float, float]], dy: float) -> None:
        self._touch("touchStart", start[:1])
        self._touch("touchStart", start)
        for part in (0.25, 0.5, 0.75, 1):
            self._touch("touchMove", [(x, y + part * dy) for x, y in start])
        self._touch("touchEnd", [])

    def _touch(self, kind: str, points: list[tuple[float, float]]) -> None:
        touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def wait_for_style(self, name: str, value: str | re.Pattern[str]) -> None:
        """One of the custom properties that say how the picture is shown."""
        expect(self.page.locator(".picture-area")).to_have_css(name, value)

    def key_is_left_to_the_browser(self, key: str) -> bool:
        """Whether the page lets a key do what it does anyway."""
        self.page.evaluate(
            "addEventListener('keydown', (event) => { window.wasLeft = !event.defaultPrevented; })"
        )
        self.press(key)
        return bool(self.page.evaluate("window.wasLeft"))

    def wait_for_zoom(self, fits: Callable[[float], bool]) -> None:
        zoom = "element => getComputedStyle(element).getPropertyValue('--zoom')"
        wait_until(lambda: fits(float(self.page.locator(".picture-area").evaluate(zoom))))

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

    # Editing and saving

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

    def box_places(self) -> list[list[str]]:
        """Every box of the slice: its level, and where it lies in parts of the picture."""
        places = "all => all.map(box => [box.dataset.level, box.style.left, box.style.top])"
        return list(self.page.locator(".box-label").evaluate_all(places))

    def drag_box(self, level: str, dx: float, dy: float) -> None:
        """Grab a box in its middle and move it, in pixels of the screen."""
        self.grab_box(level, dx, dy)
        self.let_go()

    def draw_box(self, level_above: str, below: float) -> None:
        """Press the key for a new box, then drag one open below another."""
        self.hold_new_box(level_above, below)
        self.let_go()
        expect(self.page.locator(".stage")).to_have_attribute("data-drawing", "false")

    def grab_box(self, level: str, dx: float, dy: float) -> None:
        """Drag a box and hold it there."""
        self._drag_and_hold(self.box_middle(level), dx, dy)

    def hold_new_box(self, level_above: str, below: float) -> None:
        """Press the key for a new box, drag one open below another, and hold it."""
        self.press("n")
        expect(self.page.locator(".stage")).to_have_attribute("data-drawing", "true")
        x, y = self.box_middle(level_above)
        self._drag_and_hold((x, y + below), 60, 24)

    def let_go(self) -> None:
        self.page.mouse.up()

    def is_panning(self) -> bool:
        """Whether the next drag moves the picture and no box."""
        return self.page.locator(".stage").get_attribute("data-panning") is not None

    def _drag_and_hold(self, start: tuple[float, float], dx: float, dy: float) -> None:
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.move(start[0] + 1, start[1])  # the box under the pointer gets its handles
        mouse.down()
        mouse.move(start[0] + dx / 2, start[1] + dy / 2, steps=4)
        mouse.move(start[0] + dx, start[1] + dy, steps=4)

    def choose(self, field: str, option: str) -> None:
        """Of the selected box: its level, or whether it is herniated."""
        line = self.page.locator(".box-form label").filter(has_text=field)
        line.locator("select").select_option(option)

    def editor_says(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator(".editor-says")).to_contain_text(words)

    def editor_lines(self) -> int:
        """How many lines the sentence takes."""
        lines = "line => line.offsetHeight / parseFloat(getComputedStyle(line).lineHeight)"
        return round(float(self.page.locator(".editor-says").evaluate(lines)))

    def draft_says(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator(".draft")).to_contain_text(words)

    def discard_draft(self) -> None:
        self.page.get_by_role("button", name="discard", exact=True).click()

    def undo_discard(self) -> None:
        self.page.get_by_role("button", name="undo discard").click()

    def finding(self, level: str, words: str | re.Pattern[str]) -> None:
        """What stands about a disc in the table."""
        expect(self.page.locator(f".discs tr[data-level='{level}'] .finding")).to_have_text(words)

    def doubt(self, level: str, words: str | re.Pattern[str]) -> None:
        """What stands beside the answer about a disc in the table."""
        expect(self.page.locator(f".discs tr[data-level='{level}'] .doubt")).to_have_text(words)

    def confirm_discs(self, *levels: str) -> None:
        """Say of each that its answer is right."""
        for level in levels:
            self.select_box(level)
            self.press("c")
            self.doubt(level, "✓ yours")

    def is_asked_for(self, level: str) -> None:
        """What the page wants to know before it saves the predictions."""
        expect(self.page.get_by_role("group", name=f"Is {level} right?")).to_be_visible()
        self.wait_for_selected_disc(level)

    def is_asked_for_nothing(self) -> None:
        expect(self.page.locator(".question")).to_have_count(0)

    def saving_says(self, words: str) -> None:
        """How many answers a save would take for the reviewer's."""
        expect(self.page.locator(".saving")).to_have_text(words)

    def places(self) -> list[float]:
        """Where the columns of the table of discs and the slice's slider begin."""
        parts = self.page.locator(".discs th, .discs tr:first-child td, .slice-control input")
        return list(parts.evaluate_all("all => all.map(part => part.getBoundingClientRect().x)"))

    def save_corrections(self) -> None:
        self.page.get_by_role("button", name="Save Labeled Corrections").click()

    def accept_predictions(self) -> None:
        self.page.get_by_role("button", name="Save Initial Model Predictions").click()

    def delivery_says(self, scan_name: str, words: str) -> None:
        """What became of a saved label, at the foot of every page."""
        line = self.page.locator(".delivery").filter(has_text=scan_name)
        expect(line).to_contain_text(words, timeout=RESULT_MS)

    def footer_size(self) -> list[int]:
        """With what doesn't fit into it."""
        return list(
            self.page.locator(".footer").evaluate("line => [line.scrollWidth, line.scrollHeight]")
        )

    def try_to_save_again(self) -> None:
        self.answer_delivery("Try again")

    def answer_delivery(self, button: str) -> None:
        buttons = self.page.locator(".deliveries").get_by_role("button", name=button, exact=True)
        buttons.click()

    def wait_until_labels_may_be_saved(self) -> None:
        """A scan that has only just opened can't be labelled yet."""
        self.page.wait_for_timeout(900)

    # Other readers, other models, the case

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
