"""The examples of `docs/python.md` and the notebook run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

from discai.commands.cli import main
from tests.support.checkout import ROOT

#: They read phantoms with the built-in model.
pytestmark = pytest.mark.model

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
NOTEBOOK = ROOT / "docs" / "phantom.ipynb"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_of_the_page_run_one_after_the_other(tmp_path: Path) -> None:
    (commands,) = blocks("bash")
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        for command in commands.splitlines():
            assert main(command.removeprefix("uv run discai ").split()) == 0
    finally:
        os.chdir(here)
    program = "\n".join(blocks("python"))
    assert "discai.read" in program
    finished = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, encoding="utf-8"
    )
    assert finished.returncode == 0, finished.stderr
    for name in ("segmentation.mha", "segmentation.nii.gz", "slice-7.png"):
        assert (tmp_path / name).stat().st_size > 0


def test_the_notebook_runs_and_shows_tables_and_pictures(tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    shown = [
        set(output["data"])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "execute_result"
    ]
    assert [kinds & {"image/png", "text/html"} for kinds in shown] == [
        {"image/png"},
        {"text/html"},
        set(),
        set(),
        {"image/png"},
    ]
