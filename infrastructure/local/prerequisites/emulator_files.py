"""The files of Google's Firestore and Pub/Sub emulators: where they are, and how they get there.

They are looked for where a variable says, in the gcloud SDKs, and in the folder where Firebase's
own tools keep theirs. What is missing goes into that folder, in the version that those pin.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infrastructure.local.errors import SetupError
from infrastructure.local.prerequisites.fetching import CHUNK_BYTES, Fetching, Pin

DOWNLOADS_URL = "https://storage.googleapis.com/firebase-preview-drop/emulator"
PINS = Path(__file__).with_name("pins.json")


@dataclass(frozen=True)
class Emulator:
    """An emulator, and the places where it may be.

    Attributes:
        variable: names a JAR of one's own.
        in_sdk: its JAR below `platform` of a gcloud SDK, as a pattern.
        in_cache: its JAR in the folder of Firebase's tools, as a pattern.
        component: what `gcloud components install` calls it.
        main: the class that runs it.
    """

    key: str
    name: str
    variable: str
    in_sdk: str
    in_cache: str
    component: str
    main: str

    @property
    def pin(self) -> Pin:
        """The file that is fetched."""
        return Pin(**json.loads(PINS.read_text(encoding="utf-8"))[self.key])

    @property
    def pinned_file(self) -> Path:
        """Place of the fetched file."""
        return cache() / self.pin.name

    @property
    def pinned_jars(self) -> str:
        """The fetched JAR below the cache, as a pattern: the file itself, or unpacked from it."""
        _, *deeper = self.in_cache.split("/")
        return "/".join([Path(self.pin.name).stem, *deeper]) if deeper else self.pin.name

    @property
    def url(self) -> str:
        """Address of the file; EMULATOR_DOWNLOADS_URL names a mirror of it."""
        base = os.environ.get("EMULATOR_DOWNLOADS_URL") or DOWNLOADS_URL
        return f"{base.rstrip('/')}/{self.pin.name}"


FIRESTORE = Emulator(
    key="firestore",
    name="Firestore",
    variable="FIRESTORE_EMULATOR_BINARY_PATH",
    in_sdk="cloud-firestore-emulator/cloud-firestore-emulator.jar",
    in_cache="cloud-firestore-emulator-v*.jar",
    component="cloud-firestore-emulator",
    main="com.google.cloud.datastore.emulator.firestore.CloudFirestore",
)
PUBSUB = Emulator(
    key="pubsub",
    name="Pub/Sub",
    variable="PUBSUB_EMULATOR_BINARY_PATH",
    in_sdk="pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar",
    in_cache="pubsub-emulator-*/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar",
    component="pubsub-emulator",
    main="com.google.cloud.pubsub.testing.v1.Main",
)
EMULATORS = (FIRESTORE, PUBSUB)


def jar_of(emulator: Emulator) -> Path:
    """The emulator's JAR; raises `SetupError` saying how to get it."""
    if found := find_jar(emulator):
        return found
    debian = emulator.component.removeprefix("cloud-")
    raise SetupError(
        f"No {emulator.name} emulator found: `make up` fetches it, `gcloud components install "
        f"{emulator.component}` (Debian: apt install google-cloud-cli-{debian}) brings one, "
        f"{emulator.variable} names one."
    )


def find_jar(emulator: Emulator) -> Path | None:
    """The JAR that the variable names, else that of a gcloud SDK, else the pinned or newest cached.

    Raises:
        SetupError: the variable names no file.
    """
    if named := os.environ.get(emulator.variable):
        if Path(named).is_file():
            return Path(named)
        raise SetupError(f"{emulator.variable} names {named}, which is no file.")
    for folder, pattern in (
        *((sdk, emulator.in_sdk) for sdk in sdk_platforms()),
        (cache(), emulator.pinned_jars),
        (cache(), emulator.in_cache),
    ):
        if found := sorted(folder.glob(pattern)):
            return found[-1]
    return None


def cache() -> Path:
    """The folder of Firebase's own tools, with the variable by which they are told another."""
    named = os.environ.get("FIREBASE_EMULATORS_PATH")
    return Path(named) if named else Path.home() / ".cache" / "firebase" / "emulators"


def sdk_platforms() -> Iterator[Path]:
    """The `platform` folders of the gcloud SDKs on this machine."""
    if gcloud := shutil.which("gcloud"):
        yield Path(gcloud).resolve().parents[1] / "platform"
    for folder in (Path.home() / "google-cloud-sdk", Path("/usr/lib/google-cloud-sdk")):
        yield folder / "platform"


def refuse_damaged(emulator: Emulator, say: Callable[[str], None]) -> None:
    """Remove what is cached of the pinned file if it is not that file, and say so."""
    if not (file := emulator.pinned_file).is_file():
        return
    if fault := emulator.pin.fault(file):
        say(f"{file} {fault}: it is damaged, and fetched again.")
        file.unlink()
        if file.suffix == ".zip":
            shutil.rmtree(file.with_suffix(""), ignore_errors=True)
    else:
        unpack(file)


def take_copy(emulator: Emulator, say: Callable[[str], None]) -> bool:
    """Take the pinned file out of the folder that EMULATOR_COPIES names, if it has it whole."""
    folder = os.environ.get("EMULATOR_COPIES")
    if not folder or not (copy := Path(folder) / emulator.pin.name).is_file():
        return False
    if fault := emulator.pin.fault(copy):
        say(f"{copy} {fault}: it is damaged, and not used.")
        return False
    with writing_cache():
        new = emulator.pinned_file.with_name(f"{emulator.pin.name}.copy-{os.getpid()}")
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, new)
        new.replace(emulator.pinned_file)
        unpack(emulator.pinned_file)
    return True


def fetch(emulator: Emulator, say: Callable[[str], None]) -> None:
    """Download the pinned file into the cache; raises `SetupError` if it can't be had."""
    with writing_cache():
        Fetching(emulator.pin, emulator.url, emulator.pinned_file, say).run()
        unpack(emulator.pinned_file)


@contextmanager
def writing_cache() -> Iterator[None]:
    """Turn what keeps the cache from being written into a sentence."""
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"{cache()} can't be written ({error.strerror}): mend that, or name another folder "
            "in FIREBASE_EMULATORS_PATH."
        ) from error


def unpack(file: Path) -> None:
    """Unpack an archive beside itself, as Firebase's tools do; a JAR stays as it is."""
    if file.suffix != ".zip" or is_unpacked(file):
        return
    folder = file.with_suffix("")
    new = file.with_name(f"{folder.name}.unpacked-{os.getpid()}")
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, new))
            if (entry.external_attr >> 16) & 0o100:
                path.chmod(0o755)
    shutil.rmtree(folder, ignore_errors=True)  # whole or not at all, for who looks meanwhile
    new.rename(folder)


def is_unpacked(file: Path) -> bool:
    """Tell if all files of an archive lie beside it, byte by byte."""
    with zipfile.ZipFile(file) as archive:
        return all(
            same(file.with_suffix("") / entry.filename, entry)
            for entry in archive.infolist()
            if not entry.is_dir()
        )


def same(path: Path, entry: zipfile.ZipInfo) -> bool:
    """Tell if a file has the size and the checksum that an archive says."""
    if not path.is_file() or path.stat().st_size != entry.file_size:
        return False
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            checksum = zlib.crc32(chunk, checksum)
    return checksum == entry.CRC
