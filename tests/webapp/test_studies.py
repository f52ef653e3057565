"""A whole examination in one archive: each readable series becomes a row, the rest is listed."""

from pathlib import Path

from playwright.sync_api import expect

from tests.support.scan_files import zip_bytes
from tests.support.studies.drawing import acquisition, localizer, named
from tests.support.webapp.driver import App

NAME = "examination.zip"


def test_an_archive_of_several_series_becomes_a_row_for_each(app: App, tmp_path: Path) -> None:
    archive = tmp_path / NAME
    series = [
        *acquisition("T1", series="1.2.3.2"),
        *acquisition("T2", series="1.2.3.3"),
        *acquisition("T2", "axial", 9, series="1.2.3.4"),
        *localizer(),
    ]
    archive.write_bytes(zip_bytes(named(series)))
    app.drop_scan(archive)
    app.wait_for_row(NAME, "split")
    for name in (f"{NAME} 1-t1", f"{NAME} 2-t2"):
        app.wait_for_row(name, "done")
        assert "L5-S1" in app.glance(name)
    row = app.row(NAME)
    expect(row.get_by_role("link", name="1 T1")).to_be_visible()
    expect(row).to_contain_text("left out")

    app.open_scan(NAME)
    app.says("An archive of 2 series")
    app.says("axial T2, 9 slices: not sagittal")
    app.page.get_by_role("link", name="2 T2").click()
    app.wait_for_discs()
    app.says("2 T2 of its archive")
