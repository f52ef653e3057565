"""A scan's report, as the page asks the api for it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from discai.anatomy import Level
from discai.cloud import paths
from discai.cloud.database import Put
from discai.cloud.labels import LabelRepository
from discai.cloud.scans import ScanRepository
from discai.records.gradings import LabelledGradings
from discai.records.scans import Label, LabelledBox
from functions.api.app import create_api
from tests.support.api import Everybody, nobody_but
from tests.support.memory_database import MemoryDatabase
from tests.support.memory_objects import MemoryObjects
from tests.support.records import SCAN, prediction_of, queued_scan

ADDRESS = f"/scans/{SCAN}/predictions/m1/report"


@pytest.fixture
def database() -> MemoryDatabase:
    """Holds one scan, in which a model has read a herniated L5-S1."""
    database = MemoryDatabase()
    scans = ScanRepository(database)
    scans.create(SCAN, queued_scan())
    scans.claim(SCAN, "worker").finish(prediction_of("m1"), [], {})
    return database


@pytest.fixture
def api(database: MemoryDatabase) -> TestClient:
    given = replace(
        nobody_but(lambda token: {"email": "r@x.org", "email_verified": True}),
        scans=ScanRepository(database),
        labels=LabelRepository(database, MemoryObjects(), "results"),
        reviewers=Everybody("reviewer"),
    )
    return TestClient(create_api(given), headers={"Authorization": "Bearer token"})


def judge(
    database: MemoryDatabase,
    herniation: bool,
    judged: str,
    gradings: dict[Level, LabelledGradings] | None = None,
) -> None:
    box = LabelledBox(
        x=1, y=2, width=3, height=4, level="L5-S1", herniation=herniation, judged=judged
    )
    label = Label(
        kind="correction",
        slices={"1": [box]},
        gradings=gradings or {},
        author="r",
        author_email="r@x.org",
        created_at=datetime.now(UTC),
        model_version="m1",
    )
    database.commit([Put(paths.label(SCAN, "label"), label.to_document())])


def lowest(api: TestClient) -> dict:
    answer = api.get(ADDRESS)
    assert answer.status_code == 200, answer.text
    return answer.json()["findings"][4]


def test_what_nobody_has_judged_is_the_models_word(api):
    said = lowest(api)
    assert (said["by"], said["level"]) == ("model", "L5-S1")
    assert said["text"] == "[not confirmed] L5-S1: disc herniation, by the model (80 %)."
    assert api.get(ADDRESS).json()["remarks"][-1] == "Research use only. Not a medical device."


@pytest.mark.parametrize(
    ("herniation", "text"), [(True, "disc herniation."), (False, "no disc herniation.")]
)
def test_what_a_reviewer_has_judged_is_theirs(api, database, herniation, text):
    judge(database, herniation, "confirmed" if herniation else "changed")
    assert lowest(api) == {"text": f"L5-S1: {text}", "by": "reviewer", "level": "L5-S1"}


def test_a_box_that_was_left_as_it_was_is_still_the_models(api, database):
    judge(database, True, "unseen")
    assert lowest(api)["by"] == "model"


def test_a_model_that_has_not_read_the_scan_has_no_report(api):
    answer = api.get(ADDRESS.replace("m1", "m2"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not-found")


def test_a_reviewers_gradings_are_said_though_they_left_the_answer_unseen(api, database):
    judge(database, True, "unseen", {"L5-S1": LabelledGradings(pfirrmann=4, narrowing=True)})
    model, reviewer = api.get(ADDRESS).json()["findings"][4:6]
    assert model["text"].startswith("[not confirmed] L5-S1: disc herniation, by the model")
    assert reviewer == {
        "text": "L5-S1: Pfirrmann grade 4, narrowed.",
        "by": "reviewer",
        "level": "L5-S1",
    }
