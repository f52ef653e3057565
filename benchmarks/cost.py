"""Monthly costs: `python -m benchmarks.cost` prints a table of scans a day against workers.

No measurement but arithmetic: list prices of one region times what one scan uses. Free tiers,
taxes, discounts and the network are left out.
"""

import argparse
import math
from dataclasses import dataclass
from typing import Final

#: The pages change: look again before a budget rests on them.
PRICES_OF: Final = "2026-11"


@dataclass(frozen=True)
class Price:
    """One list price in US dollars, tier 1 region, and the page that names it."""

    dollars: float
    unit: str
    source: str


RUN: Final = "cloud.google.com/run/pricing"
CPU_REQUEST: Final = Price(0.000024, "vCPU-second while a request runs", RUN)
MEMORY_REQUEST: Final = Price(0.0000025, "GiB-second while a request runs", RUN)
CPU_INSTANCE: Final = Price(0.000018, "vCPU-second of an instance", RUN)
MEMORY_INSTANCE: Final = Price(0.000002, "GiB-second of an instance", RUN)
GPU_INSTANCE: Final = Price(0.0001867, "second of an L4 without zonal redundancy", RUN)
CPU_IDLE: Final = Price(0.0000025, "vCPU-second of an instance that waits for requests", RUN)
MEMORY_IDLE: Final = Price(0.0000025, "GiB-second of an instance that waits for requests", RUN)
STORING: Final = "cloud.google.com/storage/pricing"
STORAGE: Final = Price(0.020, "GiB-month, standard storage", STORING)
CLASS_A: Final = Price(0.5e-5, "write or list of objects (class A)", STORING)
CLASS_B: Final = Price(0.04e-5, "read of an object (class B)", STORING)
LOGGING: Final = "cloud.google.com/stackdriver/pricing"
LOGS: Final = Price(0.50, "GiB of logs, in each bucket that they go to", LOGGING)
LOGS_KEPT: Final = Price(0.01, "GiB-month of logs after their first month", LOGGING)
FIRESTORE_WRITE: Final = Price(0.09e-5, "document write", "cloud.google.com/firestore/pricing")
FIRESTORE_READ: Final = Price(0.03e-5, "document read", "cloud.google.com/firestore/pricing")
IMAGES: Final = Price(0.10, "GiB-month of images", "cloud.google.com/artifact-registry/pricing")
VERTEX: Final = "cloud.google.com/vertex-ai/pricing"
PIPELINE_RUN: Final = Price(0.03, "pipeline run", VERTEX)
TRAINING: Final = Price(0.154, "hour of e2-standard-4", VERTEX)
BUILD: Final = Price(0.016, "minute of e2-highcpu-8", "cloud.google.com/build/pricing")
SCAN: Final = Price(0.26, "scan of an image", "cloud.google.com/artifact-analysis/pricing")
PRICES: Final = (
    CPU_REQUEST,
    MEMORY_REQUEST,
    CPU_INSTANCE,
    MEMORY_INSTANCE,
    GPU_INSTANCE,
    CPU_IDLE,
    MEMORY_IDLE,
    STORAGE,
    CLASS_A,
    CLASS_B,
    LOGS,
    LOGS_KEPT,
    FIRESTORE_WRITE,
    FIRESTORE_READ,
    IMAGES,
    PIPELINE_RUN,
    TRAINING,
    BUILD,
    SCAN,
)

WORKING_DAYS: Final = 21.7  # a month
WORKING_HOURS: Final = 10.0  # a day in which scans arrive, evenly at random
MONTH_SECONDS: Final = 30.4 * 86_400


