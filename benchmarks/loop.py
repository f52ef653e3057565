"""Time from an upload to the open page, step by step: `python -m benchmarks.loop`.

Starts a cloud of its own as `make up` does, uploads each scan ten times, one after the other, and
prints the median seconds since the upload began. Times are those of the parts that did the steps;
all of them run on this machine, so their clocks agree. `shown` is when the row of an open worklist
turned to done in Chromium, where there is one.
"""

import argparse
import contextlib
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from discai.phantom import PhantomOptions, draw_phantom, write_phantom
from infrastructure.local.plan import ROOT
from tests.support.local_cloud import LocalCloud, running_cloud

RUNS = 10
STEPS = ("uploaded", "queued", "claimed", "read", "predicted", "stored", "done", "shown")
DONE_ROW = """name => {
    const link = [...document.querySelectorAll("a.row-link")].find(a => a.textContent === name);
    return link?.closest("tr")?.dataset.status === "done" && Date.now() / 1000;
}"""


def main() -> None:
    """Print one row per scan."""
    with (
        tempfile.TemporaryDirectory(prefix="discai-bench-") as folder,
        running_cloud(Path(folder)) as cloud,
        open_worklist(cloud) as page,
    ):
        print(f"{'scan':24}{'MB':>6}" + "".join(f"{step:>11}" for step in STEPS))
        for path in scans(Path(folder)):
            runs = [seconds(cloud, page, path, f"{path.stem}-{run}.mha") for run in range(RUNS + 1)]
            medians = {step: statistics.median(run[step] for run in runs[1:]) for step in runs[0]}
            size = path.stat().st_size / 1e6
            cells = (
                f"{medians[step]:11.2f}" if step in medians else f"{'-':>11}" for step in STEPS
            )
            print(f"{path.name:24}{size:6.1f}" + "".join(cells), flush=True)


def scans(folder: Path) -> Iterator[Path]:
    """The phantom, one in fine pixels of 20 MB, and a real volume of about a study's slices."""
    for name, pixel_mm in (("phantom-17.mha", 0.6), ("phantom-20-mb.mha", 0.295)):
        options = PhantomOptions(slices=17, spacing_mm=(4.0, pixel_mm, pixel_mm))
        write_phantom(draw_phantom(options), folder / name)
        yield folder / name
    data = Path(os.environ.get("DISCAI_DATA", ROOT.parent / "shared" / "data"))
    real = data / "spider" / "space_volumes" / "209.mha"
    if real.exists():
        yield real


def seconds(cloud: LocalCloud, page: Page | None, path: Path, name: str) -> dict[str, float]:
    """End of each step of one scan, in seconds since its upload began."""
    started = time.time()
    scan_id = cloud.put(path, name)
    times = {"uploaded": time.time()}
    if page:
        times["shown"] = page.wait_for_function(DONE_ROW, arg=name).json_value()
    scan = cloud.wait_for(scan_id)
    assert scan["status"] == "done", scan["error"]
    times |= {step: at.timestamp() for step, at in scan["timings"].items() if at}
    return {step: at - started for step, at in times.items()}


@contextlib.contextmanager
def open_worklist(cloud: LocalCloud) -> Iterator[Page | None]:
    """The worklist in a browser, signed in; None without Chromium or a built web app."""
    chromium = shutil.which("chromium")
    if chromium is None or not (ROOT / "webapp" / "dist" / "index.html").exists():
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(180_000)
        page.goto(cloud.web_url)
        page.get_by_role("button", name=f"Continue as {cloud.email}").click()
        page.get_by_role("region", name="Upload", exact=True).wait_for()
        yield page
        browser.close()


if __name__ == "__main__":
    argparse.ArgumentParser("python -m benchmarks.loop", description=__doc__).parse_args()
    main()
