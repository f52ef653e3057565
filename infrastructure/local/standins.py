"""The stand-ins of one cloud, in one process: storage, Eventarc, clock, sign-in and hosting.

`python -m infrastructure.local.standins PLAN.json`, started by the launcher.
"""

import asyncio
import contextlib
import json
import logging
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from infrastructure.local import auth, eventarc, scheduler
from infrastructure.local.data.journal import TRIGGER, Journal
from infrastructure.local.gcs import Signer, StorageApp, Store
from infrastructure.local.hosting import Hosting
from infrastructure.local.plan import REVIEWER_EMAIL, REVIEWER_PASSWORD, ROOT, Plan
from infrastructure.local.topology import Topology


class Server(uvicorn.Server):
    """A server that leaves the signals to the process, which runs several."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing."""
        yield


async def serve(plan: Plan, topology: Topology) -> None:
    """Run every stand-in until SIGTERM or SIGINT."""
    connection = open_database(plan.data / "storage.sqlite")
    events = eventarc.Eventarc(
        connection,
        topology.project,
        topology.triggers,
        {function: plan.url(function) for function in topology.functions},
    )
    store = Store(connection, plan.data / "gcs", publish=events.object_finalized)
    users = tuple(auth.User(**user) for user in json.loads(plan.users.read_text(encoding="utf-8")))
    accounts = auth.Auth(plan.project, users)
    apps = {
        "storage": StorageApp(store, Signer.of_key_file(plan.signing_key)),
        "eventarc": with_journal(eventarc.create_app(events), Journal(plan.journal)),
        "auth": auth.create_app(accounts, plan.url("web")),
        "web": hosting(plan),
    }
    servers = [server(app, plan.listen_host, plan.ports[name]) for name, app in apps.items()]

    def stop() -> None:
        for each in servers:
            each.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    schedules = {
        plan.url(trigger.function): trigger.every_seconds
        for trigger in topology.triggers
        if trigger.every_seconds
    }
    gathering = topology.gathering
    schedules[f"{plan.url(gathering.function)}{gathering.path}"] = gathering.every_seconds
    tasks = [
        asyncio.create_task(events.deliver_forever()),
        asyncio.create_task(scheduler.call_forever(schedules)),
    ]
    for task in tasks:
        task.add_done_callback(lambda _: stop())  # it only ends by an error: end with it
    await asyncio.gather(*(each.serve() for each in servers))
    for task in tasks:
        if task.done():
            task.result()
        task.cancel()


def with_journal(events: Starlette, journal: Journal) -> Starlette:
    """The relay of events, and beside it the journal, which is no function's."""
    path = f"/functions/projects/{{project}}/triggers/{TRIGGER}"
    return Starlette(
        routes=[Route(path, journal.take, methods=["POST"]), Mount("/", app=events)],
    )


def server(app: Any, host: str, port: int) -> Server:
    """A server of one application; slow clients don't hold up the end."""
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            lifespan="off",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
    )


def hosting(plan: Plan) -> Hosting:
    """The web app, told where the emulators are."""
    return Hosting(
        ROOT / "webapp" / "dist",
        ROOT / "infrastructure" / "firebase.json",
        config={
            "projectId": plan.project,
            "apiKey": "local",
            "apiUrl": plan.url("api"),
            "uploadsBucket": plan.bucket("uploads"),
            "emulators": {"firestore": plan.address("firestore"), "auth": plan.url("auth")},
            "demoUser": {"email": REVIEWER_EMAIL, "password": REVIEWER_PASSWORD},
        },
        origins=(
            *(plan.url(name) for name in ("api", "firestore", "auth", "storage")),
            # Each tab calls Firestore by a name of its own: a host gets six connections at most.
            f"http://*.localhost:{plan.ports['firestore']}",
        ),
    )


def open_database(path: Path) -> sqlite3.Connection:
    """SQLite that a killed process leaves whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(serve(Plan.load(Path(sys.argv[1])), Topology.load()))
