"""Our Cloud Storage as its own server in a thread, which can be restarted."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import uvicorn
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.oauth2 import service_account

from infrastructure.local.gcs import Signer, StorageApp, Store
from infrastructure.local.keys import ensure_signing_key
from infrastructure.local.standins import Server, open_database
from infrastructure.local.supervision.ports import HOST
from tests.support.ports import free_port
from tests.support.waiting import PATIENCE_SECONDS

WEB = "http://127.0.0.1:5173"
PROJECT = "demo-test"
BUCKET = f"{PROJECT}-uploads"


class RunningStorage:
    """Storage on a free port; `finalized` collects the objects that were announced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.finalized: list[dict[str, Any]] = []
        self.key = folder / "signing-key.json"
        ensure_signing_key(self.key, PROJECT)
        self.start()

    @property
    def credentials(self) -> service_account.Credentials:
        return service_account.Credentials.from_service_account_file(str(self.key))

    def client(self) -> storage.Client:
        return storage.Client(
            project=PROJECT,
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": self.url},
        )

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(PATIENCE_SECONDS)

    async def _serve(self, ready: threading.Event) -> None:
        connection = open_database(self.folder / "storage.sqlite")
        store = Store(
            connection, self.folder / "gcs", lambda _, resource: self.finalized.append(resource)
        )
        app = StorageApp(store, Signer.of_key_file(self.key))
        self._server = Server(
            uvicorn.Config(app, host=HOST, port=self.port, lifespan="off", log_level="warning")
        )
        serving = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)
        ready.set()
        await serving
        connection.close()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def restart(self) -> None:
        self.stop()
        self.start()
