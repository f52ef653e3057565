"""Settings of a deployment that its limits depend on, and the sizes of its services."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

HERE: Final = Path(__file__).resolve().parents[1]
ASSIGNMENT: Final = re.compile(r"^(\w+)\s*=\s*(\S.*)$", re.MULTILINE)
UNITS: Final = {"Mi": 2**20, "Gi": 2**30}


@dataclass(frozen=True)
class Size:
    """Needs of one instance of a service."""

    milli_cpu: int
    memory_bytes: int
    gpus: int = 0


@dataclass(frozen=True)
class Service:
    """Service of Cloud Run at its largest."""

    name: str
    size: Size
    instances: int

    @property
    def milli_cpu(self) -> int:
        """Thousandths of a processor of all of its instances."""
        return self.size.milli_cpu * self.instances

    @property
    def memory_bytes(self) -> int:
        """Memory of all of its instances."""
        return self.size.memory_bytes * self.instances

    @property
    def gpus(self) -> int:
        """GPUs of all of its instances."""
        return self.size.gpus * self.instances


@dataclass(frozen=True)
class Deployment:
    """Deployment that somebody wants, and its place.

    Attributes:
        build_region: region of Cloud Build.
        open_regions: those in which any project may build.
        services: the worker first, then the functions.
        billing_account: account for a budget; none without one.
    """

    project: str
    region: str
    build_region: str
    open_regions: tuple[str, ...]
    buckets: tuple[str, ...]
    services: tuple[Service, ...]
    accelerator: str | None
    billing_account: str | None

    @property
    def worker(self) -> Service:
        """Service that reads scans."""
        return self.services[0]

    @property
    def deployer(self) -> str:
        """Account that deploys, once somebody has made it."""
        return f"serviceAccount:discai-deployer@{self.project}.iam.gserviceaccount.com"


def wanted(project: str, settings: Path, folder: Path = HERE) -> Deployment:
    """Deployment that a .tfvars file describes; all that it leaves out is as in `variables.tf`.

    Raises `OSError` where there is no such file, `ValueError` where it names no region.
    """
    topology = yaml.safe_load((folder / "topology.yaml").read_text(encoding="utf-8"))
    values = defaults(folder / "variables.tf") | assignments(settings.read_text(encoding="utf-8"))
    region = values.get("region")
    if not region:
        raise ValueError(f"{settings} names no region.")
    builds, services = topology["builds"], topology["services"]
    here = [
        name
        for name, function in topology["functions"].items()
        if "needs" not in function or values.get(function["needs"])
    ]
    small = services["functions"]
    shape = "gpu" if values.get("accelerator") else "cpu"
    worker = services["inference-service"]["limits"][shape]
    return Deployment(
        project=project,
        region=region,
        build_region=values.get("build_region") or builds["nearest"][region.partition("-")[0]],
        open_regions=tuple(builds["open"]),
        buckets=tuple(
            f"{project}-{name}" for name in ("terraform", "builds", *topology["buckets"])
        ),
        services=(
            Service("inference-service", size(worker), int(values["max_instances"])),
            *(Service(name, size(small["limits"]), small["max_instances"]) for name in here),
        ),
        accelerator=values.get("accelerator"),
        billing_account=values.get("billing_account"),
    )


def size(limits: dict[str, str]) -> Size:
    """Size of limits in Cloud Run's own words."""
    number, unit = limits["memory"][:-2], limits["memory"][-2:]
    return Size(
        milli_cpu=int(limits["cpu"]) * 1000,
        memory_bytes=int(number) * UNITS[unit],
        gpus=int(limits.get("nvidia.com/gpu", "0")),
    )


def assignments(text: str) -> dict[str, Any]:
    """Texts, numbers, true, false and null of a .tfvars file by name, without lists and maps."""
    found = {}
    for name, value in ASSIGNMENT.findall(text):
        try:
            found[name], _ = json.JSONDecoder().raw_decode(value)
        except ValueError:
            continue  # a map over several lines
    return {name: each for name, each in found.items() if not isinstance(each, dict | list)}


def defaults(variables: Path) -> dict[str, Any]:
    """Defaults in `variables.tf`, by variable."""
    blocks = re.findall(
        r'^variable "(\w+)" \{\n(.*?)^\}', variables.read_text(encoding="utf-8"), re.M | re.S
    )
    found: dict[str, Any] = {}
    for name, block in blocks:
        line = re.search(r"^  default +(= .*)$", block, re.MULTILINE)
        found |= assignments(f"{name} {line[1]}") if line else {}
    return found
