"""The deployment's smoke test, against the cloud on this machine."""

import pytest

from discai.commands.smoke import SmokeSettings, smoke
from discai.errors import PermanentError
from tests.support.local_cloud import LocalCloud, joined_environment


@pytest.fixture
def joined(local_cloud: LocalCloud, monkeypatch) -> None:
    for name, value in joined_environment(local_cloud).items():
        monkeypatch.setenv(name, value)
    for name in ("REVIEWER_EMAIL", "REVIEWER_PASSWORD"):
        monkeypatch.delenv(name)  # as in a deployment: a reviewer is made for the test


@pytest.mark.usefixtures("joined")
def test_a_reviewer_goes_through_the_cloud_and_leaves_nothing(local_cloud: LocalCloud):
    reviewers = set(local_cloud.database.documents("reviewers"))
    scans = set(local_cloud.database.documents("scans"))
    said = smoke(SmokeSettings.read().model_copy(update={"expected_device": "cpu"}))
    assert said.startswith("Read by 20")
    assert "labelled and exported" in said
    assert "forgotten" in said
    assert set(local_cloud.database.documents("reviewers")) == reviewers
    assert set(local_cloud.database.documents("scans")) == scans


@pytest.mark.usefixtures("joined")
@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("WEB_ORIGIN", "https://elsewhere.example.org", "no CORS rule names https://elsewhere"),
        ("API_URL", "http://127.0.0.1:1", "can't be reached"),
        ("EXPECTED_DEVICE", "gpu", "The worker reads on cpu, .* and not on a gpu"),
    ],
)
def test_a_part_that_is_wrong_fails_it_and_nothing_is_left(
    local_cloud: LocalCloud, monkeypatch, setting, value, sentence
):
    scans = set(local_cloud.database.documents("scans"))
    monkeypatch.setenv(setting, value)
    with pytest.raises(PermanentError, match=sentence):
        smoke(SmokeSettings.read())
    assert set(local_cloud.database.documents("scans")) == scans


@pytest.mark.usefixtures("joined")
def test_a_page_that_is_not_there_fails_it(local_cloud: LocalCloud, monkeypatch):
    monkeypatch.setenv("WEB_URL", local_cloud.environment["API_URL"])
    with pytest.raises(PermanentError, match="answers"):
        smoke(SmokeSettings.read())
