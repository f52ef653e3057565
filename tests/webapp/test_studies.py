"""A whole examination in one archive: each readable series becomes a row, the rest is listed."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import expect

from discai.cloud import paths
from discai.records.filing import Filed, FilingOrder, SeriesFiling
from discai.records.record import Failure
from tests.support.checkout import ROOT
from tests.support.local_cloud import LocalCloud
from tests.support.scan_files import zip_bytes
from tests.support.studies.drawing import SLICES, acquisition, localizer, named
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.webapp.accessibility import violations
from tests.support.webapp.browser_page import RESULT_MS
from tests.support.webapp.driver import App

NAME = "examination.zip"
#: One slice further than T2's, so that its fifth lies where T2's fourth does.
T1_PLACES_MM = [4.0 * (slice_ - 1) for slice_ in range(SLICES)]
PICTURES = ROOT / ".local" / "screenshots"


def write_examination(archive: Path, study: str) -> Path:
    """An archive of a patient's T1 and T2, of an axial series and a localizer."""
    series = [
        *acquisition("T1", series=f"{study}.2", places=T1_PLACES_MM),
        *acquisition("T2", series=f"{study}.3"),
        *acquisition("T2", "axial", 9, series=f"{study}.4"),
        *localizer(f"{study}.9"),
    ]
    for dataset in series:
        dataset.StudyInstanceUID = study
        dataset.PatientID = "17"
        dataset.FrameOfReferenceUID = f"{study}.0"
    archive.write_bytes(zip_bytes(named(series)))
    return archive


def wait_for_study(app: App, name: str) -> None:
    """Until the study's row says that T1 and T2 are read."""
    app.wait_for_row(name, "done")
    read = app.row(name).locator(".chip[data-status='done']")
    expect(read).to_have_text(["1 T1", "2 T2"], timeout=RESULT_MS)


def test_an_archive_of_several_series_becomes_one_row_with_a_chip_for_each(
    app: App, tmp_path: Path
) -> None:
    app.drop_scan(write_examination(tmp_path / NAME, "1.2.3"))
    wait_for_study(app, NAME)
    assert app.rows() == [NAME]
    assert "L5-S1" in app.glance(NAME)
    left_out = app.row(NAME).get_by_text("4 things left out")
    expect(left_out).to_have_attribute("title", re.compile("axial T2, 9 slices: not sagittal"))
    app.page.screenshot(path=PICTURES / "study-row.png")
    assert app.overlaps(NAME) == []
    assert violations(app) == []

    app.search("examination")
    app.wait_for_view()
    assert app.rows() == [NAME]
    app.page.get_by_label("Search").press("Escape")
    app.open_scan(NAME)
    expect(app.page.get_by_role("heading", name=f"{NAME} 2-t2")).to_be_visible()
    app.says("2 T2 of its archive")
    app.page.get_by_role("link", name="its archive").click()
    app.says("An archive of 2 series")
    app.says("axial T2, 9 slices: not sagittal")
    app.page.get_by_role("link", name="1 T1").click()
    app.wait_for_discs()
    app.says("1 T1 of its archive")


def test_a_study_has_one_answer_of_its_series_and_the_patients_earlier_study_is_a_key_away(
    app: App, tmp_path: Path
) -> None:
    for name, uid in (("before.zip", "1.2.4"), ("now.zip", "1.2.5")):
        app.drop_scan(write_examination(tmp_path / name, uid))
        wait_for_study(app, name)
    app.open_scan("now.zip")
    app.wait_for_discs()
    section = app.page.locator("section.study")
    expect(section.locator("tr[data-level='L5-S1'] td")).to_have_count(3)  # all, T1 and T2
    expect(section.get_by_role("link", name="2 T2")).to_have_attribute("aria-current", "page")
    expect(section).to_contain_text("Left out: axial T2, 9 slices; axial localizer, 3 slices")

    app.page.screenshot(path=PICTURES / "study.png")

    app.press(",")
    expect(app.page.get_by_role("heading", name="now.zip 1-t1")).to_be_visible()
    app.wait_for_discs()
    app.press("p")
    expect(app.page.get_by_role("heading", name="before.zip 1-t1")).to_be_visible()
    expect(section).to_contain_text("Other studies of this patient")


