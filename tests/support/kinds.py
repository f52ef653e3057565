"""The kinds of tests, and what a unit test may not do.

A test is of the kind that its module is marked with, else of its place's, else of its fixtures';
all others are unit tests. `pytest -m KIND` runs one kind, and imports no module of another place.
"""

import socket
import sys
from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import ROOT

KINDS = {
    "unit": "starts no program, opens no connection and imports no TensorFlow",
    "process": "starts programs: decoders in their sandbox, `discai` as typed",
    "model": "trains, runs or measures models: imports TensorFlow, or takes a while",
    "emulator": "needs the Firestore and Pub/Sub emulators (Java), or our Cloud Storage",
    "infrastructure": "Terraform, images, builds, rules and what the local cloud consists of",
    "loop": "needs the whole local cloud",
    "web": "shows the web app in Chromium",
}

#: Below `tests/`; the longest path that fits counts. Modules that import TensorFlow are here, and
#: not marked by themselves, so that unit tests can do without importing them.
KIND_OF_PLACE = {
    "discai/backends": "model",
    "discai/herniation/test_network.py": "model",
    "discai/segmentation/test_network.py": "model",
    "discai/test_predictor.py": "model",
    "infrastructure": "infrastructure",
    "infrastructure/test_launcher.py": "loop",
    "loop": "loop",
    "pipeline/commands/test_bootstrap.py": "model",
    "pipeline/evaluation/test_measure.py": "model",
    "pipeline/retraining/test_recorder.py": "emulator",
    "pipeline/retraining/test_segmentation.py": "model",
    "pipeline/retraining/test_steps.py": "model",
    "pipeline/retraining/test_training_logs.py": "model",
    "pipeline/training/test_herniation.py": "model",
    "pipeline/training/test_progress.py": "model",
    "pipeline/training/test_search.py": "model",
    "pipeline/training/test_segmentation.py": "model",
    "pipeline/training/test_segmentation_folds.py": "model",
    "test_docs.py": "process",
    "test_layers.py": "process",
    "test_readme.py": "loop",
    "webapp": "web",
}

#: The first that a test has counts.
KIND_OF_FIXTURE = {
    "local_cloud": "loop",
    "firestore_address": "emulator",
    "pubsub_address": "emulator",
    "storage_url": "emulator",
    "vertex": "emulator",
    "orthanc": "process",
    "data_dir": "model",
}

TESTS = ROOT / "tests"


def kind_of_place(path: Path) -> str | None:
    """The kind of all tests below a path; None where it depends on the test."""
    place = path.relative_to(TESTS)
    fitting = [each for each in (place, *place.parents) if str(each) in KIND_OF_PLACE]
    return KIND_OF_PLACE[str(fitting[0])] if fitting else None


def kind_of(item: pytest.Item) -> str:
    """The one kind of a test."""
    for mark in item.iter_markers():
        if mark.name in KINDS:
            return mark.name
    if place := kind_of_place(item.path):
        return place
    fixtures: Collection[str] = getattr(item, "fixturenames", ())
    return next((kind for name, kind in KIND_OF_FIXTURE.items() if name in fixtures), "unit")


def pytest_configure(config: pytest.Config) -> None:
    for kind, needs in KINDS.items():
        config.addinivalue_line("markers", f"{kind}: {needs}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out where the asked kind has no test: importing it may take longer than the tests."""
    asked = config.option.markexpr
    if asked not in KINDS or not collection_path.is_relative_to(TESTS):
        return None
    within = {
        kind for place, kind in KIND_OF_PLACE.items() if collection_path in (TESTS / place).parents
    }
    other = kind_of_place(collection_path) not in (None, asked)
    return True if other and asked not in within else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        kind = kind_of(item)
        if not any(mark.name == kind for mark in item.iter_markers()):
            item.add_marker(kind)


class Barrier:
    """Keeps a unit test from what makes tests slow or depend on others, and says what it was.

    Calls of gRPC go past Python's sockets: only their client libraries' other sockets are seen.
    """

    PROGRAMS = (
        "subprocess.Popen",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.system",
    )
    CONNECTIONS = ("socket.bind", "socket.connect", "socket.sendto")
    SLOW_LIBRARIES = ("keras", "tensorflow")

    def __init__(self) -> None:
        self._closed = False
        self._breaches: list[str] = []
        self._hooked = False

    @contextmanager
    def closed(self) -> Iterator[list[str]]:
        """Stops what must not be; what that was, for who swallows the error."""
        if not self._hooked:
            sys.addaudithook(self._listen)
            self._hooked = True
        self._closed, self._breaches = True, []
        try:
            yield self._breaches
        finally:
            self._closed = False

    def _listen(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._closed and (breach := self._breach(event, arguments)):
            self._breaches.append(breach)
            raise RuntimeError(f"a unit test {breach}")

    def _breach(self, event: str, arguments: tuple[Any, ...]) -> str | None:
        if event in self.PROGRAMS:
            return f"starts a program: {arguments[0] if arguments else event}"
        if event in self.CONNECTIONS and arguments[0].family != socket.AF_UNIX:
            return f"opens a connection: {arguments[1]}"
        if event == "socket.getaddrinfo":
            return f"looks up an address: {arguments[0]}"
        if event == "import" and arguments[0] in self.SLOW_LIBRARIES:
            return f"imports {arguments[0]}"
        return None


BARRIER = Barrier()


def guarded(item: pytest.Item) -> Generator[None, object, object]:
    """One phase of a test, behind the barrier if it is a unit test."""
    if item.get_closest_marker("unit") is None:
        return (yield)
    with BARRIER.closed() as breaches:
        result = yield
    if breaches:
        pytest.fail(f"a unit test {' and '.join(breaches)}", pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, object, object]:
    """Where unit tests alone are asked for, their modules may import no more than they."""
    if collector.config.option.markexpr != "unit":
        return (yield)
    with BARRIER.closed():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from guarded(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from guarded(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from guarded(item))
