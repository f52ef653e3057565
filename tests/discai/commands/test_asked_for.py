"""`--dicom` and `--nifti`: what lies beside prediction.json then."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset

from discai.commands.asked_for import AskedFor
from discai.commands.batch import predict_all
from discai.pictures.output import ASKED_FOR, SEGMENTATION_DICOM, SEGMENTATION_NIFTI
from discai.reading import Reading
from discai.records.scans import Step
from discai.scan import Scan
from tests.support.dicom_exports import oriented, series, written
from tests.support.readings import reading_of
from tests.support.scan_files import dicom_bytes, mha_bytes, write, zip_bytes

pytestmark = pytest.mark.usefixtures("decoding_here")

DICOM = tuple(name for name in ASKED_FOR if name != SEGMENTATION_NIFTI)


class FakePredictor:
    """Finds the same two discs everywhere."""

    herniation_threshold = 0.42

    def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
        return reading_of(scan)


def predict(path: Path, out: Path, asked_for: AskedFor) -> list[str]:
    """The lines that people are told; no scan has failed."""
    lines: list[str] = []
    assert predict_all(FakePredictor(), [path], out, lines.append, asked_for) == 0
    return lines


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_nothing_that_was_not_asked_for_is_written(tmp_path: Path) -> None:
    paths = written(tmp_path / "series", series(*oriented("PIR")))
    assert predict(paths[0].parent, tmp_path / "out", AskedFor()) == []
    assert not names_in(tmp_path / "out" / "series") & set(ASKED_FOR)


@pytest.mark.parametrize("packed", [False, True])
def test_a_dicom_series_has_results_beside_its_prediction(tmp_path: Path, packed: bool) -> None:
    datasets = series(*oriented("PIR"))
    path = written(tmp_path / "anna", datasets)[0].parent
    if packed:
        files = {f"IM{number}": dicom_bytes(each) for number, each in enumerate(datasets)}
        path = write(tmp_path, "anna.zip", zip_bytes(files))
    assert predict(path, tmp_path / "out", AskedFor(dicom=True)) == []
    folder = tmp_path / "out" / "anna"
    assert names_in(folder) >= {*DICOM, "prediction.json", "segmentation.mha"}
    referenced = pydicom.dcmread(folder / SEGMENTATION_DICOM).ReferencedSeriesSequence[0]
    found = {item.ReferencedSOPInstanceUID for item in referenced.ReferencedInstanceSequence}
    assert found == {each.SOPInstanceUID for each in datasets}


def test_each_series_of_a_study_has_its_own(tmp_path: Path) -> None:
    volume, direction = oriented("PIR")

    def second(number: int, dataset: FileDataset) -> None:
        dataset.SeriesInstanceUID, dataset.SOPInstanceUID = "1.2.3.9", f"1.2.3.9.{number}"

    files = [*series(volume, direction), *series(volume + 1, direction, second)]
    path = written(tmp_path / "study", files)[0].parent
    assert predict(path, tmp_path / "out", AskedFor(dicom=True)) == []
    uids = set()
    for folder in ("1-series", "2-series"):
        result = pydicom.dcmread(tmp_path / "out" / "study" / folder / SEGMENTATION_DICOM)
        uids.add(result.ReferencedSeriesSequence[0].SeriesInstanceUID)
    assert uids == {"1.2.3.4", "1.2.3.9"}


def test_a_single_dicom_file_has_results(tmp_path: Path) -> None:
    volume, direction = oriented("PIR")
    [path] = written(tmp_path / "one", series(volume[:1], direction))

    class OnOneSlice(FakePredictor):
        def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
            return reading_of(scan, key_slice=0)

    assert predict_all(OnOneSlice(), [path], tmp_path, pytest.fail, AskedFor(dicom=True)) == 0
    assert names_in(tmp_path / path.name) >= set(DICOM)


def test_identity_is_in_the_results_and_not_in_the_prediction(tmp_path: Path) -> None:
    path = written(tmp_path / "series", series(*oriented("PIR")))[0].parent
    predict(path, tmp_path / "out", AskedFor(dicom=True, nifti=True))
    for file in (tmp_path / "out" / "series").iterdir():
        named = b"Jane" in file.read_bytes()
        assert named == (file.name in DICOM), file.name
    prediction = (tmp_path / "out" / "series" / "prediction.json").read_text(encoding="utf-8")
    for secret in ("Doe", "4711", "19700101", "General Hospital", "1.2.3"):
        assert secret not in prediction


def test_of_a_scan_that_is_no_dicom_a_note_says_so_and_all_else_is_there(tmp_path: Path) -> None:
    path = write(tmp_path, "scan.mha", mha_bytes(np.ones((4, 48, 44), np.uint8)))
    assert predict(path, tmp_path / "out", AskedFor(dicom=True, nifti=True)) == [
        f"{path}: note: There are no DICOM results, since the scan is no DICOM series that says "
        "where its slices lie."
    ]
    folder = tmp_path / "out" / "scan"
    assert names_in(folder) & set(ASKED_FOR) == {SEGMENTATION_NIFTI}
    assert json.loads((folder / "prediction.json").read_text(encoding="utf-8"))["discs"]


def test_a_note_about_a_series_of_a_study_names_it(tmp_path: Path) -> None:
    files = {
        f"{name}.mha": mha_bytes(np.full((4, 48, 44), value, np.uint8))
        for name, value in (("one", 1), ("two", 2))
    }
    path = write(tmp_path, "study.zip", zip_bytes(files))
    notes = predict(path, tmp_path / "out", AskedFor(dicom=True))
    assert [note.split(": ")[0] for note in notes] == [f"{path} (1-one)", f"{path} (2-two)"]


def test_the_nifti_has_the_affine_of_the_scan(tmp_path: Path) -> None:
    path = write(tmp_path, "scan.mha", mha_bytes(np.ones((4, 48, 44), np.uint8)))
    assert predict(path, tmp_path / "out", AskedFor(nifti=True)) == []
    image: Any = nibabel.load(tmp_path / "out" / "scan" / SEGMENTATION_NIFTI)
    # x to the back, y to the feet, z to the right of the patient, in RAS.
    assert image.affine[:3].tolist() == pytest.approx(
        np.array([[0, 0, 4.0, -1.5], [-0.5, 0, 0, 2.25], [0, -0.6, 0, 3.0]])
    )
    assert image.shape == (44, 48, 4)


def test_they_go_with_the_result_that_they_belong_to(tmp_path: Path) -> None:
    path = written(tmp_path / "series", series(*oriented("PIR")))[0].parent
    predict(path, tmp_path / "out", AskedFor(dicom=True, nifti=True))
    assert names_in(tmp_path / "out" / "series") >= set(ASKED_FOR)
    predict(path, tmp_path / "out", AskedFor())
    assert not names_in(tmp_path / "out" / "series") & set(ASKED_FOR)


def test_headers_that_nothing_can_be_made_of_are_a_note(tmp_path: Path) -> None:
    def odd(_: int, dataset: FileDataset) -> None:
        del dataset.FrameOfReferenceUID

    path = written(tmp_path / "series", series(*oriented("PIR"), odd))[0].parent
    [note] = predict(path, tmp_path / "out", AskedFor(dicom=True))
    assert note.startswith(f"{path}: note: There are no DICOM results")
    assert (tmp_path / "out" / "series" / "prediction.json").is_file()
