"""Results lie in a real archive beside the images, with a reviewer's answer once there is one."""

import io
from pathlib import Path
from typing import Any

import highdicom as hd
import httpx
import pydicom
import pytest
from google.cloud import firestore
from pydicom.dataset import Dataset

from discai.cloud import paths
from discai.export.codes import structure_of
from discai.phantom import PhantomOptions, draw_phantom, write_phantom
from discai.records.filing import FilingRequest
from discai.records.keys import Identity, Keys
from discai.records.scans import StoredObject
from tests.support.dicom_exports import errors_in, mask_in_the_patient, places_in_mha
from tests.support.filing import predecessor_of
from tests.support.local_cloud import LocalCloud
from tests.support.orthanc import archive_of, stored_files
from tests.support.waiting import wait_until

#: Orthanc draws masks whose columns are a multiple of eight, as those of most scanners are.
SPACING_MM = (4.0, 0.625, 0.625)
RESULTS = ("DOC", "SEG", "SR")


@pytest.fixture(scope="module")
def cloud(pacs_cloud: LocalCloud) -> LocalCloud:
    """A cloud with an archive."""
    return pacs_cloud


@pytest.fixture(scope="module")
def scan(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A DICOM series that was uploaded, once its results are filed."""
    archive = tmp_path_factory.mktemp("phantom") / "study.zip"
    write_phantom(draw_phantom(PhantomOptions(slices=9, spacing_mm=SPACING_MM)), archive)
    key = cloud.put(archive, "study-17/study.zip")
    assert cloud.wait_for(key)["status"] == "done"
    wait_until(lambda: len(filed(cloud, key)) == 3, told=lambda: str(order(cloud, key)))
    return key


def order(cloud: LocalCloud, scan_id: str) -> dict[str, Any]:
    key = cloud.scan(scan_id)["study"]["studyKey"]
    return cloud.firestore.document(paths.filing(key)).get().to_dict() or {}


def filed(cloud: LocalCloud, scan_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = order(cloud, scan_id).get("filed", [])
    return found


def study_of(cloud: LocalCloud, scan_id: str) -> str:
    """The UID of a scan's study, of those in the archive: others of these tests lie there, too."""
    scan, keys = cloud.scan(scan_id), Keys(cloud.plan.study_keys_secret.read_text())
    stored = StoredObject.model_validate(scan["object"])
    root = f"{cloud.plan.url('orthanc')}/dicom-web"
    listed = httpx.get(f"{root}/studies").raise_for_status().json()
    studies = {each["0020000D"]["Value"][0] for each in listed}
    [study] = [
        study
        for study in studies
        if keys.of(Identity(study=study), stored).study_key == scan["study"]["studyKey"]
    ]
    return str(study)


def results(cloud: LocalCloud, scan_id: str, modality: str) -> list[Dataset]:
    """Results of a kind as DICOMweb finds and hands them out, the oldest first."""
    archive, study = archive_of(cloud.plan), study_of(cloud, scan_id)
    root = f"{cloud.plan.url('orthanc')}/dicom-web/studies/{study}"
    listed = httpx.get(f"{root}/instances", params={"Modality": modality}).raise_for_status().json()
    datasets = []
    for each in listed:
        series, uid = (each[tag]["Value"][0] for tag in ("0020000E", "00080018"))
        [instance] = [one for one in archive.instances(study, series) if one.uid == uid]
        datasets.append(pydicom.dcmread(io.BytesIO(archive.fetch(instance, 2**30))))
    return sorted(datasets, key=lambda each: f"{each.ContentDate}{each.ContentTime}")


def files_of_study(cloud: LocalCloud, scan_id: str) -> dict[str, bytes]:
    """All files of a scan's study in the archive, by the ids that it gives them."""
    study = study_of(cloud, scan_id)
    return {
        key: file
        for key, file in stored_files(cloud.plan).items()
        if pydicom.dcmread(io.BytesIO(file), stop_before_pixels=True).StudyInstanceUID == study
    }


def test_segmentation_report_and_page_lie_in_the_study_and_hold_to_the_standard(
    cloud: LocalCloud, scan: str, tmp_path: Path
) -> None:
    for modality in RESULTS:
        [dataset] = results(cloud, scan, modality)
        file = tmp_path / f"{modality}.dcm"
        dataset.save_as(file)
        assert errors_in(file) == []


def test_the_mask_lies_voxel_for_voxel_where_the_stored_one_has_it(
    cloud: LocalCloud, scan: str, tmp_path: Path
) -> None:
    [dataset] = results(cloud, scan, "SEG")
    [prediction] = cloud.predictions(scan)
    bucket = cloud.storage.bucket(cloud.environment["RESULTS_BUCKET"])
    stored = tmp_path / "segmentation.mha"
    bucket.blob(prediction["artifacts"]["segmentation"]).download_to_filename(str(stored))
    expected = places_in_mha(stored)
    values = {structure_of(value)[0]: value for value in set(expected.values())}
    seg = hd.seg.Segmentation.from_dataset(dataset)
    assert mask_in_the_patient(seg, values) == expected


def test_the_archives_own_viewer_shows_the_segmentation_and_the_page(
    cloud: LocalCloud, scan: str
) -> None:
    root = cloud.plan.url("orthanc")
    shown = {}
    for key in files_of_study(cloud, scan):
        modality = httpx.get(f"{root}/instances/{key}/content/0008-0060").text.strip("\0 ")
        page = "pdf" if modality == "DOC" else "frames/0/preview"
        shown[modality] = httpx.get(f"{root}/instances/{key}/{page}")
    assert shown["SEG"].headers["Content-Type"] == "image/png"
    assert shown["DOC"].content.startswith(b"%PDF-")
    [dataset] = results(cloud, scan, "SEG")
    where = f"studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    rendered = httpx.get(
        f"{root}/dicom-web/{where}/instances/{dataset.SOPInstanceUID}/frames/1/rendered",
        headers={"Accept": "image/png"},
    )
    assert rendered.raise_for_status().content.startswith(b"\x89PNG")


