"""Results that are there already are skipped, and joined in one table with the new ones."""

import csv
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from discai.commands.batch import predict_all
from discai.commands.resuming import is_done, results_below
from discai.commands.statistics import write_statistics
from discai.commands.stdout import Stdout
from discai.commands.study_results import STUDY_FILE
from discai.pictures.output import DISCS_FILE, PREDICTION_FILE
from tests.support.fake_worker import FakePredictor
from tests.support.scan_files import mha_bytes, write

VOLUME = np.random.default_rng(1).integers(0, 999, (3, 48, 44)).astype(np.uint16)
DIGEST = FakePredictor.model_digest


@pytest.fixture
def scans(tmp_path: Path) -> list[Path]:
    return [write(tmp_path, name, mha_bytes(VOLUME)) for name in ("one.mha", "two.mha")]


def read(scans: list[Path], out: Path, wanted: tuple[str, ...] = ()) -> FakePredictor:
    predictor = FakePredictor()

    def skips(path: Path, folder: Path) -> bool:
        return is_done(path, folder, DIGEST, wanted)

    predict_all(predictor, scans, out, pytest.fail, stdout=Stdout.JSON, is_done=skips)
    return predictor


def test_what_was_read_is_skipped_until_its_file_changes(
    scans: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert read(scans, out).readings == 2
    capsys.readouterr()
    assert read(scans, out).readings == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["scan"], line["skipped"]) for line in lines] == [(str(s), True) for s in scans]
    later = (out / "one" / PREDICTION_FILE).stat().st_mtime + 5
    os.utime(scans[0], (later, later))
    assert read(scans, out).readings == 1


@pytest.mark.parametrize("change", ["another model", "damaged", "missing", "unfinished"])
def test_what_is_not_whole_or_of_another_model_is_read_again(
    scans: list[Path], tmp_path: Path, change: str
) -> None:
    out = tmp_path / "out"
    read(scans, out)
    mark = out / "one" / PREDICTION_FILE
    if change == "another model":
        mark.write_text(mark.read_text().replace(DIGEST, "sha256:other"))
    elif change == "damaged":
        mark.write_text("{")
    elif change == "missing":
        shutil.rmtree(mark.parent)
    assert read(scans, out, ("more.nii.gz",) if change == "unfinished" else ()).readings == (
        2 if change == "unfinished" else 1
    )


def test_a_file_that_is_gone_is_not_done(scans: list[Path], tmp_path: Path) -> None:
    read(scans, tmp_path / "out")
    scans[0].unlink()
    assert not is_done(scans[0], tmp_path / "out" / "one", DIGEST, ())


def test_of_a_study_every_series_must_have_been_read(tmp_path: Path) -> None:
    study = tmp_path / "study"
    for name in ("t1.mha", "t2.mha"):
        study.mkdir(exist_ok=True)
        write(study, name, mha_bytes(VOLUME))
    out = tmp_path / "out"
    read([study], out)
    folders = results_below(out / "study")
    assert len(folders) == 2
    assert is_done(study, out / "study", DIGEST, ())
    (folders[1] / PREDICTION_FILE).unlink()
    assert not is_done(study, out / "study", DIGEST, ())
    assert results_below(out / "study") == folders[:1]
    (out / "study" / STUDY_FILE).write_text("{}")
    assert not is_done(study, out / "study", DIGEST, ())
    assert results_below(out / "study") == []


def test_the_table_has_every_disc_under_the_folder_of_its_result(
    scans: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    read(scans, out)
    file = tmp_path / "tables" / "discs.csv"
    results = [result for name in ("one", "two") for result in results_below(out / name)]
    write_statistics(file, out, results)
    with file.open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert [(row["scan"], row["level"]) for row in rows] == [("one", "L5-S1"), ("two", "L5-S1")]
    with (out / "one" / DISCS_FILE).open(newline="") as text:
        [own] = csv.DictReader(text)
    assert rows[0] == own
    assert sorted(path.name for path in file.parent.iterdir()) == ["discs.csv"]
