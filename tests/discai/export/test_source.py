"""Which image each slice is, and what results can't be made of."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset

from discai.errors import PermanentError
from discai.export.source import SourceSlice, read_source, source_of
from discai.scan import read_scan
from tests.support.dicom_exports import answer_of, oriented, series, written
from tests.support.scan_files import mha_bytes, write

pytestmark = pytest.mark.usefixtures("decoding_here")


def refusal(paths: list[Path]) -> str:
    with pytest.raises(PermanentError) as error:
        read_source(paths, answer_of(paths).scan)
    assert error.value.code == "no-dicom-results"
    return error.value.message


def test_each_slice_of_the_grid_is_the_image_that_lies_there(tmp_path: Path) -> None:
    datasets = series(*oriented("PIL"))
    paths = written(tmp_path, datasets[::-1])
    scan = answer_of(paths).scan
    source = read_source(paths, scan)
    direction = np.array(scan.grid.direction).reshape(3, 3)
    for number, reference in enumerate(source.references):
        [dataset] = [each for each in datasets if each.SOPInstanceUID == reference.instance]
        place = np.array(scan.grid.origin_mm) + number * 6.0 * direction[:, 2]
        assert place == pytest.approx(np.array(dataset.ImagePositionPatient, float))
        assert reference.frame is None


def test_headers_may_come_from_anywhere(tmp_path: Path) -> None:
    """As from an archive, which has no files."""
    paths = written(tmp_path, series(*oriented("PIR")))
    scan = answer_of(paths).scan
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
    slices = [SourceSlice(headers[file], frame) for file, frame in scan.sources]
    assert source_of(slices, scan.grid).references == read_source(paths, scan).references


def test_a_scan_that_is_no_dicom_has_no_source(tmp_path: Path) -> None:
    path = write(tmp_path, "scan.mha", mha_bytes(np.ones((4, 48, 44), np.uint8)))
    with pytest.raises(PermanentError, match="no DICOM series") as error:
        read_source([path], read_scan(path))
    assert error.value.code == "no-dicom-results"


def test_a_capture_that_lies_nowhere_has_no_source(tmp_path: Path) -> None:
    [dataset] = series(oriented("PIR")[0][:1], oriented("PIR")[1])
    del dataset.ImagePositionPatient
    [path] = written(tmp_path, [dataset])
    with pytest.raises(PermanentError, match="where its slices lie"):
        read_source([path], read_scan(path))


@pytest.mark.parametrize("keyword", ["FrameOfReferenceUID", "StudyInstanceUID", "SOPInstanceUID"])
def test_headers_must_name_what_results_refer_to(tmp_path: Path, keyword: str) -> None:
    def without(_: int, dataset: FileDataset) -> None:
        delattr(dataset, keyword)

    assert keyword in refusal(written(tmp_path, series(*oriented("PIR"), without)))


def test_one_study_is_named_by_all_slices(tmp_path: Path) -> None:
    def other(number: int, dataset: FileDataset) -> None:
        dataset.StudyInstanceUID = f"1.2.{number // 4}"

    assert "StudyInstanceUID" in refusal(written(tmp_path, series(*oriented("PIR"), other)))


def test_what_the_sandbox_says_of_places_is_compared_with_the_headers(tmp_path: Path) -> None:
    paths = written(tmp_path, series(*oriented("PIR")))
    scan = answer_of(paths).scan
    for sources in (
        scan.sources[::-1],
        scan.sources[1:],
        ((99, 0), *scan.sources[1:]),
        ((scan.sources[0][0], 5), *scan.sources[1:]),
        (scan.sources[0], *scan.sources[:-1]),
    ):
        with pytest.raises(PermanentError, match="elsewhere"):
            read_source(paths, replace(scan, sources=sources))
