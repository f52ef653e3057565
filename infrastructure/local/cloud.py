"""`LocalCloud`: every process of the cloud on one machine, from the first to the last."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from infrastructure.local import emulators
from infrastructure.local.auth import User
from infrastructure.local.documents import Documents
from infrastructure.local.errors import SetupError
from infrastructure.local.keys import ensure_signing_key
from infrastructure.local.persistence import FirestoreBackup, announce_unfinished_uploads
from infrastructure.local.plan import (
    COLLEAGUE_EMAIL,
    REVIEWER_EMAIL,
    REVIEWER_PASSWORD,
    ROOT,
    Plan,
)
from infrastructure.local.ports import HOST, Ports
from infrastructure.local.processes import Process, Processes, wait_for_http, wait_for_port
from infrastructure.local.resources import (
    create_buckets,
    create_document_triggers,
    create_reviewer,
    create_subscriptions,
    seed_model,
)
from infrastructure.local.topology import Topology

WORKER = "inference-service"
FUNCTIONS = "functions"
VERTEX = "vertex"
STAND_INS = "stand-ins"
READY_SECONDS = 900.0  # a process that ends before is told of at once
WATCH_SECONDS = 0.3
RESTARTS_PER_MINUTE = 5

Say = Callable[[str], None]


class LocalCloud:
    """The cloud while its context lasts; entering it waits until everything is ready.

    With `retraining` it has a Vertex AI and synthetic patients, so that enough corrections start a
    run; that takes three seconds more, and eight at the first time, when patients are drawn.

    Attributes:
        seconds: since the start, when each part was ready.
    """

    def __init__(self, folder: Path, lock: int, say: Say, *, retraining: bool) -> None:
        self.topology = Topology.load()
        self.say = say
        folder.mkdir(parents=True, exist_ok=True)
        self._ports = Ports(os.environ.get("LISTEN_HOST") or HOST)
        self.plan = Plan.make(folder, self.topology, self._ports)
        self.backup = FirestoreBackup(self.plan.data / "firestore")
        self.seconds: dict[str, float] = {}
        self._lock = lock
        self._retraining = retraining
        self._retraining_variables: dict[str, str] = {}
        self._started_at = time.monotonic()
        self._restarts: dict[str, list[float]] = {}
        self._by_name: dict[str, Process] = {}

    async def __aenter__(self) -> Self:
        logs = self.plan.folder / "logs"
        shutil.rmtree(logs, ignore_errors=True)
        self.client = httpx.AsyncClient(timeout=READY_SECONDS)
        self.documents = Documents(self.client, self.plan.url("firestore"), self.plan.project)
        self._processes = Processes(logs, keep_open=(self._lock, *self._ports.files))
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stop()

    @property
    def services(self) -> list[str]:
        """Parts that the cloud would start again by itself: functions and the worker."""
        return [WORKER, FUNCTIONS]

    def timetable(self) -> str:
        """Time at which each part was ready, for people."""
        parts = sorted(self.seconds.items(), key=lambda part: part[1])
        return " · ".join(f"{name} {seconds:.1f}" for name, seconds in parts)

    async def watch(self) -> None:
        """Start dead services again, as Cloud Run does; `SetupError` if anything else dies."""
        export = asyncio.create_task(self.backup.export_forever(self.client, self.plan))
        try:
            while True:
                await asyncio.sleep(WATCH_SECONDS)
                for process in list(self._processes.running):
                    if process.popen.poll() is not None:
                        self._revive(process)
                if export.done():
                    export.result()
        finally:
            export.cancel()

    # Start

    async def _start(self) -> None:
        started_at = datetime.now(UTC)
        self._write_files()
        java = emulators.find_java()
        firestore = emulators.firestore_command(
            java,
            self.plan.ports["firestore"],
            rules=ROOT / "infrastructure" / "firestore.rules",
            seed=self.backup.newest(),
            events_to=self.plan.address("eventarc"),
        )
        # The slowest first: the worker imports TensorFlow while the JVMs start.
        self._start_service(WORKER)
        self._start_process("firestore", firestore)
        pubsub = emulators.pubsub_command(java, self.plan.ports["pubsub"])
        self._start_process("pubsub", pubsub)
        stand_ins = [sys.executable, "-m", "infrastructure.local.standins", str(self.plan.file)]
        self._start_process(STAND_INS, stand_ins)
        awaited = [self._firestore_ready(), self._storage_ready()]
        if self._retraining:
            vertex = [sys.executable, "-m", "infrastructure.local.vertex", str(self.plan.file)]
            self._start_process(VERTEX, vertex, self.plan.service_variables())
            await all_of(*awaited)
            await self._prepare_retraining()
            awaited = []
        self._start_service(FUNCTIONS)
        self._write_process_ids()
        others = (self._pubsub_ready(), self._functions_ready(), self._worker_ready())
        await all_of(*awaited, *others)
        await announce_unfinished_uploads(self.client, self.plan, self.documents, started_at)
        await asyncio.to_thread(self.plan.write_shell_variables, self._retraining_variables)

    def _write_files(self) -> None:
        self.plan.save()
        self.plan.data.mkdir(exist_ok=True)
        ensure_signing_key(self.plan.signing_key, self.plan.project)
        reviewer = User("reviewer", REVIEWER_EMAIL, REVIEWER_PASSWORD, "Local reviewer")
        colleague = User("colleague", COLLEAGUE_EMAIL, REVIEWER_PASSWORD, "Local colleague")
        self.plan.users.write_text(json.dumps([asdict(reviewer), asdict(colleague)]))

    def _start_process(
        self, name: str, command: list[str], variables: dict[str, str] | None = None
    ) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(variables or {})}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._by_name[name] = self._processes.start(name, command, environment, cwd=ROOT)

    def _start_service(self, name: str) -> None:
        variables = self.plan.service_variables()
        if name == WORKER:
            command = [sys.executable, "-m", "inference_service"]
            variables["PORT"] = str(self.plan.ports[WORKER])
            variables["LISTEN_HOST"] = self.plan.listen_host
            variables |= {key.upper(): str(value) for key, value in self.topology.worker.items()}
        else:
            command = [sys.executable, "-m", "infrastructure.local.functions", str(self.plan.file)]
            threshold = str(self.topology.retrain_threshold)
            variables["RETRAIN_THRESHOLD"] = os.environ.get("RETRAIN_THRESHOLD", threshold)
            variables |= self._retraining_variables
        self._start_process(name, command, variables)

    async def _firestore_ready(self) -> None:
        await self._ready("firestore", self._by_name["firestore"])
        await create_reviewer(self.documents)
        await create_document_triggers(self.client, self.plan, self.topology)

    async def _pubsub_ready(self) -> None:
        await self._ready("pubsub", self._by_name["pubsub"])
        await create_subscriptions(self.client, self.plan, self.topology)

    async def _storage_ready(self) -> None:
        for name in ("storage", "eventarc", "auth", "web"):
            await self._ready(name, self._by_name[STAND_INS])
        await create_buckets(self.client, self.plan, self.topology)
        await seed_model(self.client, self.plan)

    async def _prepare_retraining(self) -> None:
        """The pipeline, its data and the first model in production."""
        command = [sys.executable, "-m", "infrastructure.local.retraining", str(self.plan.file)]
        environment = {**os.environ, **self.plan.emulator_variables()}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with (self.plan.folder / "logs" / "retraining.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command, env=environment, cwd=ROOT, stdout=log, stderr=log
            )
            code = await process.wait()
        if code != 0:
            raise SetupError(f"Retraining can't be prepared; see {log.name}.")
        written = (self.plan.folder / "retraining.json").read_text(encoding="utf-8")
        self._retraining_variables = json.loads(written)
        self.seconds["retraining"] = time.monotonic() - self._started_at

    async def _functions_ready(self) -> None:
        for function in self.topology.functions:
            process = self._by_name[FUNCTIONS]
            await wait_for_port(process, self.plan.ports[function], READY_SECONDS)
        self.seconds[FUNCTIONS] = time.monotonic() - self._started_at

    async def _worker_ready(self) -> None:
        port = self.plan.ports[WORKER]
        await wait_for_http(self._by_name[WORKER], port, "/readyz", READY_SECONDS)
        self.seconds[WORKER] = time.monotonic() - self._started_at

    async def _ready(self, name: str, process: Process) -> None:
        await wait_for_port(process, self.plan.ports[name], READY_SECONDS)
        self.seconds[name] = time.monotonic() - self._started_at

    # While it runs

    def _revive(self, process: Process) -> None:
        if process.name not in self.services:
            process.check_alive()
        now = time.monotonic()
        recent = [when for when in self._restarts.get(process.name, []) if now - when < 60]
        if len(recent) >= RESTARTS_PER_MINUTE:
            process.check_alive()
        self._restarts[process.name] = [*recent, now]
        self.say(f"{process.name} {how_it_ended(process.popen.returncode)}; starting it again")
        self._processes.stop_some([process])
        self._start_service(process.name)
        self._write_process_ids()

    def _write_process_ids(self) -> None:
        ids = {name: process.popen.pid for name, process in self._by_name.items()}
        new = self.plan.folder / "processes.json.new"  # readers must find it whole
        new.write_text(json.dumps(ids, indent=2))
        new.replace(self.plan.folder / "processes.json")

    # Stop

    async def _stop(self) -> None:
        """First who writes, then what is written to, exported in between."""
        (self.plan.folder / "env").unlink(missing_ok=True)
        running = {process.name: process for process in self._processes.running}
        services = [running[name] for name in self.services if name in running]
        await asyncio.to_thread(self._processes.stop_some, services)
        with contextlib.suppress(httpx.HTTPError):  # Firestore is down, or was never up
            if "firestore" in self.seconds:
                await self.backup.export(self.client, self.plan)
        await asyncio.to_thread(self._processes.stop)
        self._ports.close()
        await self.client.aclose()


async def all_of(*parts: Awaitable[None]) -> None:
    """Wait for all at once; the first that fails ends the others and is raised by itself."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def how_it_ended(code: int) -> str:
    """A return code in words."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
