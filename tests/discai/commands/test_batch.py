"""`discai predict` over several scans, with a reading made by hand in place of the network."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from discai.commands.batch import output_folders, predict_all
from discai.errors import PermanentError
from discai.pictures.output import remove_prediction, write_prediction
from discai.reading import Reading
from discai.records.scans import Step
from discai.scan import Scan, read_scan
from tests.support.readings import reading_of
from tests.support.scan_files import dicom_series, mha_bytes, picture_bytes, write

VOLUME = np.random.default_rng(1).integers(0, 999, (3, 48, 44)).astype(np.uint16)


class FakePredictor:
    """Finds the same two discs in scans of three slices and more; breaks off at two and at nine."""

    herniation_threshold = 0.42

    def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
        if len(scan.voxels) == 9:
            raise OSError("no device left")
        if len(scan.voxels) == 2:
            raise MemoryError
        if len(scan.voxels) == 1:
            raise PermanentError("no-discs", "No discs are visible.")
        progress("segmenting", 3, 3)
        return reading_of(scan)


@pytest.mark.process
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
        [str(tmp_path / "cut.mha"), "truncated"],
        [str(tmp_path / "flat.png"), "no-discs"],
        [str(tmp_path / "missing.mha"), "not-found"],
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
    assert complaints == [f"{scans[0]}: internal: The reading broke off (MemoryError)."]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["last"]
    assert "raise MemoryError" in caplog.text


def test_seconds_of_reading_are_reported(tmp_path: Path) -> None:
    scan = write(tmp_path, "scan.mha", mha_bytes(VOLUME))
    predict_all(FakePredictor(), [scan], tmp_path, lambda line: pytest.fail(line))
    prediction = json.loads((tmp_path / "scan" / "prediction.json").read_text(encoding="utf-8"))
    assert list(prediction["seconds"]) == ["read", "segment"]
    assert prediction["seconds"]["read"] > 0


@pytest.mark.process
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
    out = tmp_path / "out"
    assert predict_all(FakePredictor(), [tmp_path / "folder"], out, complaints.append) == 1
    assert complaints[0].startswith(f"{tmp_path / 'folder'}: empty: ")


def test_overlays_of_an_earlier_longer_scan_are_gone(tmp_path: Path) -> None:
    longer = np.repeat(VOLUME, 2, axis=0)
    for slices in (4, 3):
        scan = write(tmp_path, "scan.mha", mha_bytes(longer[:slices]))
        predict_all(FakePredictor(), [scan], tmp_path, lambda line: pytest.fail(line))
    overlays = sorted(path.name for path in (tmp_path / "scan").glob("overlay-*"))
    assert overlays == ["overlay-00.png", "overlay-01.png", "overlay-02.png"]


def test_a_failed_scan_leaves_no_earlier_result_that_looks_like_its_own(tmp_path: Path) -> None:
    scan = write(tmp_path, "scan.mha", mha_bytes(VOLUME))
    out = tmp_path / "out"
    predict_all(FakePredictor(), [scan], out, lambda line: pytest.fail(line))
    write(out / "scan", "overlay-notes.png", b"mine")
    scan.write_bytes(mha_bytes(VOLUME)[:-50])
    assert predict_all(FakePredictor(), [scan], out, lambda line: None) == 1
    assert [path.name for path in (out / "scan").iterdir()] == ["overlay-notes.png"]
    (out / "scan" / "overlay-notes.png").unlink()
    scan.write_bytes(mha_bytes(VOLUME))
    predict_all(FakePredictor(), [scan], out, lambda line: pytest.fail(line))
    scan.unlink()
    assert predict_all(FakePredictor(), [scan], out, lambda line: None) == 1
    assert not (out / "scan").exists()


def test_a_result_is_not_written_into_a_scan(tmp_path: Path) -> None:
    study = tmp_path / "study"
    study.mkdir()
    for number in range(3):
        write(study, f"overlay-{number:02d}.png", picture_bytes(VOLUME[number].astype(np.uint8)))
    (tmp_path / "segmentation").mkdir()
    mask = write(tmp_path / "segmentation", "segmentation.mha", mha_bytes(VOLUME))
    complaints: list[str] = []
    assert predict_all(FakePredictor(), [study, mask], tmp_path, complaints.append) == 2
    assert predict_all(FakePredictor(), [study], study / "out", complaints.append) == 1
    assert [line.split(": ")[1] for line in complaints] == ["bad-output"] * 3
    assert len(list(study.iterdir())) == 3
    assert mask.read_bytes() == mha_bytes(VOLUME)


def test_pictures_of_another_scan_are_not_taken_for_an_earlier_result(tmp_path: Path) -> None:
    scan = write(tmp_path, "sub.mha", mha_bytes(VOLUME))
    (tmp_path / "study" / "sub").mkdir(parents=True)
    for number in range(3):
        picture = picture_bytes(VOLUME[number].astype(np.uint8))
        write(tmp_path / "study" / "sub", f"overlay-{number:02d}.png", picture)
    complaints: list[str] = []
    study = tmp_path / "study"
    assert predict_all(FakePredictor(), [scan, study], study, complaints.append) == 2
    assert [line.split(": ")[1] for line in complaints] == ["bad-output"] * 2
    assert str(study / "sub" / "overlay-00.png") in complaints[0]
    assert len(list((study / "sub").iterdir())) == 3


def test_what_an_interrupted_run_left_is_no_obstacle_to_the_next(tmp_path: Path) -> None:
    path = write(tmp_path, "scan.mha", mha_bytes(VOLUME))
    folder = tmp_path / "out" / "scan"
    obstacle = folder / "overlay-01.png"

    def interrupted(action: Callable[[], None]) -> list[str]:
        obstacle.mkdir(parents=True)  # a file can neither replace a folder nor be removed as one
        with pytest.raises(OSError, match="overlay-01"):
            action()
        obstacle.rmdir()
        return [file.name for file in folder.glob("[!.]*")]

    scan = read_scan(path)
    left = interrupted(lambda: write_prediction(folder, scan, reading_of(scan)))
    assert "segmentation.mha" in left
    assert "prediction.json" not in left
    predict_all(FakePredictor(), [path], tmp_path / "out", lambda line: pytest.fail(line))
    obstacle.unlink()
    left = interrupted(lambda: remove_prediction(folder))
    assert "segmentation.mha" in left
    assert "prediction.json" not in left
    predict_all(FakePredictor(), [path], tmp_path / "out", lambda line: pytest.fail(line))
    overlays = [f"overlay-0{number}.png" for number in range(3)]
    names = sorted(file.name for file in folder.iterdir())
    assert names == ["discs.csv", *overlays, "prediction.json", "segmentation.mha"]


def test_a_result_may_lie_beside_its_scan(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    scan = write(tmp_path / "case", "case.mha", mha_bytes(VOLUME))
    predict_all(FakePredictor(), [scan], tmp_path, lambda line: pytest.fail(line))
    assert (tmp_path / "case" / "prediction.json").exists()
    assert scan.exists()


def test_the_same_command_works_twice_where_its_scans_now_include_the_results(
    tmp_path: Path,
) -> None:
    scan = write(tmp_path, "scan.mha", mha_bytes(VOLUME))
    out = tmp_path / "out"
    predict_all(FakePredictor(), [scan], out, lambda line: pytest.fail(line))
    complaints: list[str] = []
    predict_all(FakePredictor(), [out, scan], out, complaints.append)  # as tmp_path/* says
    assert [line.split(": ")[0] for line in complaints] == [str(out)]
    assert (out / "scan" / "prediction.json").exists()


def test_what_the_system_refuses_is_said_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    scans = [
        tmp_path / f"{'long' * 99}.mha",
        write(tmp_path, "odd.mha", mha_bytes(np.repeat(VOLUME, 3, axis=0))),
        tmp_path / "loop",
        write(tmp_path, "last.mha", mha_bytes(VOLUME)),
    ]
    scans[2].symlink_to(scans[2])
    complaints: list[str] = []
    assert predict_all(FakePredictor(), scans, tmp_path / "out", complaints.append) == 3
    assert complaints == [
        f"{scans[0]}: file-error: File name too long: {scans[0]}.",
        f"{scans[1]}: file-error: no device left.",
        f"{scans[2]}: not-found: There is no such file or folder.",
    ]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["last"]


def test_each_line_says_which_scan_went_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scans = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        scans.append(write(tmp_path / folder, "s.mha", mha_bytes(VOLUME)))
    predict_all(FakePredictor(), scans, tmp_path / "out", lambda line: pytest.fail(line))
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{scans[0]} -> {tmp_path / 'out' / 's'}: L4-L5 83%, L5-S1 5%")
    assert second.startswith(f"{scans[1]} -> {tmp_path / 'out' / 's-2'}: ")


NAMES = {
    "a/x.mha": "x",
    "b/x.nii.gz": "x-3",
    "c/X.zip": "X-4",
    "d/x-2.mha": "x-2",
    "x.png.zip": "x-5",
    "y/x-2.mha": "x-2-2",
}


@pytest.mark.parametrize(
    "scans", [list(NAMES), list(reversed(NAMES)), sorted(NAMES, key=lambda scan: scan[::-1])]
)
def test_names_of_results_do_not_depend_on_the_order_of_scans(scans: list[str]) -> None:
    folders = output_folders([Path(scan) for scan in scans], Path("out"))
    assert {s: folder.name for s, folder in zip(scans, folders, strict=True)} == NAMES


def test_a_result_is_named_after_what_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "study.1" / "inner").mkdir(parents=True)
    write(tmp_path, "0815.mha", mha_bytes(VOLUME))
    (tmp_path / "patient.mha").symlink_to("0815.mha")
    (tmp_path / "link.2").symlink_to("study.1")
    monkeypatch.chdir(tmp_path / "study.1" / "inner")
    names = {
        "../../patient.mha": "patient",
        "../../link.2": "link.2",
        ".": "inner",
        "..": "study.1",
        "../inner/..": "study.1",
        "/": "scan",
        "..mha": "..mha",
        "...nii.gz": "...nii.gz",
        ".mha": ".mha",
    }
    for scan, name in names.items():
        assert output_folders([Path(scan)], Path("out")) == [Path("out", name)]
