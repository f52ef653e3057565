"""From a scanner to the archive, to the page, and a reviewer's answer back into the archive."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from playwright.sync_api import expect
from pydicom.dataset import Dataset

from discai.cloud import paths
from tests.support.checkout import ROOT
from tests.support.dicom_exports import errors_in
from tests.support.filing import predecessor_of
from tests.support.local_cloud import LocalCloud, running_cloud
from tests.support.orthanc import require_orthanc, send, stored_files
from tests.support.sent_study import study, written
from tests.support.waiting import wait_until
from tests.support.webapp.driver import App

PICTURES = ROOT / ".local" / "screenshots"
#: Results of each series: segmentation, report, page; with a verdict, the last two again.
DRAFTS, AGAIN = 3, 2


@pytest.fixture(scope="module")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud with an archive."""
    require_orthanc()
    with running_cloud(tmp_path_factory.mktemp("cloud"), pacs=True) as cloud:
        yield cloud


def filed(cloud: LocalCloud) -> list[dict[str, Any]]:
    """All that is noted as filed."""
    orders = cloud.firestore.collection(paths.FILING).stream()
    return [each for order in orders for each in (order.to_dict() or {})["filed"]]


def reports(cloud: LocalCloud) -> list[Dataset]:
    found = [pydicom.dcmread(io.BytesIO(file)) for file in stored_files(cloud.plan).values()]
    return [each for each in found if each.Modality == "SR"]


def test_a_scanners_study_is_shown_and_a_saved_answer_is_a_report_in_its_archive(
    app: App, local_cloud: LocalCloud, tmp_path: Path
) -> None:
    folder = written(study(("T1", "T2"), slices=5, axial=0), tmp_path / "STUDY")
    assert send(local_cloud.plan, folder) == 0
    wait_until(lambda: len(filed(local_cloud)) == 2 * DRAFTS, told=lambda: str(filed(local_cloud)))
    drafts = {str(each.SOPInstanceUID) for each in reports(local_cloud)}

    app.page.locator("a.row-link").first.click()
    app.wait_for_discs()
    archive = app.page.locator(".study-archive")
    expect(archive.locator("li")).to_have_count(2)
    expect(archive).to_contain_text("as a draft")
    app.wait_until_labels_may_be_saved()
    app.select_box("L5-S1")
    app.press("h", "s")
    count = 2 * (DRAFTS + AGAIN)
    wait_until(lambda: len(filed(local_cloud)) == count, told=lambda: str(filed(local_cloud)))
    app.open()
    app.page.locator("a.row-link").first.click()
    expect(archive.get_by_text("with a reviewer's answers")).to_have_count(2)
    app.page.screenshot(path=PICTURES / "filed.png")

    new = [each for each in reports(local_cloud) if str(each.SOPInstanceUID) not in drafts]
    assert {predecessor_of(each) for each in new} == drafts
    for number, report in enumerate(new):
        file = tmp_path / f"{number}.dcm"
        report.save_as(file)
        assert errors_in(file) == []
