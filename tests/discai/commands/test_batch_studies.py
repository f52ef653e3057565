"""`discai predict` on studies: a folder for each series, and one list of them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from discai.anatomy import disc_value
from discai.commands.batch import predict_all
from discai.commands.stdout import Stdout
from discai.errors import PermanentError
from discai.reading import Reading
from discai.records.scans import Step
from discai.scan import Scan
from tests.support.readings import reading_of
from tests.support.scan_files import mha_bytes, write
from tests.support.studies.archives import cases
from tests.support.studies.drawing import Files, acquisition, named

pytestmark = pytest.mark.usefixtures("decoding_here")

CASES = cases()


class FakePredictor:
    """Finds two discs in every scan but those of eight slices; hears of their notes."""

    herniation_threshold = 0.42

    def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
        if len(scan.voxels) == 8:
            raise PermanentError("no-discs", "No discs are visible.")
        return reading_of(scan)


def folder_of(tmp_path: Path, files: Files) -> Path:
    for name, content in files.items():
        path = tmp_path / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "study"


def predict(path: Path, out: Path) -> list[str]:
    complaints: list[str] = []
    assert predict_all(FakePredictor(), [path], out, complaints.append) == len(complaints)
    return complaints


def study_json(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    return content


def test_each_series_of_a_study_gets_a_folder_and_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "anna.zip", CASES["whole-study"].zipped())
    assert predict(path, tmp_path / "out") == []
    folder = tmp_path / "out" / "anna"
    assert sorted(each.name for each in folder.iterdir()) == [
        "1-t1",
        "2-t2",
        "3-stir",
        "study.json",
    ]
    lines = capsys.readouterr().out.splitlines()
    table = lines.index(f"{path} -> {folder / 'study.json'}:")
    assert [line.split(": ")[0] for line in lines[:table]] == [
        f"{path} -> {folder / name}" for name in ("1-t1", "2-t2", "3-stir")
    ]
    assert lines[table + 1 :] == [
        "      study 1-t1 2-t2 3-stir",
        "L4-L5   83%   83%   83%    83%",
        "L5-S1    5%    5%    5%     5%",
    ]
    study = study_json(folder)
    assert [(each["folder"], each["sequence"], each["slices"]) for each in study["series"]] == [
        ("1-t1", "T1", 7), ("2-t2", "T2", 7), ("3-stir", "STIR", 7),
    ]  # fmt: skip
    assert {"what": "axial T2, 12 slices", "reason": "not sagittal", "count": 1} in study["leftOut"]
    assert study["warnings"] == []
    assert study["discs"] == [
        {
            "level": level,
            "herniation": pytest.approx(herniation, abs=1e-4),
            "perSeries": {"1-t1": herniation, "2-t2": herniation, "3-stir": herniation},
            "disagreement": None,
        }
        for level, herniation in (("L4-L5", 0.8312), ("L5-S1", 0.05))
    ]
    for name in ("1-t1", "2-t2", "3-stir"):
        assert (folder / name / "prediction.json").exists()


def test_programs_get_an_object_for_each_series_and_one_for_the_study(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = named([*acquisition(count=8), *acquisition("T1", series="1.2.3.5")])
    path, out = folder_of(tmp_path, files), tmp_path / "out"
    complaints: list[str] = []
    predict_all(FakePredictor(), [path], out, complaints.append, stdout=Stdout.JSON)
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    study = study_json(out / "study")
    failed, read = (
        next(each for each in study["series"] if (each["error"] is None) is right)
        for right in (False, True)
    )
    said = {each["series"]: each for each in objects}
    assert said[failed["folder"]]["error"] == failed["error"]
    prediction = (out / "study" / read["folder"] / "prediction.json").read_text(encoding="utf-8")
    assert said[read["folder"]]["prediction"] == json.loads(prediction)
    assert objects[-1] == {
        "scan": str(path), "series": None, "folder": str(out / "study"), "study": study,
    }  # fmt: skip
    assert len(objects) == 3
    assert len(complaints) == 1


def test_a_study_with_one_readable_series_is_one_result_with_a_note(tmp_path: Path) -> None:
    files = named([*acquisition(), *acquisition(plane="axial", count=9, series="1.2.3.5")])
    scans: list[Scan] = []

    class Listener(FakePredictor):
        def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
            scans.append(scan)
            return super().read(scan, progress)

    folder = folder_of(tmp_path, files)
    assert predict_all(Listener(), [folder], tmp_path / "out", pytest.fail) == 0
    assert (tmp_path / "out" / "study" / "prediction.json").exists()
    assert not (tmp_path / "out" / "study" / "study.json").exists()
    assert scans[0].notes == (
        "Beside the slices that were read, there was: axial T2, 9 slices (not sagittal).",
    )


def test_a_series_that_fails_stops_no_other_and_is_named(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path, named([*acquisition("T1", count=8), *acquisition(series="1.2.3.2")])
    )
    complaints = predict(folder, tmp_path / "out")
    assert complaints == [f"{folder} (1-t1): no-discs: No discs are visible."]
    first, second = study_json(tmp_path / "out" / "study")["series"]
    assert first["error"] == {"code": "no-discs", "message": "No discs are visible."}
    assert second["error"] is None
    discs = study_json(tmp_path / "out" / "study")["discs"]
    assert [(disc["herniation"], disc["perSeries"]) for disc in discs] == [
        (0.8312, {second["folder"]: 0.8312}),
        (0.05, {second["folder"]: 0.05}),
    ]
    assert (tmp_path / "out" / "study" / second["folder"] / "prediction.json").exists()
    assert not (tmp_path / "out" / "study" / first["folder"]).exists()


@pytest.mark.parametrize("is_one_frame", [True, False])
def test_levels_are_checked_by_place_where_series_are_of_one_frame_of_reference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], is_one_frame: bool
) -> None:
    class NamesOneLevelHigher(FakePredictor):
        """In the second series that it reads, whose discs lie where those of the first do."""

        higher: ClassVar = {"L4-L5": "L3-L4", "L5-S1": "L4-L5"}
        readings = 0

        def read(self, scan: Scan, progress: Callable[[Step, int, int], None]) -> Reading:
            self.readings += 1
            reading = super().read(scan, progress)
            if self.readings == 1:
                return reading
            values = [disc_value(level) for level in ("L4-L5", "L5-S1")]
            is_disc = np.isin(reading.segmentation, values)
            return replace(
                reading,
                segmentation=np.where(is_disc, reading.segmentation + 1, reading.segmentation),
                discs=tuple(replace(d, level=self.higher[d.level]) for d in reading.discs),
            )

    frames = ("1.2.9.1", "1.2.9.1" if is_one_frame else "1.2.9.2")
    slices = [
        *acquisition("T1", FrameOfReferenceUID=frames[0]),
        *acquisition(series="1.2.3.2", FrameOfReferenceUID=frames[1]),
    ]
    folder = folder_of(tmp_path, named(slices))
    assert predict_all(NamesOneLevelHigher(), [folder], tmp_path / "out", pytest.fail) == 0
    study = study_json(tmp_path / "out" / "study")
    said = {disc["level"]: disc["perSeries"] for disc in study["discs"]}
    output = capsys.readouterr().out
    assert all(frame not in output + json.dumps(study) for frame in frames)
    if not is_one_frame:
        assert list(said) == ["L3-L4", "L4-L5", "L5-S1"]
        assert said["L4-L5"] == {"1-t1": 0.8312, "2-t2": 0.05}
        return
    assert said == {
        "L4-L5": {"1-t1": 0.8312, "2-t2": 0.8312},
        "L5-S1": {"1-t1": 0.05, "2-t2": 0.05},
    }
    [warning] = study["warnings"]
    assert "its L4-L5 is L5-S1 there and its L3-L4 is L4-L5 there" in warning
    assert output.splitlines()[-1] == warning


def test_a_study_without_a_readable_series_fails_with_one_sentence(tmp_path: Path) -> None:
    path = write(tmp_path, "study.zip", CASES["axial-alone"].zipped())
    [complaint] = predict(path, tmp_path / "out")
    assert complaint.startswith(f"{path}: not-sagittal: No sagittal lumbar series")
    assert list((tmp_path / "out").glob("*")) == []


def test_a_damaged_file_is_a_warning_of_the_study(tmp_path: Path) -> None:
    path = write(tmp_path, "s.zip", CASES["damaged-file-beside-two-series"].zipped())
    assert predict(path, tmp_path / "out") == []
    [warning] = study_json(tmp_path / "out" / "s")["warnings"]
    assert warning.startswith("A DICOM file is damaged and left out")


def test_volumes_in_a_folder_are_series(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, CASES["two-volumes"].files)
    assert predict(folder, tmp_path / "out") == []
    names = sorted(each.name for each in (tmp_path / "out" / "study").iterdir())
    assert names == ["1-anna", "2-bert", "study.json"]


def test_an_earlier_result_goes_whatever_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    kinds = ("whole-study", "one-series", "t1-and-t2", "axial-alone")
    expected: list[list[str]] = [
        ["1-t1", "2-t2", "3-stir", "study.json"],
        ["discs.csv"]
        + [f"overlay-{number:02d}.png" for number in range(7)]
        + ["prediction.json", "segmentation.mha"],
        ["1-t1", "2-t2", "study.json"],
        [],
    ]
    for kind, names in zip(kinds, expected, strict=True):
        path = write(tmp_path, "s.zip", CASES[kind].zipped())
        predict(path, out)
        assert sorted(each.name for each in (out / "s").glob("*")) == names


def test_a_file_of_that_name_which_is_no_result_is_left(tmp_path: Path) -> None:
    path = write(tmp_path, "s.zip", CASES["t1-and-t2"].zipped())
    folder = tmp_path / "out" / "s"
    folder.mkdir(parents=True)
    for mine in (b"mine", b'{"series": [], "leftOut": []}', _of_another_folder()):
        write(folder, "study.json", mine)
        [complaint] = predict(path, tmp_path / "out")
        assert ": bad-output: " in complaint
        assert (folder / "study.json").read_bytes() == mine


def _of_another_folder() -> bytes:
    series = {"number": 1, "digest": "0" * 32, "folder": "../../scans"}
    return json.dumps({"series": [series], "leftOut": [], "warnings": []}).encode()


def test_a_result_of_a_series_replaces_no_scan(tmp_path: Path) -> None:
    path = write(tmp_path, "s.zip", CASES["t1-and-t2"].zipped())
    folder = tmp_path / "out" / "s" / "1-t1"
    folder.mkdir(parents=True)
    volume = np.zeros((3, 48, 44), np.uint16)
    scan = write(folder, "segmentation.mha", mha_bytes(volume))
    complaints: list[str] = []
    predict_all(FakePredictor(), [path, scan], tmp_path / "out", complaints.append)
    assert f"{path} (1-t1): bad-output" in complaints[0]
    assert scan.exists()
