"""What the page on the data folder says is what the pipeline reads."""

import ast
import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.data.phantoms import write_data
from pipeline.data.spider import LEVEL_MASK_VALUES, SPACE_VALUES, Spider
from tests.support.checkout import ROOT
from tests.support.pipeline.made_up import write_picture

PAGE = (ROOT / "docs" / "model" / "data.md").read_text(encoding="utf-8")


def fields_read(module: str, name: str) -> set[str]:
    """The keys that a set's class takes out of the folder's JSON."""
    source = ast.parse((ROOT / "pipeline" / "data" / module).read_text(encoding="utf-8"))
    (of,) = [n for n in source.body if isinstance(n, ast.ClassDef) and n.name == name]
    keys = [node.slice for node in ast.walk(of) if isinstance(node, ast.Subscript)]
    constants = [key.value for key in keys if isinstance(key, ast.Constant)]
    return {key for key in constants if isinstance(key, str)}


@pytest.fixture
def as_described(tmp_path: Path) -> Spider:
    """The page's example, as a folder."""
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    folder = tmp_path / "spider"
    (folder / "midslices").mkdir(parents=True)
    (folder / "midslices.json").write_text(example, encoding="utf-8")
    (folder / "space_volumes.json").write_text("{}", encoding="utf-8")
    for name in json.loads(example):
        write_picture(folder / "midslices" / f"{name}.png", np.zeros((380, 380), np.float32))
    return Spider(tmp_path)


@pytest.mark.parametrize(
    ("module", "name", "some"),
    [
        ("spider.py", "Spider", {"stored_spacing_mm", "gradings", "box_xyxy"}),
        ("sudirman.py", "Sudirman", {"stored_spacing_mm", "levels", "box_xyxy"}),
    ],
)
def test_the_page_names_every_field_that_is_read(module, name, some):
    fields = fields_read(module, name)
    assert some <= fields
    assert not {field for field in fields if f'"{field}"' not in PAGE and f"`{field}`" not in PAGE}


def test_the_page_names_every_label_value():
    outlines = re.search(r"outlines on the same grid: (.*?)\.", PAGE, re.DOTALL)
    assert outlines
    assert {int(number) for number in re.findall(r"\d+", outlines[1])} == {*SPACE_VALUES.values()}
    assert LEVEL_MASK_VALUES["l5s1_disc"] == (10,)
    assert "10 the L5-S1 disc" in PAGE


def test_the_pages_example_is_read(as_described):
    (mid,) = as_described.mid_slices("train")
    assert (mid.patient, mid.sequence, mid.disc_count) == (12, "t2", 7)
    assert mid.spacing_mm == (0.65, 0.65)
    assert mid.boxes == {"L5-S1": (200, 280, 260, 310)}
    assert as_described.manufacturer("12_t2") == "Siemens"
    assert [level for level, seen in as_described.herniations(12).items() if seen] == ["L4-L5"]


def test_synthetic_patients_have_the_examples_fields(as_described, tmp_path):
    drawn = tmp_path / "drawn"
    write_data(drawn, patients=1)
    table = json.loads((drawn / "spider" / "midslices.json").read_text(encoding="utf-8"))
    described = json.loads((as_described.folder / "midslices.json").read_text(encoding="utf-8"))
    assert table["1_t2"].keys() == described["12_t2"].keys()
    assert len(list(Spider(drawn).mid_slices("train"))) == 2
