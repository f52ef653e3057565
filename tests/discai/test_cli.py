"""The commands as a user types them."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from discai.cli import main
from discai.scan import read_scan

DISCAI = Path(sys.executable).with_name("discai")


def test_help_answers_at_once() -> None:
    seconds = []
    for _ in range(5):  # the quickest counts: other tests may keep the machine busy
        started = time.monotonic()
        answer = subprocess.run(
            [DISCAI, "--help"], capture_output=True, encoding="utf-8", check=True
        )
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 0.5
    for command in ("predict", "phantom", "upload"):
        assert command in answer.stdout
    assert "no medical device" in " ".join(answer.stdout.split())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("discai ")


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


@pytest.mark.slow
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
    assert answer.stderr == "letter.mha: not-an-image: The file has no readable MetaImage header.\n"
    assert "L4-L5" in answer.stdout
    written = {path.name for path in (tmp_path / "out" / "phantom").iterdir()}
    assert written >= {"prediction.json", "segmentation.mha", "overlay-02.png"}


def test_a_model_that_is_none_is_reported(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["predict", "scan.mha", "--out", str(tmp_path), "--model", str(tmp_path)]
    assert main(arguments) == 1
    assert capfd.readouterr().err.startswith("model-corrupt: ")