@dataclass(frozen=True)
class Worker:
    """A shape of the inference service.

    Attributes:
        seconds: one scan takes, from the push to the answer.
        start_seconds: of a cold start.
        idle_seconds: an instance stays after its last scan. Cloud Run bills them where it bills
            instances; it may keep one up to 15 minutes, and 10 with a GPU.
        always_on: whether one instance never stops; then one of the api waits, too
            (`min_instances`).
    """

    name: str
    cpus: int
    memory_gib: int
    gpu: bool
    seconds: float
    start_seconds: float
    idle_seconds: float
    always_on: bool = False

    @property
    def instance_second(self) -> float:
        """Dollars a second of an instance that is billed as one."""
        gpu = GPU_INSTANCE.dollars if self.gpu else 0.0
        return self.cpus * CPU_INSTANCE.dollars + self.memory_gib * MEMORY_INSTANCE.dollars + gpu

    @property
    def request_second(self) -> float:
        """Dollars a second of an instance that is billed while it answers."""
        return self.cpus * CPU_REQUEST.dollars + self.memory_gib * MEMORY_REQUEST.dollars

    def monthly(self, scans_a_day: float) -> float:
        """Dollars a month for that many scans a day."""
        if self.always_on:
            return MONTH_SECONDS * self.instance_second + waiting_api()
        if not self.gpu:
            cold = self.cold_starts(scans_a_day) * self.start_seconds
            return WORKING_DAYS * (scans_a_day * self.seconds + cold) * self.request_second
        return WORKING_DAYS * self.alive_seconds(scans_a_day) * self.instance_second

    def alive_seconds(self, scans_a_day: float) -> float:
        """Seconds of a day in which an instance lives.

        Scans arrive as a Poisson process; an instance lives at a moment if one arrived within the
        time that it takes to start, to read and to be given up, and that has probability
        1 - exp(-rate x time).
        """
        rate = scans_a_day / (WORKING_HOURS * 3600)
        window = self.start_seconds + self.seconds + self.idle_seconds
        return WORKING_HOURS * 3600 * (1 - math.exp(-rate * window))

    def cold_starts(self, scans_a_day: float) -> float:
        """Starts a day: scans before which none came as long as an instance waits."""
        rate = scans_a_day / (WORKING_HOURS * 3600)
        return scans_a_day * math.exp(-rate * self.idle_seconds)


# Seconds a scan: CPU as benchmarks/loop.py measures on two cores; GPU is the design's goal of
# 0.2 s and the same second for storing, unmeasured. Cold starts are assumptions.
WORKERS: Final = (
    Worker("CPU", 2, 8, False, seconds=3.3, start_seconds=12, idle_seconds=900),
    Worker("GPU on demand", 4, 16, True, seconds=1.2, start_seconds=25, idle_seconds=600),
    Worker("GPU warm", 4, 16, True, seconds=1.2, start_seconds=0, idle_seconds=0, always_on=True),
)


def waiting_api() -> float:
    """Dollars a month of the api's one instance that waits, of a vCPU and half a GiB."""
    return MONTH_SECONDS * (CPU_IDLE.dollars + 0.5 * MEMORY_IDLE.dollars)


#: Wheels of the locked dependencies for Python 3.12 on Linux, compressed: uv.lock has their sizes.
#: CUDA's are the worker's alone, as in `examples/hospital`. Builds share the layer with them.
WHEELS_MIB: Final = {"functions": 48, "worker": 513, "worker with CUDA": 3418, "pipeline": 610}
BASE_MIB: Final = 45  # of all images together, and of each build what is code and weights
CODE_MIB: Final = 3 * 8
BUILDS_KEPT: Final = 10
KEPT_LOCKS: Final = 2  # dependencies change once while a month's builds are kept


def image_gib(gpu: bool) -> float:
    """Size of the registry."""
    worker = "worker with CUDA" if gpu else "worker"
    wheels = sum(WHEELS_MIB[name] for name in ("functions", worker, "pipeline"))
    return (KEPT_LOCKS * wheels + BASE_MIB + BUILDS_KEPT * CODE_MIB) / 1024


