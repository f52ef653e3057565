"""Each command block of the README works as a newcomer would type it."""

import ast
import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.checkout import ROOT, require_tool
from tests.support.local_cloud import LocalCloud

#: A fresh clone takes two minutes on two idle cores, most of them to install and to build.
HANGS_AFTER_SECONDS = 3000
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: `docs/model/README.md` is written by the evaluation.
PAGES = [
    ROOT / "README.md",
    *(page for page in (ROOT / "docs").rglob("*.md") if page.parts[-2:] != ("model", "README.md")),
]


#: Where it is decided that a scan can't be read.
REFUSING = [
    *(ROOT / "discai").glob("*.py"),
    *(
        module
        for folder in (
            "scan",
            "study",
            "segmentation",
            "spine",
            "herniation",
            "pictures",
            "readings",
            "records",
        )
        for module in (ROOT / "discai" / folder).rglob("*.py")
    ),
    ROOT / "discai" / "commands" / "cli.py",
    ROOT / "discai" / "commands" / "batch.py",
    ROOT / "discai" / "cloud" / "objects.py",
    ROOT / "functions" / "on_dead_letter.py",
]
#: Codes in the same modules that are about no scan: options, paths, label files, models.
ABOUT_OTHERS = {
    "bad-label-file",
    "bad-option",
    "bad-output",
    "not-found",
    "model-corrupt",
    "model-mismatch",
}


def block_with(command: str) -> str:
    """The README's one shell block that holds a command."""
    (block,) = [b for b in re.findall(r"```bash\n(.*?)```", README, re.DOTALL) if command in b]
    return str(block)


def a_newcomers_shell() -> dict[str, str]:
    """The environment of a shell in a checkout: uv is on its PATH, the virtual environment is not.

    uv takes this checkout's environment as it is, so that files may go elsewhere and nothing is
    installed.
    """
    require_tool("uv", "curl -LsSf https://astral.sh/uv/install.sh | sh")
    return plain_environment() | {"UV_PROJECT": str(ROOT), "UV_NO_SYNC": "1", "UV_OFFLINE": "1"}


def plain_environment() -> dict[str, str]:
    """The environment without what `uv run` and `make` have added to it."""
    own = str(ROOT / ".venv" / "bin")
    path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if p != own)
    added = ("VIRTUAL_ENV", "UV_")
    return {k: v for k, v in os.environ.items() if not k.startswith(added)} | {"PATH": path}


def run_as_typed(script: str, folder: Path, environment: dict[str, str]) -> str:
    """What a block prints, run as it stands in a folder."""
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=HANGS_AFTER_SECONDS,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_offline_block_draws_and_reads_the_phantom(tmp_path: Path) -> None:
    run_as_typed(block_with("discai predict"), tmp_path, a_newcomers_shell())
    written = tmp_path / "out" / "phantom"
    assert (written / "prediction.json").is_file()
    assert (written / "segmentation.mha").is_file()
    assert list(written.glob("*overlay*.png"))


def test_the_three_doors_block_sends_a_scan_twice(local_cloud: LocalCloud, tmp_path: Path) -> None:
    require_tool("gsutil", "install the Google Cloud SDK")
    subprocess.run([ROOT / ".venv/bin/discai", "phantom", "--out", "scan.mha"], cwd=tmp_path)
    (tmp_path / ".local").symlink_to(local_cloud.folder)
    run_as_typed(block_with("gsutil cp"), tmp_path, a_newcomers_shell())
    (by_gsutil,) = local_cloud.wait_for_scans_of("scan.mha", 1)
    assert local_cloud.wait_for(by_gsutil)["status"] == "done"


@pytest.mark.timeout(HANGS_AFTER_SECONDS + 600)
def test_make_up_once_in_a_fresh_clone_prints_the_discs(tmp_path: Path) -> None:
    for tool in ("git", "make", "npm"):
        require_tool(tool, f"install {tool}")
    clone = tmp_path / "discai"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    try:
        # What it imports is compiled all the same; all else of the packages took longer than
        # the rest.
        quick = plain_environment() | {"UV_COMPILE_BYTECODE": "0"}
        printed = run_as_typed("make up ONCE=1", clone, quick)
    finally:
        shutil.rmtree(clone / ".venv", ignore_errors=True)
        shutil.rmtree(clone / "webapp" / "node_modules", ignore_errors=True)
    for level in ("L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"):
        assert level in printed


def test_the_settings_page_says_what_the_classes_say() -> None:
    docs = runpy.run_path(str(ROOT / "docs" / "settings.py"))
    written = docs["PAGE"].read_text(encoding="utf-8")
    assert docs["page"]() == written, "run python docs/settings.py"


def test_commands_in_python_say_uv_run_and_name_a_module_with_these_options() -> None:
    typed = r"(uv run )?python3? -m ([\w.]+)((?:\\\n|[^`#|\n])*)"
    commands = [
        (page.name, *command)
        for page in PAGES
        for command in re.findall(typed, page.read_text(encoding="utf-8"))
    ]
    assert len(commands) > 10
    for page, runs, module, rest in commands:
        assert runs, f"{page}: a new shell has no python that knows {module}"
        program = program_of(module)
        for option in re.findall(r"--[\w-]+", rest):
            assert f'"{option}"' in program, f"{page}: {module} has no {option}"


def program_of(module: str) -> str:
    """The source of a command, with that of the module which its short name stands for."""
    path = ROOT / module.replace(".", "/")
    file = path.with_suffix(".py") if not path.is_dir() else path / "__main__.py"
    program = file.read_text(encoding="utf-8")
    stands_for = re.findall(r"^from ([\w.]+\.commands\.\w+) import main$", program, re.MULTILINE)
    return program + "".join(program_of(name) for name in stands_for)


def test_links_lead_to_files_that_are_there() -> None:
    links = [
        (page, link)
        for page in PAGES
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    ]
    assert len(links) > 10
    assert not [(page.name, link) for page, link in links if not (page.parent / link).exists()]


def codes_of(module: Path) -> set[str]:
    """The codes that a module writes down: of permanent errors, and of failures to record."""
    calls = [n for n in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(n, ast.Call)]
    errors = [each.args[0] for each in calls if named(each) == "PermanentError"]
    failures = [
        keyword.value
        for each in calls
        if named(each) == "Failure"
        for keyword in each.keywords
        if keyword.arg == "code"
    ]
    return {str(code.value) for code in errors + failures if isinstance(code, ast.Constant)}


def named(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def test_the_table_of_codes_has_every_code_that_a_scan_can_get() -> None:
    used = set().union(*(codes_of(module) for module in REFUSING))
    assert used >= ABOUT_OTHERS
    table = README.partition("| code | means |\n")[2].partition("\n\n")[0]
    told = {code for row in table.splitlines() for code in re.findall("`([a-z0-9-]+)`", row)}
    assert told == used - ABOUT_OTHERS
