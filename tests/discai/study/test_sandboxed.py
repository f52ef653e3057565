"""Headers are parsed in the child process: files that break it are refused, and so is nonsense."""

from pathlib import Path
from typing import Any

import pytest

from discai.errors import PermanentError
from discai.scan import sandbox
from discai.study import sort_study
from tests.support.scan_files import write
from tests.support.studies.archives import cases

CASES = cases()


@pytest.mark.process
def test_a_whole_study_goes_through_the_child_process(tmp_path: Path) -> None:
    case = CASES["whole-study"]
    files = {
        write(tmp_path, str(number), content): name
        for number, (name, content) in enumerate(case.files.items())
    }
    study = sort_study(files)
    assert [(each.sequence, each.slices) for each in study.series] == case.series
    left_out = {(thing.what, thing.reason, thing.count) for thing in study.left_out}
    assert left_out == case.left_out


@pytest.mark.process
def test_a_describer_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    path = write(tmp_path, "0", CASES["one-series"].files["DICOM/IM0000"])
    with pytest.raises(PermanentError) as refusal:
        sandbox.describe("discai.scan.dicom.series", [path], sandbox.Limits(wall_seconds=0.05))
    assert refusal.value.code == "decoder-crashed"


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        [],
        {"series": [], "leftOut": [], "failures": []},
        {"series": [{"files": [7]}], "leftOut": [], "failures": [], "damaged": []},
        {
            "series": [
                {
                    "files": [99],
                    "plane": None,
                    "sequence": None,
                    "seriesNumber": 1,
                    "echoMs": None,
                    "slices": 1,
                }
            ],
            "leftOut": [],
            "failures": [],
            "damaged": [],
        },
    ],
)
def test_nonsense_from_the_child_process_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nonsense: Any
) -> None:
    monkeypatch.setattr(sandbox, "describe", lambda *_: nonsense)
    path = write(tmp_path, "0", CASES["one-series"].files["DICOM/IM0000"])
    with pytest.raises(PermanentError) as refusal:
        sort_study({path: "IM0"})
    assert refusal.value.code == "decoder-crashed"
