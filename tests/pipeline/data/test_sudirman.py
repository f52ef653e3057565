"""The second hospital's patients: their findings, their pictures, and the folder of both sets."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from discai.anatomy import LEVELS
from discai.errors import PermanentError
from pipeline.data.folder import DataFolder
from pipeline.data.original import pack
from pipeline.data.phantoms import write_data
from pipeline.data.sudirman import FIRST_PATIENT, Sudirman
from tests.support.pipeline.made_up import write_picture


def _patient(*flags: str, **findings: dict[str, Any]) -> dict[str, Any]:
    plain = {
        level: {"herniation": 0, "bulging": 0, "findings": []} for level in ("T12-L1", *LEVELS)
    }
    named = {level.replace("_", "-"): plain["L1-L2"] | of for level, of in findings.items()}
    return {"levels": plain | named, "flags": list(flags), "report": ""}


def _slice(patient: int, sequence: str) -> dict[str, Any]:
    return {
        "patient": patient,
        "sequence": sequence,
        "stored_spacing_mm": [0.7, 0.7],
        "boxes": [
            {"kind": "LDB", "box_xyxy": [100.0, 200.0, 170.0, 230.0], "level": "L4-L5"},
            {"kind": "normal", "box_xyxy": [110.0, 20.0, 170.0, 40.0], "level": None},
            {"kind": "SS", "box_xyxy": [160.0, 200.0, 180.0, 220.0]},
        ],
    }


PATIENTS = {
    "1": _patient(
        L4_L5={"herniation": 1, "bulging": 1},
        L5_S1={"herniation": None},
        L3_L4={"herniation": 1, "foraminal_only": True},
    ),
    "5": _patient("operated", L4_L5={"herniation": 1}),
    "7": _patient(),
    "8": _patient("levels-conflict"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with both sets, SPIDER's patients drawn."""
    write_data(tmp_path, patients=3)
    sudirman = tmp_path / "sudirman"
    (sudirman / "images").mkdir(parents=True)
    slices = {
        f"{int(patient):04d}_{sequence}": _slice(int(patient), sequence)
        for patient in PATIENTS
        for sequence in ("t1", "t2")
    }
    for name in slices:
        write_picture(sudirman / "images" / f"{name}.png", np.zeros((64, 64), np.float32))
    (sudirman / "slices.json").write_text(json.dumps(slices))
    (sudirman / "patients.json").write_text(json.dumps(PATIENTS))
    return tmp_path


def test_only_sure_findings_that_a_midline_shows_are_findings(folder):
    sudirman = Sudirman(folder)
    seen = sudirman.herniations(FIRST_PATIENT + 1)
    assert seen == {"L1-L2": False, "L2-L3": False, "L4-L5": True}
    assert set(sudirman.bulging(FIRST_PATIENT + 1)) == set(LEVELS)
    assert sudirman.herniations(FIRST_PATIENT + 5) == {}
    assert sudirman.herniations(FIRST_PATIENT + 8) == {}


def test_patients_are_divided_by_the_last_digit_of_their_number(folder):
    sudirman = Sudirman(folder)
    divided = {subset: sudirman.patients(subset) for subset in ("train", "tune", "test")}
    assert divided == {
        "train": {FIRST_PATIENT + 1, FIRST_PATIENT + 8},
        "tune": {FIRST_PATIENT + 5},
        "test": {FIRST_PATIENT + 7},
    }


def test_a_mid_slice_has_its_named_boxes_and_counts_all_discs(folder):
    first, second = list(Sudirman(folder).mid_slices("test"))
    assert (first.name, second.name) == ("sudirman-0007_t1", "sudirman-0007_t2")
    assert first.boxes == {"L4-L5": (100.0, 200.0, 170.0, 230.0)}
    assert (first.patient, first.disc_count, first.spacing_mm) == (FIRST_PATIENT + 7, 2, (0.7, 0.7))


def test_both_sets_are_one_folder(folder):
    both = DataFolder(folder)
    scans = list(both.graded_scans(("train",)))
    groups = {scan.group for scan in scans}
    assert groups == {"Phantom", "Sudirman"}
    herniated = {scan.patient for scan in scans if any(scan.herniations.values())}
    assert FIRST_PATIENT + 1 in herniated
    assert both.patients("test") == {3, FIRST_PATIENT + 7}


def test_a_folder_without_the_second_set_is_spider_alone(tmp_path):
    write_data(tmp_path, patients=3)
    assert DataFolder(tmp_path).sudirman is None
    assert DataFolder(tmp_path).patients("test") == {3}


def test_the_digest_follows_every_file(folder):
    before = DataFolder(folder).digest
    assert DataFolder(folder).digest == before
    (folder / "sudirman" / "images" / "0001_t2.png").write_bytes(b"another")
    assert DataFolder(folder).digest != before


@pytest.mark.parametrize(("part", "patients"), [("original", {1, 5, 8}), ("evaluation", {7})])
def test_a_packed_part_holds_its_own_patients_only(folder, tmp_path, part, patients):
    packed = pack(folder, part, tmp_path / "packed")
    table = json.loads((packed / "sudirman" / "patients.json").read_text())
    assert {int(name) for name in table} == patients
    pictures = {int(path.name[:4]) for path in (packed / "sudirman" / "images").iterdir()}
    assert pictures == patients
    assert DataFolder(packed).sudirman is not None


def test_a_missing_picture_is_named(folder):
    (folder / "sudirman" / "images" / "0007_t1.png").unlink()
    with pytest.raises(PermanentError, match=r"images/0007_t1\.png"):
        list(Sudirman(folder).mid_slices("test"))
