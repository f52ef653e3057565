"""`discai predict` over several scans, with a reading made by hand in place of the network."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from discai.batch import output_folders, predict_all
from discai.errors import PermanentError
from discai.reading import Reading
from discai.records import Step
from discai.scan import Scan
from tests.discai.readings import reading_of
from tests.scan_files import dicom_series, mha_bytes, picture_bytes, write

VOLUME = np.random.default_rng(1).integers(0, 999, (3, 48, 44)).astype(np.uint16)


class FakePredictor:
    """Finds the same two discs in every scan of three slices and more; breaks off at two."""

    def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
        if len(scan.voxels) == 2:
            raise MemoryError
        if len(scan.voxels) == 1:
            raise PermanentError("no-discs", "No discs are visible.")
        progress("segmenting", 3, 3)
        return reading_of(scan)


def test_one_bad_scan_does_not_stop_the_rest(tmp_path: Path) -> None:
    scans = [
        write(tmp_path, "first.mha", mha_bytes(VOLUME)),
        write(tmp_path, "cut.mha", mha_bytes(VOLUME)[:-50]),
        write(tmp_path, "flat.png", picture_bytes(VOLUME[0].astype(np.uint8))),
        tmp_path / "missing.mha",
        write(tmp_path, "last.nii.mha", mha_bytes(VOLUME)),
    ]
    complaints: list[str] = []
    failed = predict_all(FakePredictor(), scans, tmp_path / "out", complaints.append)
    assert failed == 3
    assert [line.split(": ")[:2] for line in complaints] == [
        ["cut.mha", "truncated"],
        ["flat.png", "no-discs"],
        ["missing.mha", "not-found"],
    ]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["first", "last.nii"]


def test_a_scan_at_which_the_reading_breaks_off_does_not_stop_the_rest(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    scans = [
        write(tmp_path, "huge.mha", mha_bytes(VOLUME[:2])),
        write(tmp_path, "last.mha", mha_bytes(VOLUME)),
    ]
    complaints: list[str] = []
    assert predict_all(FakePredictor(), scans, tmp_path / "out", complaints.append) == 1
    assert complaints == ["huge.mha: internal: The reading broke off (MemoryError)."]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["last"]
    assert "raise MemoryError" in caplog.text


def test_seconds_of_reading_are_reported(tmp_path: Path) -> None:
    scan = write(tmp_path, "scan.mha", mha_bytes(VOLUME))
    predict_all(FakePredictor(), [scan], tmp_path, lambda line: pytest.fail(line))
    prediction = json.loads((tmp_path / "scan" / "prediction.json").read_text(encoding="utf-8"))
    assert list(prediction["seconds"]) == ["read", "segment"]
    assert prediction["seconds"]["read"] > 0


def test_a_folder_of_dicom_files_is_one_scan(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    for name, content in dicom_series(VOLUME).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "notes.txt").write_text("not part of the series")
    predict_all(FakePredictor(), [folder], tmp_path / "out", lambda line: pytest.fail(line))
    prediction = json.loads(
        (tmp_path / "out" / "study" / "prediction.json").read_text(encoding="utf-8")
    )
    assert prediction["scan"]["shape"] == [3, 48, 44]


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    complaints: list[str] = []
    assert predict_all(FakePredictor(), [tmp_path / "folder"], tmp_path, complaints.append) == 1
    assert complaints[0].startswith("folder: empty: ")


def test_overlays_of_an_earlier_longer_scan_are_gone(tmp_path: Path) -> None:
    longer = np.repeat(VOLUME, 2, axis=0)
    for slices in (4, 3):
        scan = write(tmp_path, "scan.mha", mha_bytes(longer[:slices]))
        predict_all(FakePredictor(), [scan], tmp_path, lambda line: pytest.fail(line))
    overlays = sorted(path.name for path in (tmp_path / "scan").glob("overlay-*"))
    assert overlays == ["overlay-00.png", "overlay-01.png", "overlay-02.png"]


def test_scans_of_one_name_get_folders_of_their_own() -> None:
    scans = [Path(p) for p in ("a/x.mha", "b/x.nii.gz", "c/X.zip", "d/x-2.mha", "x.png.zip")]
    names = [folder.name for folder in output_folders(scans, Path("out"))]
    assert names == ["x", "x-2", "X-3", "x-2-2", "x-4"]
