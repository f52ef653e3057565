"""A study that a scanner sends to a real archive is shown, and nobody's UID gets out of it."""

import time
from collections import Counter
from functools import partial
from typing import Any

import httpx
import psutil
import pydicom

from discai.anatomy import LEVELS
from discai.cloud import paths
from discai.cloud.database import Query
from tests.support.local_cloud import LocalCloud
from tests.support.orthanc import send, stored_files
from tests.support.sent_study import study, written
from tests.support.waiting import wait_until
from tests.test_readme import block_with, plain_environment, run_as_typed

SENT = 5 + 5 + 4 + 9
#: Of each series that was read: segmentation, report and page.
RESULTS = 2 * 3


def documents(cloud: LocalCloud, collection: str) -> dict[str, dict[str, Any]]:
    return {each.id: each.fields or {} for each in cloud.database.find(Query(collection))}


def all_texts(cloud: LocalCloud) -> str:
    """Every document, names and contents."""
    texts = []

    def walk(holder: Any) -> None:
        for collection in holder.collections():
            for document in collection.list_documents():
                texts.append(f"{document.path} {document.get().to_dict()}")
                walk(document)

    walk(cloud.firestore)
    return "\n".join(texts)


def shown_study(cloud: LocalCloud, before: set[str]) -> dict[str, Any]:
    """The study that was not there before, once both of its series have been read."""
    seen: dict[str, dict[str, Any]] = {}

    def is_shown() -> bool:
        seen.clear()
        seen.update(documents(cloud, paths.STUDIES))
        new = [found for key, found in seen.items() if key not in before]
        states = [series["status"] for found in new for series in found["series"].values()]
        return states == ["done", "done"]

    wait_until(is_shown, told=lambda: f"{seen} {documents(cloud, paths.GATHERS)}")
    return next(found for key, found in seen.items() if key not in before)


def test_what_a_scanner_sends_is_one_study_and_what_is_filed_is_no_news(pacs_cloud, tmp_path):
    cloud = pacs_cloud
    known = {name: set(documents(cloud, name)) for name in (paths.STUDIES, paths.SCANS)}
    gathers = len(documents(cloud, paths.GATHERS))
    files = len(stored_files(cloud.plan))
    folder = written(study(("T1", "T2"), slices=5, axial=4), tmp_path / "STUDY")
    (tmp_path / ".local").symlink_to(cloud.folder)
    run_as_typed(block_with("storescu"), tmp_path, plain_environment())
    found = shown_study(cloud, known[paths.STUDIES])
    assert sorted(series["sequence"] for series in found["series"].values()) == ["T1", "T2"]
    assert {disc["level"] for disc in found["discs"]} >= set(LEVELS)

    def new_states() -> Counter[str]:
        scans = documents(cloud, paths.SCANS).items()
        return Counter(scan["status"] for key, scan in scans if key not in known[paths.SCANS])

    # Localizer and axial series came along: that nobody reads them is no failure.
    wait_until(lambda: new_states() == {"done": 2, "split": 2}, told=lambda: str(new_states()))

    wait_until(lambda: len(stored_files(cloud.plan)) == files + SENT + RESULTS)
    assert send(cloud.plan, folder) == 0
    time.sleep(4)  # what Orthanc takes for whole after 2 s has been told of
    assert new_states() == {"done": 2, "split": 2}
    assert len(documents(cloud, paths.GATHERS)) == gathers + 4

    header = pydicom.dcmread(next(folder.rglob("*-000")), stop_before_pixels=True)
    for log in (cloud.folder / "logs").glob("*.log"):
        assert header.StudyInstanceUID not in log.read_text(errors="replace"), log.name
    assert header.StudyInstanceUID not in all_texts(cloud)
    remove_study(cloud, header.StudyInstanceUID)


def test_an_archive_that_dies_is_started_again_with_its_studies_and_goes_on(pacs_cloud, tmp_path):
    cloud = pacs_cloud
    before = set(documents(cloud, paths.STUDIES))
    folder = written(study(("T1", "T2"), slices=5, axial=0), tmp_path / "study")
    for part in ("orthanc", "archive-watch"):
        dead = cloud.process(part)
        dead.kill()
        wait_until(partial(is_back, cloud, part, dead.pid))
    assert send(cloud.plan, folder) == 0
    cloud.process("archive-watch").kill()
    shown_study(cloud, before)
    header = pydicom.dcmread(next(folder.rglob("*-000")), stop_before_pixels=True)
    remove_study(cloud, header.StudyInstanceUID)


def is_back(cloud: LocalCloud, part: str, old_id: int) -> bool:
    """Tell if another process answers for the part by now."""
    try:
        is_new = cloud.process(part).pid != old_id
        return is_new and httpx.get(f"{cloud.plan.url('orthanc')}/system").is_success
    except (httpx.HTTPError, psutil.NoSuchProcess):
        return False


def remove_study(cloud: LocalCloud, uid: str) -> None:
    """Has the archive forget a study, for tests that count what it has."""
    root = cloud.plan.url("orthanc")
    query = {"Level": "Study", "Query": {"StudyInstanceUID": uid}}
    for key in httpx.post(f"{root}/tools/find", json=query).raise_for_status().json():
        httpx.delete(f"{root}/studies/{key}").raise_for_status()
