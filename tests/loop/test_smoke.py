"""The deployment's smoke test, against the cloud on this machine."""

import pytest

from discai.commands.smoke import SmokeSettings, is_right, smoke
from discai.errors import PermanentError
from tests.support.local_cloud import LocalCloud, joined_environment

RIGHT = {"L1-L2": 0.1, "L2-L3": 0.1, "L3-L4": 0.1, "L4-L5": 0.6, "L5-S1": 0.2}


@pytest.mark.parametrize(
    ("herniations", "right"),
    [
        (RIGHT, True),
        ({**RIGHT, "L4-L5": 0.15}, False),
        ({level: p for level, p in RIGHT.items() if level != "L1-L2"}, False),
    ],
)
def test_a_phantom_is_right_with_five_discs_and_the_herniated_one_ahead(herniations, right):
    assert is_right(herniations) is right


def test_a_phantom_goes_through_the_cloud_and_leaves_nothing(
    local_cloud: LocalCloud, monkeypatch
) -> None:
    for name, value in joined_environment(local_cloud).items():
        monkeypatch.setenv(name, value)
    said = smoke(SmokeSettings.read())
    assert said.startswith("Read by 20")
    assert "forgotten" in said


def test_a_page_that_is_not_there_fails_it(local_cloud: LocalCloud, monkeypatch) -> None:
    for name, value in joined_environment(local_cloud).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WEB_URL", local_cloud.environment["API_URL"])
    with pytest.raises(PermanentError, match="answers"):
        smoke(SmokeSettings.read())
