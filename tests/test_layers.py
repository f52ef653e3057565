"""Each wall between folders holds: a deliberate mistake in a copy of the tree is noticed.

`make check` runs these, one line a mistake.
"""

import json
import subprocess
import sys
import tomllib

import pytest

from tests.support.layers import MISTAKES, ROOT, Mistake

LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]


@pytest.fixture(scope="module")
def broken() -> dict[str, list[str]]:
    """Broken contracts by the mistake's name, the tree as it is under an empty one."""
    run = [sys.executable, "-m", "tests.support.layers"]
    return json.loads(subprocess.run(run, cwd=ROOT, check=True, capture_output=True).stdout)


def test_the_tree_as_it_is_breaks_no_contract(broken):
    assert broken[""] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_noticed(mistake: Mistake, broken):
    assert mistake.contract in broken[mistake.name]


def test_each_contract_and_each_layer_has_its_mistake():
    made = {(mistake.contract, mistake.file.removesuffix(".py")) for mistake in MISTAKES}
    for contract in LINTER["contracts"]:
        name = contract["name"]
        assert name in {contract for contract, _ in made}
        container = "".join(f"{each.replace('.', '/')}/" for each in contract.get("containers", []))
        # Of the top layer there is nothing above; all others must not look up.
        for layer in contract.get("layers", [])[1:]:
            for module in layer.split(" | "):
                start = container + module
                assert any(
                    contract == name and f"{file}/".startswith(f"{start}/")
                    for contract, file in made
                ), f"no mistake shows that {start} looks up"
