"""A real archive for tests: Orthanc, as `make up PACS=1` starts it, and dcmtk's sender."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import requests

from discai.cloud.dicomweb import Archive
from infrastructure.local.errors import SetupError
from infrastructure.local.orthanc import AE_TITLE, find_orthanc, orthanc_command
from infrastructure.local.plan import Plan
from infrastructure.local.supervision.ports import HOST, Ports
from infrastructure.local.supervision.processes import Processes, wait_for_port
from infrastructure.local.usual_ports import ARCHIVE_PORTS
from tests.support.checkout import require_tool
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    """An archive of this test run alone; without Orthanc the test is skipped."""
    require_orthanc()
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as plan:
        yield plan


def require_orthanc() -> None:
    """Skip the test where there is no Orthanc, or fail where CI=true."""
    require_tool("storescu", "apt-get install dcmtk")
    try:
        find_orthanc()
    except SetupError as error:
        require_tool("Orthanc", str(error))


@contextmanager
def running_orthanc(folder: Path) -> Iterator[Plan]:
    """An archive whose studies lie in a folder."""
    with Ports() as ports, Processes(folder / "logs", ports.files) as processes:
        plan = Plan(folder, "demo-discai", {name: ports.hold() for name in ARCHIVE_PORTS}, "")
        process = processes.start("orthanc", orthanc_command(plan))
        for port in plan.ports.values():
            asyncio.run(wait_for_port(process, port, PATIENCE_SECONDS))
        yield plan


def archive_of(plan: Plan) -> Archive:
    """DiscAI's own client of that archive."""
    return Archive(plan.archive_variables()["DICOMWEB_URL"], requests.Session())


def send(plan: Plan, folder: Path, *options: str, host: str = HOST) -> int:
    """Send all DICOM files of a folder as a scanner does; the sender's exit code."""
    command = ["storescu", "-aec", AE_TITLE, *options, "+sd", "+r", host]
    return subprocess.run(
        [*command, str(plan.ports["orthanc-dicom"]), str(folder)],
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    ).returncode


def stored_files(plan: Plan) -> dict[str, bytes]:
    """All files that the archive has, by the ids that it gives them."""
    ids = httpx.get(f"{plan.url('orthanc')}/instances").raise_for_status().json()
    return {each: httpx.get(f"{plan.url('orthanc')}/instances/{each}/file").content for each in ids}
