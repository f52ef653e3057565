"""Parts of the local cloud: what each is called, how it is started and where it answers."""

import os
import sys
from pathlib import Path

from infrastructure.local import emulators, orthanc
from infrastructure.local.plan import ROOT, Plan
from infrastructure.local.supervision.memory import firestore_heap_mb, heap_flags
from infrastructure.local.topology import Topology

WORKER = "inference-service"
FUNCTIONS = "functions"
FIRESTORE = "firestore"
PUBSUB = "pubsub"
STAND_INS = "stand-ins"
VERTEX = "vertex"
ORTHANC = "orthanc"
ARCHIVE_WATCH = "archive-watch"

#: Parts that write; they are stopped before those that are written to.
SERVICES = (WORKER, FUNCTIONS, ARCHIVE_WATCH)
#: What a part is started again with, where that isn't plain.
DATA = {
    FIRESTORE: " with its data",
    PUBSUB: ", and unfinished scans are queued again",
    STAND_INS: " with their data",
    VERTEX: " with its models; a run that was at work has failed",
    ORTHANC: " with its studies",
}

Started = tuple[list[str], dict[str, str]]


class Commands:
    """The command of each part, and the variables that it gets beside this process's own."""

    def __init__(self, plan: Plan, topology: Topology) -> None:
        self.plan = plan
        self.topology = topology
        self.java = emulators.find_java()
        self.firestore_heap_mb = firestore_heap_mb()
        self.retraining_variables: dict[str, str] = {}

    @property
    def firestore_log(self) -> Path:
        """Log of Firestore's garbage collector."""
        return self.plan.folder / "logs" / "firestore-memory.log"

    def of(self, name: str, seed: Path | None = None) -> Started:
        """Command of a part, and the variables that it needs; `seed` is Firestore's export."""
        if name == FIRESTORE:
            self.firestore_log.unlink(missing_ok=True)
            return self.firestore(self.plan.ports[FIRESTORE], seed, self.firestore_log), {}
        if name == PUBSUB:
            port = self.plan.ports[PUBSUB]
            return emulators.pubsub_command(self.java, port, host=self.plan.listen_host), {}
        if name == STAND_INS:
            return module("infrastructure.local.standins", str(self.plan.file)), {}
        if name == ORTHANC:
            return orthanc.orthanc_command(self.plan), {}
        if name == ARCHIVE_WATCH:
            return module("infrastructure.local.archive_watch", str(self.plan.file)), {}
        variables = self.plan.service_variables() | {"FILING": self.filing}
        if name == VERTEX:
            return module("infrastructure.local.vertex", str(self.plan.file)), variables
        if name == WORKER:
            variables["PORT"] = str(self.plan.ports[WORKER])
            variables["LISTEN_HOST"] = self.plan.listen_host
            variables |= {key.upper(): str(value) for key, value in self.topology.worker.items()}
            return module("inference_service"), variables
        threshold = str(self.topology.retrain_threshold)
        variables["RETRAIN_THRESHOLD"] = os.environ.get("RETRAIN_THRESHOLD", threshold)
        variables |= self.retraining_variables
        return module("infrastructure.local.functions", str(self.plan.file)), variables

    @property
    def filing(self) -> str:
        """Results that are stored in the archive, where there is one."""
        return os.environ.get("FILING", "drafts") if self.plan.has_archive else "off"

    def preparation(self) -> list[str]:
        """The command that prepares retraining."""
        return module("infrastructure.local.retraining", str(self.plan.file))

    def firestore(self, port: int, seed: Path | None, log: Path | None = None) -> list[str]:
        """Command of Firestore's emulator.

        Without a log it is one that only restores: it sends no events, and has memory to spare.
        """
        heap = self.firestore_heap_mb if log else 2 * self.firestore_heap_mb
        return emulators.firestore_command(
            self.java,
            port,
            host=self.plan.listen_host,
            rules=ROOT / "infrastructure" / "firestore.rules",
            seed=seed,
            events_to=self.plan.address("eventarc") if log else None,
            heap=heap_flags(heap, log),
        )

    def ports(self, name: str) -> list[int]:
        """The ports on which a part listens once it is of use."""
        listening = {
            STAND_INS: ["storage", "eventarc", "auth", "web"],
            FUNCTIONS: list(self.topology.functions),
            ORTHANC: ["orthanc", "orthanc-dicom"],
            ARCHIVE_WATCH: [],
        }
        return [self.plan.ports[each] for each in listening.get(name, [name])]

    def addresses(self, retraining: bool) -> dict[str, str]:
        """Addresses at which parts answer while they are well."""
        urls = {
            WORKER: f"{self.plan.url(WORKER)}/healthz",
            FUNCTIONS: self.plan.url("api"),
            FIRESTORE: self.plan.url(FIRESTORE),
            PUBSUB: self.plan.url(PUBSUB),
            STAND_INS: self.plan.url("storage"),
        }
        if retraining:
            urls[VERTEX] = self.plan.url(VERTEX)
        if self.plan.has_archive:
            urls[ORTHANC] = f"{self.plan.url(ORTHANC)}/system"
        return urls


def module(name: str, *arguments: str) -> list[str]:
    """Command that runs a module in this environment."""
    return [sys.executable, "-m", name, *arguments]
