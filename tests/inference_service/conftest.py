"""Workers as processes of their own, and scans for them."""

import base64
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import requests

from discai.cloud.paths import scan_id
from discai.cloud.scans import ScanRepository, request_for
from discai.records.scans import InferenceRequest, ScanRecord, StoredObject
from tests.support.checkout import ROOT
from tests.support.ports import free_port
from tests.support.records import queued_scan
from tests.support.scan_files import mha_bytes
from tests.support.waiting import PATIENCE_SECONDS, wait_until


def push_body(request: InferenceRequest) -> dict:
    """A request as Pub/Sub pushes it."""
    data = base64.b64encode(request.model_dump_json(by_alias=True).encode()).decode()
    return {"message": {"data": data, "messageId": "1"}, "subscription": "projects/p/…"}


class RunningWorker:
    """One worker process."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with log.open("w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.fake_worker"],
                cwd=ROOT,
                env={**os.environ, **environment, "PORT": str(self.port)},
                stderr=output,
            )
        wait_until(lambda: self.get("/readyz") == 200)

    def get(self, path: str) -> int:
        """The status of a page, 0 while nobody listens."""
        try:
            return requests.get(self.url + path, timeout=PATIENCE_SECONDS).status_code
        except requests.ConnectionError:
            return 0

    def push(self, request: InferenceRequest) -> int:
        """The status of the answer to a push, 0 if the worker died over it."""
        try:
            return requests.post(
                self.url, json=push_body(request), timeout=PATIENCE_SECONDS
            ).status_code
        except requests.ConnectionError:
            return 0

    def connections(self) -> list[Any]:
        """Those on which somebody waits for an answer."""
        opened = psutil.Process(self.process.pid).net_connections("tcp")
        return [
            each
            for each in opened
            if each.status == psutil.CONN_ESTABLISHED and each.laddr.port == self.port
        ]

    def close(self) -> None:
        """Ends it."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def start_worker(cloud, tmp_path) -> Iterator[Callable[..., RunningWorker]]:
    """Starts workers with more environment variables; ends them all after the test."""
    workers: list[RunningWorker] = []

    def start(**environment: str) -> RunningWorker:
        workers.append(RunningWorker(environment, tmp_path / f"{len(workers)}.log"))
        return workers[-1]

    yield start
    for worker in workers:
        worker.close()


@pytest.fixture
def scans(cloud) -> ScanRepository:
    return ScanRepository(cloud.database)


@pytest.fixture
def upload(cloud, scans) -> Callable[..., InferenceRequest]:
    """Uploads bytes (by default a small volume) and queues them as a scan."""

    def upload(data: bytes | None = None, name: str = "0a/scan.mha") -> InferenceRequest:
        if data is None:
            volume = np.arange(5 * 40 * 40, dtype=np.int16).reshape(5, 40, 40)
            data = mha_bytes(volume, (4.0, 0.5, 0.5))
        blob = cloud.storage.bucket(cloud.uploads).blob(name)
        blob.upload_from_string(data)
        stored = StoredObject(
            bucket=cloud.uploads, name=name, generation=blob.generation, size=len(data)
        )
        scan: ScanRecord = queued_scan(stored)
        key = scan_id(stored.bucket, stored.name, stored.generation)
        scans.create(key, scan)
        return request_for(key, scan)

    return upload
