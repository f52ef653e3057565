"""Hostile files are refused with a clear code, soon, and without eating memory."""

import resource
from pathlib import Path

import psutil
import pytest

from discai.errors import PermanentError
from discai.scan import read_scan
from tests.support.hostile_files import make_hostile_files

pytestmark = pytest.mark.process

#: Of a processor, whoever else uses it; a refusal takes 0.3 at most.
SECONDS = 20.0
MIB = 2**20


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, set[str]]]:
    folder = tmp_path_factory.mktemp("hostile")
    return folder, make_hostile_files(folder)


def processor_seconds() -> float:
    """What this process and the decoders that have ended have used so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def test_every_hostile_file_is_refused_with_a_clear_code(
    hostile: tuple[Path, dict[str, set[str]]],
) -> None:
    folder, expected = hostile
    assert len(expected) >= 50
    before = psutil.Process().memory_info().rss
    children = set(psutil.Process().children())  # the cloud of other tests, where it runs
    answers = {}
    for name in expected:
        before_it = processor_seconds()
        with pytest.raises(PermanentError) as refusal:
            read_scan(folder / name)
        assert processor_seconds() - before_it < SECONDS, name
        answers[name] = refusal.value
    wrong = {n: e.code for n, e in answers.items() if e.code not in expected[n]}
    assert not wrong
    for error in answers.values():
        assert error.message.endswith(".")
        assert str(folder) not in error.message
    assert psutil.Process().memory_info().rss - before < 200 * MIB
    assert set(psutil.Process().children()) <= children


def test_folders_and_fifos_are_no_images(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "fifo.mha")
    for path in (tmp_path, tmp_path / "fifo.mha", tmp_path / "missing.mha"):
        with pytest.raises(PermanentError) as refusal:
            read_scan(path)
        assert refusal.value.code == "not-an-image"
