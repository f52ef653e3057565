"""Each test has one kind; a unit test is kept from what is slow or depends on others."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support.kinds import KIND_OF_FIXTURE, KIND_OF_PLACE, KINDS, TESTS, Barrier, kind_of_place
from tests.support.scheduling import LONGEST, scope_of

#: Behind no barrier but its own.
behind_its_own = pytest.mark.process


def connect() -> None:
    with socket.socket() as opened:
        opened.connect(("127.0.0.1", 1))


@behind_its_own
@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (lambda: subprocess.run(["true"]), "starts a program: true"),
        (connect, "opens a connection: ('127.0.0.1', 1)"),
        (lambda: socket.getaddrinfo("localhost", 80), "looks up an address: localhost"),
        (lambda: sys.audit("import", "tensorflow", None, None, None, None), "imports tensorflow"),
    ],
)
def test_what_no_unit_test_may_do_is_stopped_and_told(attempt: Callable[[], object], told: str):
    with Barrier().closed() as breaches, pytest.raises(RuntimeError, match="a unit test"):
        attempt()
    assert breaches == [told]


@behind_its_own
def test_a_barrier_is_open_afterwards():
    with Barrier().closed():
        pass
    assert subprocess.run(["true"], check=False).returncode == 0


def test_a_unit_test_may_have_an_event_loop():
    async def nothing() -> bool:
        return True

    assert asyncio.run(nothing())


def test_a_test_has_one_kind(request):
    assert [mark.name for mark in request.node.iter_markers() if mark.name in KINDS] == ["unit"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("discai/test_manifest.py", None),
        ("discai/backends/test_choice.py", "model"),
        ("infrastructure/test_gcs.py", "infrastructure"),
        ("infrastructure/test_launcher.py", "loop"),
        ("webapp/test_review.py", "web"),
    ],
)
def test_a_place_says_the_kind(path: str, kind: str | None):
    assert kind_of_place(TESTS / path) == kind


def test_places_and_kinds_that_are_named_are_there():
    assert {*KIND_OF_PLACE.values(), *KIND_OF_FIXTURE.values()} <= KINDS.keys()
    for place in (*KIND_OF_PLACE, *LONGEST):
        assert (TESTS / place).exists(), place


def test_a_file_is_one_workers_and_so_is_all_that_needs_the_local_cloud():
    first, second = "tests/discai/test_manifest.py::a", "tests/discai/test_manifest.py::b[1::2]"
    assert scope_of(first) == scope_of(second) != scope_of("tests/discai/test_predictor.py::a")
    assert scope_of("tests/loop/test_doors.py::a") == scope_of("tests/test_readme.py::a")
