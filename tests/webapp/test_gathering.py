"""Slices that were copied one by one: while they come, once more came, and if none can be read."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from discai.cloud import paths
from discai.records.slices import Gather
from discai.records.study import LeftOut, Split
from tests.support.checkout import ROOT
from tests.support.local_cloud import LocalCloud
from tests.support.webapp.driver import App
from tests.support.webapp.seeds import seeded_scan

PICTURES = ROOT / ".local" / "screenshots"


@pytest.fixture
def gather(local_cloud: LocalCloud, functions_stand_still: None) -> Iterator[Callable[..., None]]:
    """Puts series there whose slices come in; the sweep would look for these."""
    written = []

    def put(key: str, slices: int) -> None:
        now = datetime.now(UTC)
        record = Gather(
            bucket="uploads", folder="study", opened_at=now, updated_at=now, slices=slices
        )
        document = local_cloud.firestore.document(paths.gather(key))
        document.set(record.to_document())
        written.append(document)

    yield put
    for document in written:
        document.delete()


def test_the_worklist_says_what_is_gathered(app: App, gather: Callable[..., None]) -> None:
    line = app.page.locator(".gathering")
    expect(line).to_be_hidden()
    gather("a" * 26, 17)
    expect(line).to_have_text("Gathering 1 series, 17 slices; last heard of just now.")
    gather("b" * 26, 9)
    expect(line).to_have_text("Gathering 2 series, 26 slices; last heard of just now.")
    app.page.screenshot(path=PICTURES / "gathering.png")


def test_a_scan_that_more_slices_came_for_names_the_later_one_and_keeps_its_labels(
    app: App, another_scan: Callable[..., str]
) -> None:
    name = f"study/.series/{'a' * 26}"
    later = another_scan("later.mha")
    changes = {"fileName": "earlier", "supersededBy": later, "labelKind": "correction"}
    earlier = another_scan(
        "earlier.mha",
        object={"bucket": "uploads", "name": f"{name}/0001.json", "generation": 1, "size": 900},
        lastLabelAt=datetime.now(UTC),
        **changes,
    )
    row = app.row("earlier")
    expect(row).to_contain_text("loose slices; more slices came: later scan")
    expect(row).to_contain_text("corrected")
    app.page.screenshot(path=PICTURES / "superseded.png")
    row.get_by_role("link", name="later scan").click()
    expect(app.page.get_by_role("heading", name="later.mha")).to_be_visible()
    app.open(f"/scans/{earlier}")
    app.wait_for_discs()
    app.says("More slices of this series came: later scan. Labels of this one stay here.")


def test_an_archive_without_anything_to_read_says_what_it_held(
    app: App, seed_scans: Callable[..., list[str]]
) -> None:
    left_out = [
        LeftOut(what="axial T2, 30 slices", reason="not sagittal"),
        LeftOut(what="structured report", reason="no picture", count=2),
    ]
    nothing = Split(series=[], left_out=left_out, warnings=[])
    seed_scans(seeded_scan("axial", status="split", split=nothing))
    expect(app.row("axial")).to_contain_text("Nothing to read: axial T2, 30 slices: not sagittal")
    app.page.screenshot(path=PICTURES / "nothing-to-read-row.png")
    app.open_scan("axial")
    app.says("Nothing here can be read")
    app.says("2 times structured report: no picture")
    app.page.screenshot(path=PICTURES / "nothing-to-read.png")
