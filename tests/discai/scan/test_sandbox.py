"""What a decoder can't do: these decoders misbehave on purpose."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from discai.errors import PermanentError
from discai.scan.sandbox import Limits, run
from discai.scan.volume import StoredVolume

pytestmark = pytest.mark.process

PACKAGE = "tests.discai.scan.decoders"
LIMITS = Limits(memory_bytes=2**30, cpu_seconds=2, wall_seconds=4.0)


def test_pixels_and_geometry_arrive_whole() -> None:
    volume = run(f"{PACKAGE}.honest", [])
    assert np.array_equal(volume.array, np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    assert volume == replace(
        StoredVolume(volume.array, (4.0, 0.6, 0.5)),
        removed_tags=("PatientName",),
        sources=((1, 0), (0, 5)),
    )


@pytest.mark.parametrize(
    "decoder",
    [
        "crashing",
        "exiting",
        "hungry",
        "endless",
        "sleeping",
        "babbling",
        "failing",
        "miscounting",
    ],
)
def test_a_decoder_that_misbehaves_is_a_permanent_error(decoder: str) -> None:
    with pytest.raises(PermanentError) as refusal:
        run(f"{PACKAGE}.{decoder}", [], LIMITS)
    assert refusal.value.code == "decoder-crashed"


def test_a_decoder_can_write_no_bytes_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "planted"
    with pytest.raises(PermanentError):
        run(f"{PACKAGE}.writing", [target], LIMITS)
    assert not target.exists() or target.stat().st_size == 0


def test_a_decoder_sees_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/secret")
    volume = run(f"{PACKAGE}.spying", [])
    assert volume.removed_tags
    assert "GOOGLE_APPLICATION_CREDENTIALS" in os.environ
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in volume.removed_tags
