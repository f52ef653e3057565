"""Scans for the whole loop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from discai.phantom import PhantomOptions, draw_phantom, write_phantom
from tests.support.local_cloud import LocalCloud, running_cloud
from tests.support.orthanc import require_orthanc


@pytest.fixture(scope="session")
def pacs_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud with an archive; without Orthanc the test is skipped."""
    require_orthanc()
    with running_cloud(tmp_path_factory.mktemp("cloud"), pacs=True) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def phantom_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A phantom with a herniated L4-L5."""
    path = tmp_path_factory.mktemp("phantom") / "phantom.mha"
    write_phantom(draw_phantom(), path)
    return path


@pytest.fixture(scope="session")
def small_phantom_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with few slices, where many scans are read."""
    path = tmp_path_factory.mktemp("phantom") / "small.mha"
    write_phantom(draw_phantom(PhantomOptions(slices=3)), path)
    return path