def test_another_series_shows_the_same_place_beside_the_scan(app: App) -> None:
    app.open_scan("now.zip")
    app.wait_for_discs()
    second = app.page.get_by_role("region", name="1 T1, beside")
    slice_of_first = app.page.locator(".slice-number")
    expect(second).to_contain_text("same place")
    first = int(slice_of_first.inner_text())
    expect(second).to_contain_text(f"slice {first + 1} / {SLICES}")
    expect(second.get_by_role("status")).to_have_count(0)
    app.wait_for_picture(".second .stage")
    app.page.screenshot(path=PICTURES / "beside.png")
    assert violations(app) == []

    second.hover()
    app.page.mouse.wheel(0, -100)
    expect(slice_of_first).to_have_text(str(first - 1))
    expect(second).to_contain_text(f"slice {first} / {SLICES}")
    app.page.keyboard.press("+")
    widths = [area.bounding_box() for area in app.page.locator(".picture-area").all()]
    assert [box["width"] for box in widths if box] == [widths[0]["width"]] * 2  # type: ignore[index]

    second.get_by_label("Window of the series beside").select_option("t1")
    app.press("v")
    expect(second).to_have_count(0)
    app.page.reload()
    app.wait_for_discs()
    expect(second).to_have_count(0)  # as it was left
    app.press("v")
    expect(second.get_by_label("Window of the series beside")).to_have_value("t1")

    app.press("t")
    expect(second.get_by_role("status")).to_have_count(0)
    app.wait_for_picture(".second .stage")
    app.page.screenshot(path=PICTURES / "beside-dark.png")
    app.page.set_viewport_size({"width": 620, "height": 900})
    expect(second.locator(".stage-caption")).to_be_hidden()
    app.press("v")
    expect(second.locator(".stage-caption")).to_be_visible()
    app.page.screenshot(path=PICTURES / "beside-narrow.png")


def test_a_reviewers_answer_is_the_studys_and_counts_for_each_series(app: App) -> None:
    app.open_scan("now.zip")
    app.wait_for_discs()
    app.wait_until_labels_may_be_saved()
    app.says("Counts for 2 T2 and 1 T1.")
    app.page.screenshot(path=PICTURES / "counts-for.png")
    app.select_box("L5-S1")
    app.press("h", "s")
    app.delivery_says("now.zip 2-t2", "corrections for 2 series saved ✓")
    app.open()
    app.row("now.zip").get_by_role("link", name="1 T1").click()
    app.wait_for_discs()
    expect(app.page.locator(".discs tr[data-level='L5-S1']")).to_contain_text("LDH")
    expect(app.page.locator(".discs tr[data-level='L5-S1']")).not_to_contain_text("no LDH")
    answer = app.page.locator("section.study tr[data-level='L5-S1']")
    expect(answer).to_contain_text("reviewed", timeout=PATIENCE_SECONDS * 1000)


def test_the_study_says_what_of_it_lies_in_the_archive(app: App, local_cloud: LocalCloud) -> None:
    app.open_scan("now.zip")
    app.wait_for_discs()
    t2 = app.page.url.rsplit("/", 1)[-1]
    study = local_cloud.scan(t2)["study"]["studyKey"]
    series = local_cloud.firestore.document(paths.study(study)).get().get("series")
    [t1] = series.keys() - {t2}
    now = datetime.now(UTC)
    filed = [
        Filed(kind=kind, uid="u" * 26, at=now, of=t2, model_version="m1", label=label)
        for kind, label in (("SEG", None), ("SR", "one"), ("PDF", "one"))
    ]
    order = FilingOrder(
        filing="reviewed",
        asked_at=now,
        due_at=now + timedelta(minutes=4),
        problem=Failure(code="unavailable", message="The archive does not answer at the moment."),
        series={t2: SeriesFiling(state="filed"), t1: SeriesFiling(state="unreviewed")},
        filed=filed,
        updated_at=now,
    )
    local_cloud.firestore.document(paths.filing(study)).set(order.to_document())
    archive = app.page.locator(".study-archive")
    expect(archive).to_contain_text("Waits for the archive, tried again at")
    expect(archive).to_contain_text("2 T2: filed just now, with a reviewer's answers")
    expect(archive).to_contain_text("1 T1: waits for a reviewer: saving an answer files it")
    archive.scroll_into_view_if_needed()
    app.page.screenshot(path=PICTURES / "archive.png")

    refused = Failure(code="archive-refused", message="The archive does not take the PDF.")
    order = order.model_copy(
        update={
            "due_at": None,
            "problem": None,
            "series": {t2: SeriesFiling(state="refused", reason=refused)},
        }
    )
    local_cloud.firestore.document(paths.filing(study)).set(order.to_document())
    expect(archive).not_to_contain_text("Waits")
    expect(archive.locator(".error")).to_contain_text(
        "refused: The archive does not take the PDF. (archive-refused)"
    )
