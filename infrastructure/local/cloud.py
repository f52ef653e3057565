"""`LocalCloud`: every process of the cloud on one machine, from the first to the last."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import time
from collections.abc import Awaitable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

import httpx

from infrastructure.local.auth import User
from infrastructure.local.data.documents import Documents
from infrastructure.local.data.journal import Journal
from infrastructure.local.data.persistence import FirestoreBackup, announce_unfinished_uploads
from infrastructure.local.data.restoring import replay, writes_of
from infrastructure.local.errors import SetupError
from infrastructure.local.keys import ensure_secret, ensure_signing_key
from infrastructure.local.orthanc import find_orthanc
from infrastructure.local.parts import (
    ARCHIVE_WATCH,
    DATA,
    FIRESTORE,
    FUNCTIONS,
    ORTHANC,
    PUBSUB,
    SERVICES,
    STAND_INS,
    VERTEX,
    WORKER,
    Commands,
)
from infrastructure.local.plan import (
    COLLEAGUE_EMAIL,
    REVIEWER_EMAIL,
    REVIEWER_PASSWORD,
    ROOT,
    Plan,
)
from infrastructure.local.resources import (
    create_buckets,
    create_document_triggers,
    create_reviewer,
    create_subscriptions,
    seed_model,
)
from infrastructure.local.supervision.memory import MemoryWatch
from infrastructure.local.supervision.ports import HOST, Ports
from infrastructure.local.supervision.processes import Processes, wait_for_http, wait_for_port
from infrastructure.local.supervision.supervisor import Say, Supervisor
from infrastructure.local.topology import Topology

READY_SECONDS = 900.0  # a process that ends before is told of at once
ANNOUNCE_AGAIN_SECONDS = 30.0
RETRY_SECONDS = 2.0
GAP_SECONDS = 5.0


class LocalCloud:
    """The cloud while its context lasts; entering it waits until everything is ready.

    With `retraining` it has a Vertex AI and synthetic patients, so that enough corrections start a
    run; that takes three seconds more, and eight at the first time, when patients are drawn. With
    `pacs` it has an archive, to which studies can be sent.

    Attributes:
        seconds: since the start, when each part was ready.
    """

    def __init__(
        self, folder: Path, lock: int, say: Say, *, retraining: bool, pacs: bool = False
    ) -> None:
        if pacs:
            find_orthanc()  # before anything is started
        self.topology = Topology.load()
        self.say = say
        folder.mkdir(parents=True, exist_ok=True)
        self._ports = Ports(os.environ.get("LISTEN_HOST") or HOST)
        self.plan = Plan.make(folder, self.topology, self._ports, pacs=pacs)
        journal = Journal(self.plan.journal)
        self.backup = FirestoreBackup(self.plan.data / "firestore", self.plan.project, journal)
        self.seconds: dict[str, float] = {}
        self._lock = lock
        self._retraining = retraining
        self._started_at = time.monotonic()
        self._began = datetime.now(UTC)
        self._messages_lost = asyncio.Event()
        self._restoring_port: int | None = None

    async def __aenter__(self) -> Self:
        logs = self.plan.folder / "logs"
        shutil.rmtree(logs, ignore_errors=True)
        self.client = httpx.AsyncClient(timeout=READY_SECONDS)
        self.documents = Documents(self.client, self.plan.url(FIRESTORE), self.plan.project)
        self._processes = Processes(logs, keep_open=(self._lock, *self._ports.files))
        self._supervisor = Supervisor(self._processes, self._start_again, self.say, DATA)
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

    def timetable(self) -> str:
        """Time at which each part was ready, for people."""
        parts = sorted(self.seconds.items(), key=lambda part: part[1])
        return " · ".join(f"{name} {seconds:.1f}" for name, seconds in parts)

    async def watch(self) -> None:
        """Start parts again that die or hang; `SetupError` if one can't be kept alive."""
        heap = self._commands.firestore_heap_mb
        memory = MemoryWatch(
            self._commands.firestore_log,
            heap,
            self.say,
            # Not after an export, for which there may be no memory left: the journal has the rest.
            lambda reason: self._supervisor.replace(FIRESTORE, reason, signal.SIGTERM),
        )
        await all_of(
            self._supervisor.watch(),
            self._supervisor.replace_silent(self._commands.addresses(self._retraining)),
            self.backup.export_forever(self.client, self.plan.url(FIRESTORE), self.say),
            memory.watch(),
            self._announce_what_was_lost(),
        )

    # Start

    async def _start(self) -> None:
        self._write_files()
        self._commands = Commands(self.plan, self.topology)
        # The slowest first: the worker imports TensorFlow while the JVMs start.
        self._launch(WORKER)
        if self.backup.is_whole():
            self._launch(FIRESTORE)
        self._launch(PUBSUB)
        self._launch(STAND_INS)
        if self.plan.has_archive:
            self._launch(ORTHANC)
        if FIRESTORE not in self._supervisor.by_name:
            await self._restore()
            self._launch(FIRESTORE)
        awaited = [self._usable(FIRESTORE), self._usable(STAND_INS)]
        if self._retraining:
            self._launch(VERTEX)
            await all_of(*awaited)
            await self._prepare_retraining()
            awaited = []
        self._launch(FUNCTIONS)
        self._write_process_ids()
        last = (PUBSUB, FUNCTIONS, WORKER, *([ORTHANC] if self.plan.has_archive else []))
        await all_of(*awaited, *(self._usable(name) for name in last))
        if self.plan.has_archive:
            self._launch(ARCHIVE_WATCH)
            self._write_process_ids()
        await self._announce()
        more = self._commands.retraining_variables
        await asyncio.to_thread(self.plan.write_shell_variables, more)

    def _write_files(self) -> None:
        self.plan.save()
        self.plan.data.mkdir(exist_ok=True)
        ensure_signing_key(self.plan.signing_key, self.plan.project)
        ensure_secret(self.plan.study_keys_secret)
        reviewer = User("reviewer", REVIEWER_EMAIL, REVIEWER_PASSWORD, "Local reviewer")
        colleague = User("colleague", COLLEAGUE_EMAIL, REVIEWER_PASSWORD, "Local colleague")
        self.plan.users.write_text(json.dumps([asdict(reviewer), asdict(colleague)]))

    def _launch(self, name: str) -> None:
        command, variables = self._commands.of(name, self.backup.newest())
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **variables}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._supervisor.started(self._processes.start(name, command, environment, cwd=ROOT))

    async def _usable(self, name: str) -> None:
        """Wait until a part is of use, with all that has to be in it."""
        process = self._supervisor.by_name[name]
        for port in self._commands.ports(name):
            await wait_for_port(process, port, READY_SECONDS)
        if name == FIRESTORE:
            await create_reviewer(self.documents)
            await create_document_triggers(self.client, self.plan, self.topology)
        elif name == PUBSUB:
            await create_subscriptions(self.client, self.plan, self.topology)
        elif name == STAND_INS:
            await create_buckets(self.client, self.plan, self.topology)
            await seed_model(self.client, self.plan)
        elif name == WORKER:
            await wait_for_http(process, self.plan.ports[WORKER], "/readyz", READY_SECONDS)
        self.seconds.setdefault(name, time.monotonic() - self._started_at)

    async def _restore(self) -> None:
        """Export what the newest export and the journal have together, in an emulator aside."""
        self._restoring_port = port = self._restoring_port or self._ports.hold()
        command = self._commands.firestore(port, self.backup.newest())
        process = self._processes.start("firestore-restoring", command, cwd=ROOT)
        try:
            await wait_for_http(process, port, "/", READY_SECONDS)
            writes = await asyncio.to_thread(writes_of, self.backup.journal.events())
            url = f"http://{HOST}:{port}"
            if refused := await replay(url, self.plan.project, writes):
                self.say(f"{refused} of Firestore's last {len(writes)} documents can't be restored")
            await self.backup.export(self.client, url)
        finally:
            await asyncio.to_thread(self._processes.stop_some, [process])

    async def _prepare_retraining(self) -> None:
        """The pipeline, its data and the first model in production."""
        command = self._commands.preparation()
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
        self._commands.retraining_variables = json.loads(written)
        self.seconds["retraining"] = time.monotonic() - self._started_at

    # While it runs

    async def _start_again(self, name: str) -> None:
        if name == FIRESTORE and not self.backup.is_whole():
            await self._restore()
        if name == STAND_INS:
            await self._export_with_gap()  # nobody writes the journal meanwhile
        self._launch(name)
        self._write_process_ids()
        await self._usable(name)
        if name in (FIRESTORE, PUBSUB):
            self._messages_lost.set()
        if name == STAND_INS:
            await self._export_with_gap()

    async def _export_with_gap(self) -> None:
        self.backup.has_gap = True
        with contextlib.suppress(httpx.HTTPError, TimeoutError):  # it is down, too
            async with asyncio.timeout(GAP_SECONDS):
                await self.backup.export(self.client, self.plan.url(FIRESTORE))

    async def _announce(self) -> None:
        await announce_unfinished_uploads(self.client, self.plan, self.documents, self._began)

    async def _announce_what_was_lost(self) -> NoReturn:
        """Announce unfinished scans after a loss, and again for those that a worker had then."""
        while True:
            await self._messages_lost.wait()
            self._messages_lost.clear()
            for pause in (0.0, ANNOUNCE_AGAIN_SECONDS):
                await asyncio.sleep(pause)
                try:
                    await self._announce()
                except httpx.HTTPError:  # another part is down, too
                    await asyncio.sleep(RETRY_SECONDS)
                    self._messages_lost.set()
                    break

    def _write_process_ids(self) -> None:
        ids = {name: process.popen.pid for name, process in self._supervisor.by_name.items()}
        new = self.plan.folder / "processes.json.new"  # readers must find it whole
        new.write_text(json.dumps(ids, indent=2))
        new.replace(self.plan.folder / "processes.json")

    # Stop

    async def _stop(self) -> None:
        """First who writes, then what is written to, exported in between."""
        (self.plan.folder / "env").unlink(missing_ok=True)
        await self._stop_parts(SERVICES)
        with contextlib.suppress(httpx.HTTPError):  # Firestore is down, or was never up
            if FIRESTORE in self.seconds:
                await self.backup.export(self.client, self.plan.url(FIRESTORE))
        await self._stop_parts((FIRESTORE,))  # the journal hears of all that it takes until then
        await asyncio.to_thread(self._processes.stop)
        self.backup.settle()
        self._ports.close()
        await self.client.aclose()

    async def _stop_parts(self, names: tuple[str, ...]) -> None:
        stopping = [process for process in self._processes.running if process.name in names]
        await asyncio.to_thread(self._processes.stop_some, stopping)


async def all_of(*parts: Awaitable[None]) -> None:
    """Wait for all at once; the first that fails ends the others and is raised by itself."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
