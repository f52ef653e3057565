"""A study that is copied file by file with Google's own tools: one scan a series, once."""

import subprocess
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from google.cloud import firestore

from discai.cloud import paths
from discai.records.states import SCAN_ENDS
from tests.support.checkout import require_tool
from tests.support.local_cloud import RESULT_SECONDS, LocalCloud, joined_environment
from tests.support.studies.drawing import SLICES, acquisition, localizer, named, without_image
from tests.support.waiting import PATIENCE_SECONDS, wait_until

TOOLS = {"gsutil": ["gsutil", "-m"], "gcloud": ["gcloud", "storage"]}


def write_study(folder: Path, study: str) -> Path:
    """A localizer, T1, T2, an axial series and a report, spread over folders as on a CD."""
    series = {
        "DIR0": localizer(f"{study}.1"),
        "DIR1": acquisition("T1", series=f"{study}.2"),
        "DIR2": acquisition("T2", series=f"{study}.3")[:3],
        "DIR3": acquisition("T2", series=f"{study}.3")[3:],
        "DIR4": acquisition("T2", "axial", 9, f"{study}.4"),
        "DIR5": [without_image("1.2.840.10008.5.1.4.1.1.88.22", f"{study}.5")],
    }
    for place, datasets in series.items():
        for dataset in datasets:
            dataset.StudyInstanceUID = study
        for name, data in named(datasets, place).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    (folder / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    return folder


def scans_in(cloud: LocalCloud, folder: str) -> list[dict]:
    """All scans of objects in a folder of the bucket of uploads."""
    end = firestore.FieldFilter("object.name", "<", f"{folder}0")
    begin = firestore.FieldFilter("object.name", ">=", f"{folder}/")
    found = cloud.firestore.collection(paths.SCANS).where(filter=begin).where(filter=end)
    return [document.to_dict() | {"id": document.id} for document in found.stream()]


def has_series(study: firestore.DocumentReference, ids: set[str]) -> bool:
    return set((study.get().to_dict() or {}).get("series", ())) == ids


@pytest.fixture(scope="module")
def copied(local_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Copies a study with each of the tools; the folders in the bucket, once all is read."""
    folders = []
    for number, (tool, command) in enumerate(TOOLS.items(), start=7):
        require_tool(tool, "install the Google Cloud CLI")
        folders.append(f"by-{tool}")
        study = write_study(tmp_path_factory.mktemp("copied") / folders[-1], f"1.2.{number}")
        bucket = local_cloud.environment["UPLOADS_BUCKET"]
        subprocess.run(
            [*command, "cp", "-r", str(study), f"gs://{bucket}/"],
            env=joined_environment(local_cloud),
            check=True,
            timeout=PATIENCE_SECONDS,
        )

    def are_read() -> bool:
        scans = [scan for folder in folders for scan in scans_in(local_cloud, folder)]
        return len(scans) >= 4 * len(folders) and all(s["status"] in SCAN_ENDS for s in scans)

    wait_until(are_read, RESULT_SECONDS, told=lambda: str(folders))
    return folders


def test_each_readable_series_is_one_scan_and_the_others_say_why_they_are_none(
    local_cloud: LocalCloud, copied: list[str]
) -> None:
    for folder in copied:
        scans = scans_in(local_cloud, folder)
        assert Counter(scan["status"] for scan in scans) == {"done": 2, "split": 2}
        assert {scan["fileName"] for scan in scans} == {folder}
        assert [scan["supersededBy"] for scan in scans] == [None] * 4
        read = [scan for scan in scans if scan["status"] == "done"]
        assert sorted(scan["study"]["series"]["sequence"] for scan in read) == ["T1", "T2"]
        assert [scan["sliceCount"] for scan in read] == [SLICES, SLICES]
        others = [scan["split"] for scan in scans if scan["status"] == "split"]
        assert [other["series"] for other in others] == [[], []]
        assert all("sagittal" in other["leftOut"][0]["reason"] for other in others)


def test_the_series_of_a_copied_study_are_one_study(
    local_cloud: LocalCloud, copied: list[str]
) -> None:
    studies = []
    for folder in copied:
        read = [scan for scan in scans_in(local_cloud, folder) if scan["status"] == "done"]
        (key,) = {scan["study"]["studyKey"] for scan in read}
        study = local_cloud.firestore.document(paths.study(key))
        ids = {scan["id"] for scan in read}
        # It is worked out after a scan has ended.
        wait_until(partial(has_series, study, ids))
        studies.append(key)
    assert len(set(studies)) == len(copied)
