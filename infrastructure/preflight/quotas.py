"""Quotas of Cloud Run, against all that a deployment asks for.

Cloud Run refuses a service whose `max_instances` times its processors, memory or GPUs is more than
the project has in that region, before it starts a single one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from infrastructure.preflight.findings import Finding, bad, good, unknown
from infrastructure.preflight.gcloud import Ask
from infrastructure.preflight.settings import Deployment, Service

UNLIMITED: Final = -1


@dataclass(frozen=True)
class Quota:
    """Quota of Cloud Run.

    Attributes:
        used: the attribute of a `Service` that counts towards it.
        unit: number of Google's units in one of ours.
    """

    name: str
    used: str
    words: str
    unit: int

    def use(self, service: Service) -> int:
        """Part that a service takes at its largest, in Google's units."""
        return int(getattr(service, self.used))

    def said(self, amount: int) -> str:
        """Amount in our unit, as 20 vCPU."""
        return f"{amount / self.unit:g} {self.words}"


CPU: Final = Quota("CpuAllocPerProjectRegion", "milli_cpu", "vCPU", 1000)
MEMORY: Final = Quota("MemAllocPerProjectRegion", "memory_bytes", "GiB", 2**30)
#: By the name of an accelerator; the worker does without a second zone.
GPUS: Final = {
    "nvidia-l4": Quota("NvidiaL4GpuAllocNoZonalRedundancyPerProjectRegion", "gpus", "L4", 1)
}


def quotas(wanted: Deployment, ask: Ask) -> Iterator[Finding]:
    """Findings about the instances of each service, and of all of them together."""
    service = "--service=run.googleapis.com"
    answer = ask("beta quotas info list", service, f"--project={wanted.project}")
    if answer.off:
        apis = "run.googleapis.com cloudquotas.googleapis.com"
        yield bad(
            "Quotas can't be read before their API is on.",
            f"gcloud services enable {apis} --project={wanted.project}, then ask again.",
        )
        return
    if answer.error:
        yield unknown(f"Quotas can't be read: {answer.reason}")
        return
    known = {each["quotaId"]: each for each in answer.value}
    gpu = [GPUS[wanted.accelerator]] if wanted.accelerator else []
    for quota in (CPU, MEMORY, *gpu):
        limit = limit_in(known.get(quota.name, {}), wanted.region)
        if limit is None and quota not in gpu:
            yield unknown(f"Google names no {quota.name} in {wanted.region}.")
        else:
            yield enough(quota, limit or 0, wanted)


def enough(quota: Quota, limit: int, wanted: Deployment) -> Finding:
    """Finding about the services and one quota."""
    has = f"Cloud Run may use {quota.said(limit)} in {wanted.region}"
    if limit == UNLIMITED:
        return good(f"Cloud Run may use any number of {quota.words} in {wanted.region}.")
    for service in wanted.services:
        asked = quota.use(service)
        if asked > limit:
            fitting = limit // (asked // service.instances)
            setting = "max_instances" if service is wanted.worker else "max_instances of functions"
            less = f"Set {setting} to {fitting} or less, or ask for more: "
            if not fitting:
                less = "Ask for more" + (
                    ", or set accelerator = null: " if quota.used == "gpus" else ": "
                )
            return bad(
                f"{has}; {service.instances} instances of {service.name} ask for "
                f"{quota.said(asked)}.",
                less + request(quota, asked, wanted),
            )
    together = sum(quota.use(service) for service in wanted.services)
    if together > limit:
        return unknown(
            f"{has}, enough for each service; all at their largest would take "
            f"{quota.said(together)}, and some calls would wait.",
            "For more at a time: " + request(quota, together, wanted),
        )
    return good(f"{has}; all services at their largest take {quota.said(together)}.")


def limit_in(quota: dict[str, Any], region: str) -> int | None:
    """Value of a quota there; None where Google names none, 0 where it leaves it out."""
    here = [
        info
        for info in quota.get("dimensionsInfos", [])
        if info.get("dimensions", {}).get("region", region) == region
        and region in (info.get("applicableLocations") or [region])
    ]
    if not here:
        return None
    # What was said of this region comes before what holds for all others.
    here.sort(key=lambda info: "region" not in info.get("dimensions", {}))
    return int(here[0].get("details", {}).get("value", 0))


def request(quota: Quota, value: int, wanted: Deployment) -> str:
    """Command by which somebody asks Google for more."""
    return (
        "gcloud beta quotas preferences create --service=run.googleapis.com "
        f"--quota-id={quota.name} --preferred-value={value} "
        f"--dimensions=region={wanted.region} --project={wanted.project} --email=YOUR_ADDRESS"
    )
