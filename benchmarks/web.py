"""Waiting times in the browser: `python -m benchmarks.web`.

Starts a cloud of its own as `make up` does, opens real Chromium on it, and prints medians: the
first view of a scan and the switch of a slice as the page itself measures them
(`features/review/picture/timing.ts`), the frames while 500 rows of the worklist are scrolled
through, and what is sent to the browser.
"""

import argparse
import gzip
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import sync_playwright

from discai.phantom import PhantomOptions, draw_phantom, write_phantom
from infrastructure.local.plan import ROOT
from tests.support.local_cloud import LocalCloud, running_cloud
from tests.support.webapp.driver import App
from tests.support.webapp.seeds import as_read, seeded_scan, write_scans

SLICES = 17
VIEWS = 10
ROWS = 500
ROW_PX = 54
NOTCH_PX = 120
JANK_MS = 50.0  # three frames of 60 a second: what the eye sees

LATEST = "name => performance.getEntriesByName(name, 'measure').at(-1)?.duration ?? null"
RECORD_FRAMES = """() => {
    window.frameTimes = [];
    const record = (at) => { window.frameTimes.push(at); requestAnimationFrame(record); };
    requestAnimationFrame(record);
}"""


def main() -> None:
    """Print one line per number."""
    with (
        tempfile.TemporaryDirectory(prefix="discai-bench-") as folder,
        running_cloud(Path(folder)) as cloud,
        sync_playwright() as playwright,
    ):
        read_phantom(cloud, Path(folder))
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = chromium.new_page(viewport={"width": 1360, "height": 820})
        app = App(page, cloud).open().continue_as_demo_user()
        show("first view of a scan", list(first_views(app)))
        show("slice switch", list(slice_switches(app)))
        frames = frames_of_scrolling(app)
        show(f"frame, {ROWS} rows scrolled", frames)
        janks = sum(frame > JANK_MS for frame in frames)
        print(f"{f'frames over {JANK_MS:.0f} ms':32}{janks} of {len(frames)}")
        chromium.close()
    print(f"{'bundle':32}{bundle_bytes() / 1000:.0f} kB gzip")


def read_phantom(cloud: LocalCloud, folder: Path) -> None:
    """Has a scan that was read in the worklist."""
    write_phantom(draw_phantom(PhantomOptions(slices=SLICES)), folder / "phantom.mha")
    scan_id = cloud.put(folder / "phantom.mha", "bench/phantom.mha")
    assert cloud.wait_for(scan_id)["status"] == "done"


def first_views(app: App) -> Iterator[float]:
    """Milliseconds from the click on a row to the drawn slice."""
    for _ in range(VIEWS + 1):
        app.press("Shift+W")
        app.wait_for_row("phantom.mha", "done")
        app.open_scan("phantom.mha")
        app.wait_for_discs()
        yield measured(app, "discai first view")


def slice_switches(app: App) -> Iterator[float]:
    """Milliseconds from the key to the drawn slice."""
    app.press(*["ArrowUp"] * SLICES)
    for number in range(2, SLICES + 1):
        app.page.evaluate("performance.clearMeasures()")
        app.press("ArrowDown")
        app.wait_for_slice(number)
        yield measured(app, "discai slice switch")


def measured(app: App, name: str) -> float:
    """The page's own latest measure."""
    return float(app.page.wait_for_function(LATEST, arg=name).json_value())


def frames_of_scrolling(app: App) -> list[float]:
    """Milliseconds from frame to frame while the wheel turns through all rows."""
    scans = [seeded_scan(f"bench-{i:03}.mha", i, **as_read(0.1, 0.2, 0.3)) for i in range(ROWS)]
    write_scans(app.cloud.firestore, scans)
    app.open("/?find=bench")
    app.wait_for_row("bench-000.mha")
    app.page.mouse.move(600, 500)
    app.page.evaluate(RECORD_FRAMES)
    for _ in range(ROWS * ROW_PX // NOTCH_PX):
        app.scroll_down(NOTCH_PX)
    app.wait_for_row(f"bench-{ROWS - 1:03}.mha")
    times = app.page.evaluate("window.frameTimes")
    return [after - before for before, after in pairwise(times)]


def bundle_bytes() -> int:
    """All that a browser may ever fetch, each file zipped by itself."""
    files = [file for file in (ROOT / "webapp" / "dist").rglob("*") if file.is_file()]
    return sum(len(gzip.compress(file.read_bytes())) for file in files)


def show(name: str, milliseconds: list[float]) -> None:
    """The median and what only one in twenty exceeds."""
    late = statistics.quantiles(milliseconds, n=20)[-1]
    median = statistics.median(milliseconds)
    print(f"{name:32}{median:.0f} ms, 95 % below {late:.0f} ms", flush=True)


if __name__ == "__main__":
    argparse.ArgumentParser("python -m benchmarks.web", description=__doc__).parse_args()
    main()
