"""`pytest -n 2`: two lanes that share the tests and nothing else; one file stays in one lane.

A lane is a process with emulators, clouds and browsers of its own. What takes long starts first,
lest one lane wait for the other in the end. Without `-n` all this changes nothing.
"""

import os
from random import SystemRandom

import pytest
from xdist.scheduler import LoadScopeScheduling

from infrastructure.local import processes

LANE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
LANES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
#: Below those that the system gives to whoever asks for any, above all that browsers refuse.
FIRST_PORT, LAST_PORT = 11_000, 32_000

#: Files that stay together: of the session's cloud (and gcloud's one folder of settings), and of
#: Terraform with its providers, there is one for all.
TOGETHER = {
    "cloud": (
        "tests/loop/",
        "tests/infrastructure/test_gcs.py",
        "tests/infrastructure/test_launcher.py",
        "tests/test_readme.py",
    ),
    "terraform": ("tests/infrastructure/test_terraform",),
}
#: The longest first; all others follow in the order of their names.
LONG = (
    "tests/webapp/test_retraining.py",
    "cloud",
    "tests/pipeline/test_steps.py",
    "terraform",
    "tests/webapp/test_upload.py",
    "tests/discai/test_predictor.py",
    "tests/pipeline/test_herniation.py",
    "tests/infrastructure/test_images.py",
    "tests/discai/test_geometry.py",
    "tests/pipeline/test_segmentation.py",
    "tests/pipeline/test_progress.py",
)


def free_port() -> int:
    """A free port of this lane's own: of two that look at once, both might find any other free."""
    while True:
        port = LANE + LANES * SystemRandom().randrange(FIRST_PORT // LANES, LAST_PORT // LANES)
        if processes.free_port(port) == port:
            return port


def unit_of(test: str) -> str:
    """What one lane runs as a whole: the file of a test, or several that stay together."""
    file = test.split("::", 1)[0]
    return next((name for name, files in TOGETHER.items() if file.startswith(files)), file)


class Lanes(LoadScopeScheduling):
    """Gives a lane the next unit when it has finished its last."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Lanes:
    """In the order of the tests, not of how many a file has."""
    config.option.loadscopereorder = False
    return Lanes(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sorts the tests of a lane; without lanes they stay in the order of their names."""
    if LANES > 1:
        ranks = {unit: rank for rank, unit in enumerate(LONG)}
        items.sort(key=lambda item: ranks.get(unit_of(item.nodeid), len(LONG)))


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Names a test as soon as it fails: the dots of two lanes don't say whose they are."""
    if not report.failed:
        return None
    kind = "failed" if report.when == "call" else "error"
    return kind, f"\n{kind.upper()} {report.nodeid}\n", kind.upper()