@dataclass(frozen=True)
class Rest:
    """Use of everything but the worker by one scan, however it is read.

    Attributes:
        upload_gib: of the phantom of 17 slices.
        results_gib: of its four artifacts; nothing removes them.
        upload_months: until lifecycle rules remove the raw scan.
        class_a: objects written: the upload, all pictures in one, and three more files.
        class_b: objects read: by the worker, and by a page that shows each slice and the thumbnail
            once.
        log_kib: of one entry of Cloud Audit Logs, an assumption; there is one for each read and
            write of objects and documents.
        log_buckets: those that an entry goes to: Google's own, and the one that is locked.
        log_months: that the locked one keeps it.
    """

    upload_gib: float = 0.0045
    results_gib: float = 0.0034
    upload_months: float = 12
    class_a: int = 1 + 1 + 3
    class_b: int = 1 + 17 + 1
    writes: int = 20
    reads: int = 60
    function_seconds: float = 1.0
    log_kib: float = 1.5
    log_buckets: int = 2
    log_months: float = 12

    def monthly(self, scans_a_day: float, gpu: bool = False) -> float:
        """Dollars a month at the end of the first year, when uploads are as many as they get."""
        scans = scans_a_day * WORKING_DAYS
        one = (
            (self.upload_gib * self.upload_months + self.results_gib * 12) * STORAGE.dollars
            + self.class_a * CLASS_A.dollars
            + self.class_b * CLASS_B.dollars
            + self.writes * FIRESTORE_WRITE.dollars
            + self.reads * FIRESTORE_READ.dollars
            + self.logs()
            + self.function_seconds * (CPU_REQUEST.dollars + 0.5 * MEMORY_REQUEST.dollars)
        )
        return scans * one + image_gib(gpu) * IMAGES.dollars

    def logs(self) -> float:
        """Dollars for all that is logged of one scan."""
        entries = self.class_a + self.class_b + self.writes + self.reads
        gib = entries * self.log_kib / 2**20
        kept = gib * (self.log_months - 1) * LOGS_KEPT.dollars
        return gib * self.log_buckets * LOGS.dollars + kept

    def yearly_growth(self, scans_a_day: float) -> float:
        """Dollars a month that each further year adds, for results that are kept for good."""
        return scans_a_day * WORKING_DAYS * 12 * self.results_gib * STORAGE.dollars


# What comes now and then; hours and minutes are assumptions, not measured in the cloud.
TRAINING_HOURS: Final = 3.0  # of all steps together, without a GPU
BUILD_MINUTES: Final = 60.0
SCANS: Final = 2 * 3  # each image when it is pushed and before it is deployed


def retraining_run() -> float:
    """Dollars of one run of the pipeline."""
    return PIPELINE_RUN.dollars + TRAINING_HOURS * TRAINING.dollars


def deployment() -> float:
    """Dollars of one build, from the tests to the smoke test."""
    return BUILD_MINUTES * BUILD.dollars + SCANS * SCAN.dollars


def table(scans_a_day: list[int], rest: Rest) -> str:
    """Markdown: a row per number of scans a day, monthly dollars per kind of worker."""
    names = [worker.name for worker in WORKERS]
    head = ["scans a day", *names, "a CPU scan", "storage and rest", "each further year"]
    lines = [_row(head), _row(["---"] * len(head))]
    for scans in scans_a_day:
        other = rest.monthly(scans)
        cells = [
            _dollars(worker.monthly(scans) + rest.monthly(scans, worker.gpu)) for worker in WORKERS
        ]
        month = scans * WORKING_DAYS
        each = (WORKERS[0].monthly(scans) + other) / month if month else 0.0
        scan, more = (f"${each:.4f}" if month else ""), _dollars(rest.yearly_growth(scans))
        lines.append(_row([str(scans), *cells, scan, _dollars(other), more]))
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount < 100 else f"${amount:,.0f}"


def main() -> None:
    """Print the table and the prices with their sources."""
    parser = argparse.ArgumentParser("python -m benchmarks.cost", description=__doc__)
    parser.add_argument("scans", type=int, nargs="*", default=[0, 10, 50, 200, 1000])
    options = parser.parse_args()
    print(table(options.scans, Rest()))
    run, build = _dollars(retraining_run()), _dollars(deployment())
    print(
        f"\nBesides, a retraining run costs {run} (if all steps take {TRAINING_HOURS:.0f} hours), "
        f"a deployment {build} ({BUILD_MINUTES:.0f} minutes, {SCANS} scans of images)."
    )
    print(f"\nList prices of a tier 1 region in US dollars, as known in {PRICES_OF}:")
    for price in PRICES:
        print(f"  ${price.dollars:.7f} a {price.unit} ({price.source})")


if __name__ == "__main__":
    main()
