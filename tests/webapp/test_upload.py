"""From the desktop into the worklist."""

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from discai.anatomy import LEVELS
from discai.cloud import paths
from tests.support.waiting import wait_until
from tests.support.webapp.browser_page import RESULT_MS
from tests.support.webapp.driver import App

SLOW_BYTES_PER_SECOND = 6_000_000
CHUNK_PERCENT = 40  # of `large_mha`


def scans_named(app: App, name: str) -> list[str]:
    """The ids of all scans of a file."""
    scans = app.cloud.firestore.collection(paths.SCANS).stream()
    return [scan.id for scan in scans if scan.get("object.name").endswith(f"/{name}")]


def test_a_dropped_scan_shows_its_discs_with_no_reload(
    app: App, named: Callable[[str], Path]
) -> None:
    app.drop_scan(named("dropped.mha"))
    app.wait_for_row("dropped.mha")
    app.open_scan("dropped.mha")
    assert app.wait_for_discs() == list(LEVELS)
    assert app.was_never_reloaded()


def test_a_dropped_folder_of_pictures_is_one_scan(app: App, slices_folder: Path) -> None:
    app.drop(slices_folder)
    app.wait_for_row("png-series.zip", "done")
    assert "L4-L5" in app.glance("png-series.zip")


def test_files_can_be_chosen_with_u(app: App, named: Callable[[str], Path]) -> None:
    app.choose_files(named("chosen.mha"))
    app.wait_for_upload("chosen.mha", "done")
    app.wait_for_row("chosen.mha")


def test_a_broken_file_shows_the_failure_sentence(app: App, truncated_mha: Path) -> None:
    app.drop(truncated_mha)
    app.wait_for_row("truncated.mha", "failed")
    sentence = app.row("truncated.mha").inner_text()
    assert "Not read." in sentence
    app.open_scan("truncated.mha")
    app.says("This scan could not be read")


def test_what_cannot_be_read_is_refused_before_it_is_sent(app: App, tmp_path: Path) -> None:
    invitation = tmp_path / "invitation.pdf"
    invitation.write_bytes(b"%PDF-1.7 an invitation")
    app.drop(invitation)
    app.wait_for_upload("invitation.pdf", "refused")
    app.says("This is no scan that DiscAI can read")
    assert "invitation.pdf" not in app.rows()


def test_an_upload_pauses_resumes_and_ends_whole(app: App, large_mha: Path) -> None:
    app.slow_network(SLOW_BYTES_PER_SECOND)
    app.drop(large_mha)
    wait_until(lambda: app.upload_percent("large.mha") > 20)
    app.click_upload("large.mha", "Pause")
    paused_at = app.upload_percent("large.mha")
    time.sleep(0.5)
    assert app.upload_percent("large.mha") == paused_at < 100
    app.normal_network()
    app.click_upload("large.mha", "Resume")
    app.wait_for_upload("large.mha", "done")
    app.wait_for_row("large.mha")


def test_a_lost_network_is_waited_for_and_nothing_is_lost(app: App, large_mha: Path) -> None:
    lost = large_mha.rename(large_mha.with_name("lost-network.mha"))
    app.slow_network(SLOW_BYTES_PER_SECOND)
    app.drop(lost)
    wait_until(lambda: app.upload_percent(lost.name) > 20)
    app.lose_network()
    app.wait_for_upload(lost.name, "interrupted")
    app.says("Nothing is lost")
    app.says("No network.")
    app.normal_network()
    app.wait_for_upload(lost.name, "done")
    app.wait_for_row(lost.name)


def test_a_file_that_is_gone_is_said_to_be_gone_and_sent_when_it_is_back(
    app: App, large_mha: Path
) -> None:
    on_stick = large_mha.rename(large_mha.with_name("on-stick.mha"))
    app.has_no_room()
    app.slow_network(SLOW_BYTES_PER_SECOND)
    app.drop(on_stick)
    wait_until(lambda: app.upload_percent(on_stick.name) > 0)
    pulled_out = on_stick.rename(on_stick.with_name("pulled-out"))
    app.wait_for_upload(on_stick.name, "failed")
    app.upload_says(on_stick.name, "Is it still there, and are you allowed to read it?")
    pulled_out.rename(on_stick)
    app.normal_network()
    app.click_upload(on_stick.name, "Retry")
    app.wait_for_upload(on_stick.name, "done")