def test_an_order_that_is_delivered_again_stores_nothing_again(
    cloud: LocalCloud, scan: str
) -> None:
    before = files_of_study(cloud, scan)
    request = FilingRequest(study_key=cloud.scan(scan)["study"]["studyKey"])
    for _ in range(3):
        cloud.publish("inference-requests", request.model_dump_json(by_alias=True).encode())
    label_and_wait(cloud, scan, herniated=True)
    after = files_of_study(cloud, scan)
    assert {key: after[key] for key in before} == before
    assert len(after) == len(before) + 2


def label_and_wait(cloud: LocalCloud, scan: str, *, herniated: bool) -> None:
    """A reviewer's answer about L4-L5, and the moment at which it lies in the archive."""
    [prediction] = cloud.predictions(scan)
    [disc] = [each for each in prediction["discs"] if each["level"] == "L4-L5"]
    box = {**disc["box"], "level": "L4-L5", "herniation": herniated, "judged": "changed"}
    count = len(filed(cloud, scan))
    cloud.firestore.collection(paths.labels(scan)).add(
        {
            "kind": "correction",
            "slices": {str(prediction["keySlice"]): [box]},
            "author": "reviewer",
            "authorEmail": cloud.email,
            "createdAt": firestore.SERVER_TIMESTAMP,
            "modelVersion": prediction["modelVersion"],
        }
    )
    wait_until(lambda: len(filed(cloud, scan)) == count + 2, told=lambda: str(order(cloud, scan)))


def test_a_reviewers_answer_makes_a_report_that_names_the_one_before(
    cloud: LocalCloud, scan: str
) -> None:
    label_and_wait(cloud, scan, herniated=False)
    reports = results(cloud, scan, "SR")
    assert len(results(cloud, scan, "SEG")) == 1
    assert len(reports) == len(results(cloud, scan, "DOC")) >= 2
    assert predecessor_of(reports[-1]) == reports[-2].SOPInstanceUID
    assert "LDH-REVIEWER" in str(reports[-1])
    assert "LDH-REVIEWER" not in str(reports[0])
