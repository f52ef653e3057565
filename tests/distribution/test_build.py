"""What `make dist` builds is whole, small, and reads a scan where nothing else is installed."""

import email
import json
import os
import re
import runpy
import subprocess
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from discai.predictor import built_in_model
from tests.support.checkout import ROOT, require_tool

pytestmark = pytest.mark.process

LARGEST_BYTES = 20e6
BUILD = runpy.run_path(str(ROOT / "distribution" / "build.py"))
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
#: What uv says where a package index can't be reached.
NO_NETWORK = re.compile(
    r"error sending request|network was disabled|dns error|Failed to fetch", re.I
)


def uv(*arguments: str | Path, environment: dict[str, str] | None = None) -> str:
    """The output of a call: from uv's cache, else with a network; skips the test without either."""
    program = require_tool("uv", "curl -LsSf https://astral.sh/uv/install.sh | sh")
    # Compiling all that is installed takes longer than what is tried.
    own = ("UV_COMPILE_BYTECODE", "VIRTUAL_ENV")
    outside = {name: value for name, value in os.environ.items() if name not in own}
    for network in ({"UV_OFFLINE": "1"}, {}):
        finished = subprocess.run(
            [program, *arguments],
            cwd=ROOT,
            env=outside | network | (environment or {}),
            capture_output=True,
            encoding="utf-8",
        )
        if finished.returncode == 0:
            return finished.stdout
    if NO_NETWORK.search(finished.stderr):
        pytest.skip(f"no package index can be reached: {finished.stderr.splitlines()[-1]}")
    pytest.fail(finished.stderr)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make dist` fills, here of a description without a public address."""
    folder = tmp_path_factory.mktemp("dist")
    BUILD["stage"](folder / "staged", "")
    uv("build", "--quiet", "--out-dir", folder, folder / "staged")
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


def python(version: str) -> Path:
    """An interpreter of this version; the test is skipped where there is none."""
    program = require_tool("uv", "curl -LsSf https://astral.sh/uv/install.sh | sh")
    find = [program, "python", "find", "--system", "--no-python-downloads", version]
    found = subprocess.run(find, capture_output=True, encoding="utf-8")
    if found.returncode == 0:
        return Path(found.stdout.strip())
    # pyenv's commands exist for versions that are not chosen, too, and then fail.
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for path in sorted((root / "versions").glob(f"{version}.*/bin/python")):
        return path
    pytest.skip(f"no Python {version} is installed here")


def test_the_wheel_is_small_and_holds_all_that_reads(wheel: Path) -> None:
    assert wheel.stat().st_size < LARGEST_BYTES
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    model = built_in_model()
    files = json.loads((model / "manifest.json").read_text(encoding="utf-8"))["files"]
    needed = {f"discai/weights/{model.name}/{name}" for name in (*files, "MODEL_CARD.md")}
    assert names >= needed | {"discai/py.typed", "discai/report/report.en.toml"}
    # What describes how the model was found stays in the repository.
    assert not {name for name in names if name.endswith((".csv", "evaluation.json", ".pyc"))}
    assert {name.split("/")[0] for name in names} == {
        "discai",
        next(name for name in names if ".dist-info/" in name).split("/")[0],
    }


def test_its_metadata_is_that_of_the_package_with_what_reading_needs(wheel: Path) -> None:
    said = metadata(wheel)
    own = tomllib.loads((ROOT / "discai" / "pyproject.toml").read_text("utf-8"))["project"]
    assert said["Name"] == "discai"
    assert said["Version"] == own["version"]
    assert said["License-Expression"] == "Apache-2.0 AND CC-BY-4.0"
    assert said.get_all("License-File") == ["LICENSE", "LICENSE-weights"]
    assert said.get_all("Classifier") == own["classifiers"]
    always = {
        re.split(r"[<>=\[]", each)[0].lower()
        for each in said.get_all("Requires-Dist") or []
        if "extra ==" not in each
    }
    assert always >= {"numpy", "openvino", "pandas", "simpleitk", "pydicom"}
    assert not {name for name in always if re.match("tensorflow|keras|google|torch", name)}


def test_the_description_has_its_picture_wherever_it_is_read(wheel: Path) -> None:
    text = str(metadata(wheel).get_payload())
    assert "](data:image/png;base64," in text
    assert "](../" not in text
    page = (ROOT / "distribution" / "README.md").read_text(encoding="utf-8")
    published = BUILD["description"](page, "https://example.org/discai/blob/v1")
    assert "(https://example.org/discai/blob/v1/docs/images/overlay.png?raw=true)" in published


def test_the_source_archive_has_the_citation_and_both_licences(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {
        "CITATION.cff",
        "LICENSE",
        "LICENSE-weights",
        "README.md",
        "discai/__init__.py",
    }


def test_the_table_is_written_as_it_is_read() -> None:
    table: dict[str, Any] = {"a": 'q"ü\\', "b": ["x", "y\n"], "c": {"d-e": ["f"]}}
    assert tomllib.loads("\n".join(BUILD["in_toml"]("project", table))) == {"project": table}


def test_the_citation_has_the_version_of_the_package() -> None:
    own = tomllib.loads((ROOT / "discai" / "pyproject.toml").read_text("utf-8"))["project"]
    assert re.findall(r"^version: (.*)$", CITATION, re.MULTILINE) == [own["version"]]
    assert re.findall(r"^license: (.*)$", CITATION, re.MULTILINE) == [own["license"]]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_it_reads_the_phantom_where_nothing_else_is_installed(
    version: str, wheel: Path, tmp_path: Path
) -> None:
    interpreter = python(version)
    locked = tmp_path / "locked.txt"
    locked.write_text(
        uv("export", "--quiet", "--frozen", "--package", "discai", "--extra", "python",
           "--no-hashes", "--no-emit-workspace", "--no-annotate")
    )  # fmt: skip
    empty = tmp_path / "empty"
    uv("venv", "--quiet", "--python", interpreter, empty)
    uv("pip", "install", "--quiet", "--constraints", locked, wheel,
       environment={"VIRTUAL_ENV": str(empty)})  # fmt: skip
    installed = {path.name for path in empty.glob("lib/python*/site-packages/*")}
    assert not installed & {"tensorflow", "keras", "google"}
    typed = """
        set -e
        discai --version
        discai phantom --out phantom.mha
        discai predict phantom.mha --out out/ --nifti
        python -c 'import discai; print(discai.read("phantom.mha").table.round(1).to_dict())'
    """
    shell = subprocess.run(
        ["bash", "-c", typed],
        cwd=tmp_path,
        env={"PATH": f"{empty / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
    )
    assert shell.returncode == 0, shell.stderr
    assert shell.stderr == ""
    prediction = json.loads((tmp_path / "out" / "phantom" / "prediction.json").read_text("utf-8"))
    herniation = {disc["level"]: disc["herniation"] for disc in prediction["discs"]}
    assert max(herniation, key=lambda level: herniation[level]) == "L4-L5"
    assert prediction["device"].startswith("cpu, openvino")
    assert "'level': {0: 'L1-L2'" in shell.stdout
