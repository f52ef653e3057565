"""Ports that clouds hold against each other, and who counts as ready there."""

import asyncio
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from infrastructure.local.errors import SetupError
from infrastructure.local.plan import Plan
from infrastructure.local.supervision import processes
from infrastructure.local.supervision.ports import HOST, Ports, is_free
from infrastructure.local.supervision.processes import Processes, wait_for_http, wait_for_port
from infrastructure.local.topology import Topology
from tests.support.ports import free_port

LISTEN = (
    "import socket, time; s = socket.create_server(('127.0.0.1', int({port})));"
    "print('listening', flush=True); time.sleep(600)"
)


def test_clouds_that_plan_in_the_same_moment_share_no_port(tmp_path):
    topology = Topology.load()

    def plan(number: int) -> tuple[Ports, Plan]:
        folder = tmp_path / str(number)
        folder.mkdir()
        ports = Ports(folder=tmp_path)
        return ports, Plan.make(folder, topology, ports)

    with ThreadPoolExecutor(8) as threads:
        planned = list(threads.map(plan, range(8)))
    taken = [port for _, each in planned for port in each.ports.values()]
    assert len(taken) == len(set(taken)) == 8 * len(planned[0][1].ports)
    for ports, _ in planned:
        ports.close()


def test_a_port_is_free_again_once_its_holder_and_who_keeps_its_file_are_gone(tmp_path):
    ports = Ports(folder=tmp_path)
    port = ports.hold(free_port())
    watchdog = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=ports.files
    )
    ports.close()
    with Ports(folder=tmp_path) as others:
        assert others.hold(port) != port
    watchdog.communicate(b"\n")
    with Ports(folder=tmp_path) as others:
        assert others.hold(port) == port


def test_a_port_on_which_a_program_listens_is_passed_over(tmp_path):
    with socket.create_server((HOST, 0)) as server, Ports(folder=tmp_path) as ports:
        port = server.getsockname()[1]
        assert not is_free(HOST, port)
        assert ports.hold(port) != port


def test_only_the_process_itself_counts_as_ready(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "FOREIGN_SECONDS", 0.1)
    with socket.create_server((HOST, 0)) as foreign, Processes(tmp_path) as started:
        port = foreign.getsockname()[1]
        idle = started.start("worker", [sys.executable, "-c", "import time; time.sleep(600)"])
        with pytest.raises(SetupError, match=f"worker can't listen on port {port}"):
            asyncio.run(wait_for_http(idle, port, "/readyz", 60))
        port = free_port()
        own = started.start("web", [sys.executable, "-c", LISTEN.format(port=port)])
        asyncio.run(wait_for_port(own, port, 60))
        assert own.listens_on(port)
        assert not idle.listens_on(port)
