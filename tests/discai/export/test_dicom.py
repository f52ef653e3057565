"""All DICOM results of an answer: whose they are, and what becomes of the second ones."""

import io
import logging
import warnings
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.valuerep import PersonName

from discai.export.dicom import as_files, dicom_results
from discai.export.source import read_source
from discai.pictures.output import PAGE_DICOM, REPORT_DICOM, SEGMENTATION_DICOM
from tests.support.dicom_exports import MADE_AT, answer_of, exported, oriented, series, written

pytestmark = pytest.mark.usefixtures("decoding_here")

RESULTS = (SEGMENTATION_DICOM, REPORT_DICOM, PAGE_DICOM)


def read(content: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(content))


def all_uids(dataset: Dataset) -> list[str]:
    return [str(element.value) for element in dataset.iterall() if element.VR == "UI"]


def test_all_results_are_made(tmp_path: Path) -> None:
    assert tuple(exported(written(tmp_path, series(*oriented("PIR"))))) == RESULTS


def test_the_same_answer_is_the_same_instance_down_to_its_bytes(tmp_path: Path) -> None:
    datasets = series(*oriented("PIR"))
    once = exported(written(tmp_path / "one", datasets))
    again = exported(written(tmp_path / "other", datasets[::-1]))
    assert once == again


def test_the_answer_at_another_time_has_the_same_uids(tmp_path: Path) -> None:
    paths = written(tmp_path, series(*oriented("PIR")))
    once, later = (exported(paths, made_at=MADE_AT.replace(year=year)) for year in (2026, 2027))
    for name in RESULTS:
        assert all_uids(read(once[name])) == all_uids(read(later[name]))
        assert read(once[name]).ContentDate != read(later[name]).ContentDate


def test_another_models_results_are_other_instances_of_other_series(tmp_path: Path) -> None:
    paths = written(tmp_path, series(*oriented("PIR")))
    reading = replace(answer_of(paths).reading, model_version="2027-01-01a")
    once, other = exported(paths), exported(paths, reading=reading)
    for name in RESULTS:
        assert read(once[name]).SOPInstanceUID != read(other[name]).SOPInstanceUID
        assert read(once[name]).SeriesInstanceUID != read(other[name]).SeriesInstanceUID


def test_patient_and_study_are_the_sources(tmp_path: Path) -> None:
    def identify(_: int, dataset: FileDataset) -> None:
        dataset.AccessionNumber, dataset.StudyID = "A-17", "S-3"
        dataset.PatientSex, dataset.PatientAge = "F", "050Y"
        dataset.StudyDescription, dataset.IssuerOfPatientID = "Lumbar spine", "Hospital"

    results = exported(written(tmp_path, series(*oriented("PIR"), identify)))
    for result in (read(results[name]) for name in RESULTS):
        assert result.PatientName == "Doe^Jane"
        assert (result.PatientID, result.PatientBirthDate) == ("4711", "19700101")
        assert (result.PatientSex, result.PatientAge) == ("F", "050Y")
        assert (result.AccessionNumber, result.StudyID) == ("A-17", "S-3")
        assert (result.StudyDescription, result.StudyDate) == ("Lumbar spine", "20200101")
        assert (result.StudyInstanceUID, result.IssuerOfPatientID) == ("1.2.3", "Hospital")


@pytest.mark.parametrize(
    ("character_set", "patient"),
    [
        ("ISO_IR 100", "Müller^Jürgen"),
        ("ISO_IR 144", "Иванова^Анна"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        ("ISO_IR 192", "王^小东"),
    ],
)
def test_names_are_kept_in_every_alphabet(
    tmp_path: Path, character_set: str | list[str], patient: str
) -> None:
    def rename(_: int, dataset: FileDataset) -> None:
        dataset.SpecificCharacterSet, dataset.PatientName = character_set, patient

    results = exported(written(tmp_path, series(*oriented("PIR"), rename)))
    for result in (read(results[name]) for name in RESULTS):
        assert result.SpecificCharacterSet == "ISO_IR 192"
        assert result.PatientName == PersonName(patient)


def test_odd_values_of_a_header_are_copied_and_told_to_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    secret = "Doe^Jane^the^very^long^and^many^parts"
    names = pydicom.config.settings
    mode = names.writing_validation_mode

    def oddly(_: int, dataset: FileDataset) -> None:
        dataset.PatientName, dataset.PatientID = secret, "7" * 80
        dataset.PatientBirthDate, dataset.PatientSex = "1970-01-01", "unknown"
        dataset.StudyDate = "yesterday"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names.writing_validation_mode = pydicom.config.IGNORE
        try:
            paths = written(tmp_path, series(*oriented("PIR"), oddly))
        finally:
            names.writing_validation_mode = mode
    recwarn.clear()
    with caplog.at_level(logging.DEBUG):
        answer = answer_of(paths)
        recwarn.clear()
        caplog.clear()
        results = as_files(dicom_results(read_source(paths, answer.scan), answer))
    assert not recwarn.list
    assert "Doe" not in caplog.text
    assert "1970" not in caplog.text
    assert not [each for each in caplog.records if each.levelno > logging.DEBUG]
    for content in results.values():
        assert secret.encode() in content
        assert b"1970-01-01" in content
        assert b"unknown" in content
