"""Checkov's rules and ours; and that deliberate mistakes do not pass unnoticed."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.checkout import require_tool
from tests.support.infrastructure.deployed_settings import wrong_variables
from tests.support.infrastructure.grants import wrong_grants
from tests.support.infrastructure.mistakes import MISTAKES, Mistake
from tests.support.terraform import INFRASTRUCTURE, Terraform, outcome, planned, uv

CHECKOV = "checkov==3.3.30"
POLICIES = Path(__file__).with_name("policies")
PLUGIN_WAS_SLOW = "timeout while waiting for plugin to start"
SKIP = re.compile(r"#\s*checkov:skip=(?P<rule>\w+)(?P<reason>:.*)?")


@pytest.fixture(scope="session")
def checkov() -> list[str]:
    """Checkov, in an environment of its own: its pins would hold back everything else's."""
    start = [uv(), "tool", "run", "--quiet", "--from", CHECKOV, "checkov"]
    answer = subprocess.run([*start, "--version"], capture_output=True, text=True, check=False)
    if answer.returncode:
        require_tool("checkov", f"{CHECKOV} can't be installed: {answer.stderr}")
    return start


def scanned(checkov: list[str], module: Path) -> subprocess.CompletedProcess[str]:
    options = ["--framework", "terraform", "--quiet", "--compact", "--skip-download"]
    return subprocess.run(
        [*checkov, "-d", module, *options, "--external-checks-dir", POLICIES],
        capture_output=True,
        text=True,
        check=False,
    )


def test_checkov_finds_nothing(checkov, terraform):
    answer = scanned(checkov, terraform.folder)

    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Passed checks" in answer.stdout or not answer.stdout.strip()


def test_every_skipped_rule_has_a_reason():
    skips = [
        skip
        for file in INFRASTRUCTURE.rglob("*.tf")
        for skip in SKIP.finditer(file.read_text(encoding="utf-8"))
    ]

    assert skips
    assert all(len((skip["reason"] or "").split()) > 4 for skip in skips)
    assert not list(INFRASTRUCTURE.rglob(".checkov.y*ml"))


@pytest.mark.timeout(1800)  # a minute or two on two idle cores, many on busy ones
def test_no_mistake_passes_unnoticed(checkov, terraform, tmp_path, capsys):
    def notice(number: int) -> str:
        module = terraform.copy(tmp_path / str(number))
        MISTAKES[number].make(module.folder)
        return complaint(MISTAKES[number], module, checkov)

    with ThreadPoolExecutor(2) as pool:
        complaints = list(pool.map(notice, range(len(MISTAKES))))

    with capsys.disabled():
        print("\n\nDeliberate mistakes in infrastructure/, and who noticed:")
        for mistake, text in zip(MISTAKES, complaints, strict=True):
            print(f"  {mistake.name:<52} {mistake.check:<9} {text or 'NOBODY'}")
    assert [
        mistake.name for mistake, text in zip(MISTAKES, complaints, strict=True) if not text
    ] == []


def complaint(mistake: Mistake, module: Terraform, checkov: list[str]) -> str:
    """The first thing that the mistake's check says against it; empty if it says nothing."""
    if mistake.check == "settings":
        return "; ".join(wrong_variables(planned(module, "small")))
    if mistake.check == "grants":
        return "; ".join(wrong_grants(planned(module, "small"), "small"))
    if mistake.check == "checkov":
        answer = scanned(checkov, module.folder)
        pattern = r"Check: CKV_\w+: \"(.*)\""
    else:
        answer = (
            module.run("validate")
            if mistake.check == "validate"
            else outcome(module, mistake.check)
        )
        pattern = r"Error: (?!Test assertion failed)(.*)|\n\n([A-Z](?:[^\n]|\n(?!\n))*\.)\n"
    if answer.returncode == 0:
        return ""
    assert PLUGIN_WAS_SLOW not in answer.stderr + answer.stdout, "not what was looked for"
    found = re.search(pattern, answer.stderr + answer.stdout)
    assert found, answer.stderr + answer.stdout
    return " ".join(next(text for text in found.groups() if text).split())
