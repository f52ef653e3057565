"""Checkov's rules and ours; and that deliberate mistakes do not pass unnoticed."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import pytest

from tests.support.checkout import require_tool
from tests.support.infrastructure.deployed_settings import wrong_variables
from tests.support.infrastructure.grants import wrong_grants
from tests.support.infrastructure.mistakes import MISTAKES, Check, Mistake
from tests.support.terraform import INFRASTRUCTURE, Terraform, plans_of, uv

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


def test_each_mistake_is_noticed_by_words_of_its_own():
    for group in made_together():
        said = [mistake.says for mistake in group]
        assert len(set(said)) == len(said)


@pytest.mark.timeout(1800)  # a minute on two idle cores, many on busy ones
def test_no_mistake_passes_unnoticed(checkov, terraform, tmp_path, capsys):
    groups = made_together()

    def notice(number: int) -> list[str]:
        module = terraform.copy(tmp_path / str(number))
        for mistake in groups[number]:
            mistake.make(module.folder)
        return complaints(groups[number], module, checkov)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(notice, range(len(groups))))
    noticed = [
        (mistake, text)
        for group, texts in zip(groups, answers, strict=True)
        for mistake, text in zip(group, texts, strict=True)
    ]

    with capsys.disabled():
        print("\n\nDeliberate mistakes in infrastructure/, and who noticed:")
        for mistake, text in noticed:
            print(f"  {mistake.name:<52} {mistake.check:<9} {text or 'NOBODY'}")
    assert [mistake.name for mistake, text in noticed if not text] == []


def made_together() -> list[list[Mistake]]:
    """Mistakes that one command can look for at once; each is told by its own words."""
    groups: dict[str, list[Mistake]] = {}
    for mistake in MISTAKES:
        of_one_plan = "small" if mistake.check in ("settings", "grants") else mistake.check
        groups.setdefault(mistake.name if mistake.alone else of_one_plan, []).append(mistake)
    return list(groups.values())


def complaints(group: list[Mistake], module: Terraform, checkov: list[str]) -> list[str]:
    """The line in which each mistake's check speaks of it; empty if it does not."""
    said = dict.fromkeys(get_args(Check), "")
    match group[0].check:
        case "validate":
            answer = module.run("validate")
            said["validate"] = " ".join((answer.stdout + answer.stderr).replace("│", "").split())
        case "checkov":
            said["checkov"] = scanned(checkov, module.folder).stdout
        case check:
            example = "small" if check in ("settings", "grants") else check
            plan = plans_of(module, example)[example]
            said[example] = plan.said
            if example == "small" and plan.resources:
                said["settings"] = "\n".join(wrong_variables(plan))
                said["grants"] = "\n".join(wrong_grants(plan, example))
    assert PLUGIN_WAS_SLOW not in "".join(said.values()), "not what was looked for"
    return [line_with(mistake.says, said[mistake.check]) for mistake in group]


def line_with(words: str, text: str) -> str:
    """The line of a text that has these words; a long one is cut around them."""
    for line in text.splitlines():
        before, found, after = line.partition(words)
        if found:
            return f"{before[-60:]}{found}{after[:60]}".strip()
    return ""
