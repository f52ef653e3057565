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
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, require_tool

INFRASTRUCTURE = ROOT / "infrastructure"
OFFLINE = ROOT.parent / "shared" / "terraform-offline" / "setup.sh"
PARTS = ("*.tf", "*.yaml", "*.json", "firestore.rules", "examples/*/*", "tests/*")


@dataclass(frozen=True)
class Terraform:
    """A folder in which Terraform's commands run; `init` was done."""

    folder: Path
    environment: dict[str, str]
    program: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command, whatever it answers."""
        return subprocess.run(
            [self.program, f"-chdir={self.folder}", *arguments],
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def copy(self, folder: Path) -> "Terraform":
        """The same in another folder, sharing the providers; there files may be changed."""
        copy_module(self.folder, folder)
        shutil.copy(self.folder / ".terraform.lock.hcl", folder)
        (folder / ".terraform").symlink_to(self.folder / ".terraform")
        return Terraform(folder, self.environment, self.program)


def copy_module(source: Path, target: Path) -> None:
    """Everything that Terraform reads of the folder."""
    for pattern in PARTS:
        for file in source.glob(pattern):
            if file.is_file():
                copied = target / file.relative_to(source)
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copied)


@pytest.fixture(scope="session")
def terraform(tmp_path_factory) -> Terraform:
    """`infrastructure/` as it is, initialised without a backend."""
    program = require_tool("terraform", "https://developer.hashicorp.com/terraform/install")
    folder = tmp_path_factory.mktemp("infrastructure")
    copy_module(INFRASTRUCTURE, folder)
    environment = {"TF_IN_AUTOMATION": "1", "TF_CLI_ARGS": "-no-color", "CHECKPOINT_DISABLE": "1"}
    if OFFLINE.exists():
        environment["TF_CLI_CONFIG_FILE"] = str(offline_providers(folder))
    module = Terraform(folder, environment, program)
    answer = module.run("init", "-backend=false")
    if answer.returncode:
        reason = f"no Terraform providers, neither offline nor from the registry: {answer.stderr}"
        if OFFLINE.exists() or os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return module


def offline_providers(module: Path) -> Path:
    """The command line configuration that names schema-only providers."""
    cache = ROOT / ".local" / "terraform-offline"
    answer = subprocess.run(["sh", OFFLINE, cache], check=True, capture_output=True, text=True)
    used = {
        name
        for file in module.glob("*.tf")
        for name in re.findall(r'"(google_\w+)"', file.read_text())
    }
    for program in cache.glob("mirror/**/terraform-provider-*"):
        keep_only(used, program, cache)
    return Path(answer.stdout.strip())


def keep_only(used: set[str], program: Path, cache: Path) -> None:
    """Has a schema-only provider know the kinds in use; all would cost seconds at each start."""
    start = program.read_text()
    [schema] = re.findall(r"STUB_SCHEMA=(\S+)", start)
    with gzip.open(schema) as file:
        document = json.load(file)
    for provider in document["provider_schemas"].values():
        for kind in ("resource_schemas", "data_source_schemas"):
            provider[kind] = {name: value for name, value in provider[kind].items() if name in used}
    small = cache / Path(schema).name
    with gzip.open(small, "wt", compresslevel=1) as file:
        json.dump(document, file)
    program.write_text(start.replace(schema, str(small)))