def test_a_cancelled_upload_leaves_no_scan(app: App, large_mha: Path) -> None:
    cancelled = large_mha.rename(large_mha.with_name("cancelled.mha"))
    app.slow_network(SLOW_BYTES_PER_SECOND)
    app.drop(cancelled)
    wait_until(lambda: app.upload_percent(cancelled.name) > 0)
    app.click_upload(cancelled.name, "Cancel")
    app.upload(cancelled.name).wait_for(state="detached")
    assert cancelled.name not in app.rows()


def test_the_tray_stays_when_another_page_opens(app: App, large_mha: Path, read_scan: str) -> None:
    staying = large_mha.rename(large_mha.with_name("staying.mha"))
    app.slow_network(SLOW_BYTES_PER_SECOND)
    app.drop(staying)
    app.open_scan("read-before.mha")
    app.wait_for_discs()
    assert app.upload(staying.name).is_visible()
    app.normal_network()
    app.wait_for_upload(staying.name, "done")


def test_an_upload_goes_on_after_a_reload(app: App, large_mha: Path) -> None:
    reloaded = large_mha.rename(large_mha.with_name("reloaded.mha"))
    app.slow_network(SLOW_BYTES_PER_SECOND)
    app.drop(reloaded)
    wait_until(lambda: app.upload_percent(reloaded.name) > 50)  # a chunk of three has arrived
    app.open()
    app.upload(reloaded.name).wait_for()
    wait_until(lambda: app.upload_percent(reloaded.name) > 0)
    assert app.upload_percent(reloaded.name) >= CHUNK_PERCENT
    app.normal_network()
    app.wait_for_upload(reloaded.name, "done")
    wait_until(lambda: len(scans_named(app, reloaded.name)) == 1)


def test_an_upload_that_was_paused_is_still_paused_after_a_reload(
    app: App, large_mha: Path
) -> None:
    paused = large_mha.rename(large_mha.with_name("paused-before.mha"))
    app.slow_network(SLOW_BYTES_PER_SECOND)
    app.drop(paused)
    wait_until(lambda: app.upload_percent(paused.name) > 20)
    app.click_upload(paused.name, "Pause")
    app.open()
    app.wait_for_upload(paused.name, "paused")
    app.click_upload(paused.name, "Cancel")
    app.open()
    app.says("Drop scans or folders here")
    assert app.upload(paused.name).count() == 0


def test_a_dicom_export_becomes_one_scan_a_series(app: App, dicom_folder: Path) -> None:
    app.drop(dicom_folder)
    app.wait_for_upload("export/SR000", "refused")
    app.says("This DICOM file holds no picture (SR).")
    names = ("export-series.zip", "export-series-2.zip")
    for name in names:
        app.wait_for_upload(name, "done")
    # They are of one study, so their row has the names of both.
    row = app.page.locator("tbody tr", has_text=names[0]).filter(has_text=names[1])
    read = row.locator(".chip[data-status='done']")
    expect(read).to_have_count(2, timeout=RESULT_MS)
    for series in range(2):
        read.nth(series).click()
        app.says(re.compile("identifying tags removed on reading.*PatientName"))
        assert "L5-S1" in app.wait_for_discs()
        app.open()
    assert "L5-S1" in (row.locator(".glance").get_attribute("aria-label") or "")
    row.locator("a.row-link").click()
    app.says(re.compile("identifying tags removed on reading.*PatientName"))


def test_pictures_without_numbers_are_asked_about(app: App, slices_folder: Path) -> None:
    for name, picture in zip("abc", sorted(slices_folder.glob("*.png")), strict=False):
        picture.rename(slices_folder / f"{name}-view.png")
    views = sorted(slices_folder.glob("*-view.png"))
    app.choose_files(*views)
    app.asks("One scan of 3 slices, or 3 scans?")
    app.asks("Their names are not numbered in a series.")
    expect(app.page.get_by_role("dialog").get_by_role("img")).to_have_count(3)
    app.answer("3 scans")
    for view in views:
        app.wait_for_upload(view.name, "done")


