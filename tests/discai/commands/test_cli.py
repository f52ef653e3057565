"""The commands as a user types them."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from discai.commands.cli import main
from discai.commands.exit_codes import ExitCode
from discai.pictures.output import ASKED_FOR
from discai.predictor import built_in_model
from discai.scan import read_scan
from tests.support.checkout import ROOT
from tests.support.dicom_exports import errors_in

DISCAI = Path(sys.executable).with_name("discai")


def imported_by(*program: str | Path) -> tuple[set[str], str]:
    """The packages that a Python program imports, and what it prints."""
    answer = subprocess.run(
        [sys.executable, "-X", "importtime", *program],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    names = [line.rpartition("|")[2].strip() for line in answer.stderr.splitlines()]
    return {name.partition(".")[0] for name in names}, answer.stdout


@pytest.mark.process
def test_help_answers_at_once_for_it_imports_no_library() -> None:
    imported, printed = imported_by(DISCAI, "--help")
    of_python, _ = imported_by("-c", "pass")
    assert imported - of_python - sys.stdlib_module_names == {"discai"}
    for command in ("predict", "serve", "phantom", "upload", "forget", "backfill-studies"):
        assert command in printed
    assert "no medical device" in " ".join(printed.split())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    project = tomllib.loads((ROOT / "discai" / "pyproject.toml").read_text(encoding="utf-8"))
    expected = f"discai {project['project']['version']}, model {built_in_model().name}\n"
    assert capsys.readouterr().out == expected


def test_exit_codes_are_listed_as_they_are_defined() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if re.match(r"\| \d", line)]
    assert rows == [f"| {int(code)} | {code.meaning} |" for code in ExitCode]


def test_json_and_quiet_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["predict", "scan.mha", "--out", "out", "--json", "--quiet"])
    assert end.value.code == ExitCode.WRONG_USAGE
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.process
@pytest.mark.parametrize("option", ["--json", "--quiet"])
def test_programs_get_what_they_ask_for_on_stdout(tmp_path: Path, option: str) -> None:
    phantom = tmp_path / "phantom.mha"
    main(["phantom", "--slices", "1", "--out", str(phantom)])
    missing = tmp_path / os.fsdecode(b"\xfc.mha")
    answer = subprocess.run(
        [DISCAI, "predict", missing, phantom, "--out", tmp_path / "out", option],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert answer.returncode == ExitCode.FAILED
    assert answer.stderr == (
        f"{tmp_path}/\\udcfc.mha: not-found: There is no such file or folder.\n"
    )
    folder = tmp_path / "out" / "phantom"
    prediction = json.loads((folder / "prediction.json").read_text(encoding="utf-8"))
    error = {"code": "not-found", "message": "There is no such file or folder."}
    expected = [
        {"scan": str(missing), "series": None, "error": error},
        {"scan": str(phantom), "series": None, "folder": str(folder), "prediction": prediction},
    ]
    printed = [json.loads(line) for line in answer.stdout.splitlines()]
    assert printed == (expected if option == "--json" else [])


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["predict"],
        ["predict", "scan.mha"],
        ["nonsense"],
        ["phantom"],
        ["phantom", "--out", "x.mha", "--spacing", "1,2"],
        ["phantom", "--out", "x.mha", "--herniated", "L9"],
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: discai" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        ["--out", "x.tiff"],
        ["--orientation", "PPR"],
        ["--spacing", "4,0.6,-1"],
        ["--spacing", "nan,1,1"],
        ["--slices", "0"],
        ["--seed", "-1"],
    ],
)
def test_a_phantom_that_can_not_be_exits_with_2(
    tmp_path: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "x.mha")
    assert main(["phantom", "--slices", "1", "--out", out, *wrong]) == 2
    assert capsys.readouterr().err.startswith("bad-option: ")


def test_phantom_is_drawn_as_asked(tmp_path: Path) -> None:
    out = tmp_path / "new folder" / "phantom.mha"
    options = "--slices 3 --spacing 3,0.9,0.8 --orientation SRP --contrast t1 --herniated none"
    assert main(["phantom", "--out", str(out), *options.split()]) == 0
    scan = read_scan(out)
    assert scan.grid.orientation == "SRP"
    assert scan.spacing_mm == (3.0, 0.9, 0.8)
    assert len(scan.voxels) == 3


@pytest.mark.process
def test_predict_reads_the_phantom_and_reports_what_is_none(tmp_path: Path) -> None:
    phantom = tmp_path / "phantom.mha"
    main(["phantom", "--slices", "5", "--orientation", "LPS", "--out", str(phantom)])
    (tmp_path / "letter.mha").write_text("Dear colleague")
    answer = subprocess.run(
        [DISCAI, "predict", tmp_path / "letter.mha", phantom, "--out", tmp_path / "out"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert answer.returncode == 1
    letter = tmp_path / "letter.mha"
    assert answer.stderr == f"{letter}: not-an-image: The file has no readable MetaImage header.\n"
    assert "L4-L5" in answer.stdout
    written = {path.name for path in (tmp_path / "out" / "phantom").iterdir()}
    assert written >= {"prediction.json", "segmentation.mha", "overlay-02.png"}


@pytest.mark.process
def test_predict_writes_what_an_archive_takes(tmp_path: Path) -> None:
    phantom = tmp_path / "phantom.zip"
    main(["phantom", "--slices", "5", "--out", str(phantom)])
    answer = subprocess.run(
        [DISCAI, "predict", phantom, "--out", tmp_path / "out", "--dicom", "--nifti"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert answer.stderr == ""
    folder = tmp_path / "out" / "phantom"
    assert {path.name for path in folder.iterdir()} >= {"prediction.json", *ASKED_FOR}
    for path in folder.glob("*.dcm"):
        assert errors_in(path) == [], path.name


@pytest.mark.process
@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_names_that_can_not_be_printed_are_escaped(tmp_path: Path, encoding: str) -> None:
    main(["phantom", "--slices", "1", "--out", str(tmp_path / "phantom.mha")])
    scan = (tmp_path / "phantom.mha").rename(tmp_path / os.fsdecode(b"M\xfcller.mha"))
    answer = subprocess.run(
        [DISCAI, "predict", scan, tmp_path / os.fsdecode(b"\xfc.mha"), "--out", tmp_path / "out"],
        capture_output=True,
        encoding="ascii" if encoding == "ascii" else "utf-8",
        env=os.environ | {"PYTHONIOENCODING": encoding},
        check=False,
    )
    assert "M\\udcfcller.mha -> " in answer.stdout
    assert answer.stderr.startswith(f"{tmp_path}/\\udcfc.mha: not-found: ")
    assert answer.returncode == 1
    folder = tmp_path / "out" / scan.stem
    assert (folder / "prediction.json").is_file()
    assert "M\\udcfcller,2" in (folder / "discs.csv").read_text(encoding="utf-8")


@pytest.mark.process
def test_a_closed_pipe_ends_predict_quietly(tmp_path: Path) -> None:
    """As `discai predict ... | head -0` in a shell."""
    main(["phantom", "--slices", "1", "--out", str(tmp_path / "phantom.mha")])
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    answer = subprocess.run(
        [DISCAI, "predict", tmp_path / "phantom.mha", "--out", tmp_path / "out"],
        stdout=writing_end,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    os.close(writing_end)
    assert answer.returncode == 128 + signal.SIGPIPE
    assert answer.stderr == ""


@pytest.mark.process
def test_a_closed_pipe_for_complaints_ends_quietly() -> None:
    reading_end, writing_end = os.pipe()
    os.close(reading_end)
    answer = subprocess.run(
        [DISCAI, "phantom", "--slices", "1", "--out", "x.tiff"], stderr=writing_end, check=False
    )
    os.close(writing_end)
    assert answer.returncode == 128 + signal.SIGPIPE


@pytest.mark.parametrize("name", ["x.mha", "x.nii", "x.nii.gz", "x.zip", "x.png"])
def test_a_phantom_that_can_not_be_written_is_reported(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).mkdir()
    assert main(["phantom", "--slices", "2", "--out", str(tmp_path / name)]) == 1
    assert capfd.readouterr().err == f"file-error: Is a directory: {tmp_path / name}.\n"


@pytest.mark.parametrize(
    "command",
    [["phantom", "--slices", "1", "--out", "file/x.mha"], ["predict", "x", "--out", "file"]],
)
def test_a_file_in_place_of_a_folder_exits_with_2(
    tmp_path: Path,
    command: list[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("no folder")
    assert main(command) == 2
    assert capfd.readouterr().err == "bad-option: file is no folder.\n"


def test_without_an_answer_nothing_is_forgotten(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("GOOGLE_CLOUD_PROJECT", "RESULTS_BUCKET", "PIPELINE_BUCKET"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(["forget", "scan"]) == 1
    assert capsys.readouterr().err.endswith("Nothing was removed.\n")


def test_a_model_that_is_none_is_reported(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["predict", "scan.mha", "--out", str(tmp_path), "--model", str(tmp_path)]
    assert main(arguments) == 1
    assert capfd.readouterr().err.startswith("model-corrupt: ")