def test_numbered_pictures_beside_dicom_files_are_asked_about(
    app: App, dicom_folder: Path, slices_folder: Path
) -> None:
    # Another folder's name: a series of the other test's name and size would be asked about too.
    mixed = dicom_folder.rename(dicom_folder.with_name("mixed"))
    slices_folder.rename(mixed / "pictures")
    count = len(list((mixed / "pictures").glob("*.png")))
    one_scan = f"One scan of {count} slices"
    app.drop(mixed)
    app.asks(f"{one_scan}, or no scan of their own?")
    app.asks("The pictures in mixed/pictures came with DICOM files")
    app.answer("Leave out")
    app.wait_for_upload("mixed-series.zip", "done")
    assert app.upload("pictures.zip").count() == 0
    app.drop(mixed)
    app.answer(one_scan)
    app.wait_for_upload("pictures.zip", "done")


def test_each_question_is_asked_and_none_is_answered_unseen(
    app: App, slices_folder: Path, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("front", "side", "top")]
    for folder in folders:
        folder.mkdir()
        for letter, picture in zip("ab", sorted(slices_folder.glob("*.png")), strict=False):
            shutil.copy(picture, folder / f"{folder.name}-{letter}.png")
    app.page.get_by_role("link", name="Upload").focus()
    app.drop(*folders)
    app.asks("front-a.png to front-b.png")
    app.press("Escape")
    app.asks("side-a.png to side-b.png")
    app.press("Enter", "Enter")
    app.asks("top-a.png to top-b.png")
    app.press("Tab", "Enter")  # from the question to its first answer, Cancel
    expect(app.page.get_by_role("dialog")).to_have_count(0)
    assert app.focused().startswith("Upload")
    app.wait_for_upload("side.zip", "done")
    assert app.page.locator(".tray-line").count() == 1


def test_the_same_file_is_not_sent_twice_by_mistake(
    app: App, named: Callable[[str], Path], tmp_path: Path
) -> None:
    twin = named("twin.mha")
    letters = [tmp_path / f"letter-{number}.txt" for number in range(12)]
    for letter in letters:
        letter.write_text("hello")
    app.drop(twin)
    app.wait_for_row(twin.name)
    app.click_upload(twin.name, "Dismiss")
    app.drop(*letters, twin)
    app.upload_says(twin.name, "A file of this name and size was uploaded")
    expect(app.upload(twin.name)).to_be_in_viewport()  # whatever else there is to tell
    app.click_upload(twin.name, "Upload again")
    app.wait_for_upload(twin.name, "done")
    wait_until(lambda: len(scans_named(app, twin.name)) == 2)


def test_names_of_any_alphabet_are_kept_found_and_never_taken_for_each_other(
    app: App, named: Callable[[str], Path]
) -> None:
    first, second = "Иванов Пётр.mha", "Петров Иван.mha"  # of one size, all letters outside ASCII
    app.drop(named(first))
    app.wait_for_row(first, "done")
    app.drop(named(second))
    app.wait_for_upload(second, "done")  # and not a question about the first
    app.wait_for_row(second)
    app.search("петров")
    expect(app.page.locator("a.row-link")).to_have_count(1)
    assert app.rows() == [second]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.mha", b"", "The file is empty."),
        ("other.nii.gz", b"text", "The name ends in .nii.gz, but the content is something else."),
        ("flat.mha", b"ObjectType = Image\nNDims = 5\n", "no three-dimensional image"),
        ("nothing.zip", b"PK\x05\x06" + bytes(18), "The archive holds no files."),
    ],
)
def test_bad_files_are_refused_with_the_reason(
    app: App, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    app.drop(tmp_path / name)
    app.wait_for_upload(name, "refused")
    app.upload_says(name, reason)
