"""The deployment's smoke test where a part is broken; tests/loop has the cloud where all works."""

import base64
import json
from datetime import UTC, datetime

import pytest
import requests

from discai.cloud import paths
from discai.cloud.database import Put
from discai.cloud.scans import ScanRepository
from discai.commands import front_door, smoke
from discai.commands.front_door import FrontDoor, FrontDoorSettings
from discai.commands.smoke import SmokeSettings, is_right
from discai.errors import PermanentError
from discai.records.api import ArtifactUrls, UploadSession
from discai.records.models import RetrainingControl
from tests.support.memory_database import MemoryDatabase
from tests.support.records import prediction_of

RIGHT = {"L1-L2": 0.1, "L2-L3": 0.1, "L3-L4": 0.1, "L4-L5": 0.6, "L5-S1": 0.2}
SCAN = "a" * 26
PAGE = "https://discs.example.org"
SETTINGS = FrontDoorSettings(
    google_cloud_project="demo",
    web_origin=PAGE,
    api_url="https://discs.example.org/api",
    reviewer_email="r@example.org",
    reviewer_password="secret",
)
CLAIMS = base64.urlsafe_b64encode(json.dumps({"sub": "u", "email": "r@example.org"}).encode())
TOKEN = f"x.{CLAIMS.decode().rstrip('=')}.y"
SESSION = UploadSession(upload_url="https://bucket/session", bucket="uploads", object_name="a")
PICTURES = "https://bucket/pictures"
ARTIFACTS = ArtifactUrls(expires_at=datetime.now(UTC), pictures=PICTURES, slices=[], masks=[])
EARLIER = ArtifactUrls(expires_at=datetime.now(UTC), pictures=None, slices=["s"], masks=["m"])


def said(status: int, body: bytes = b"", origin: str | None = None) -> requests.Response:
    answer = requests.Response()
    answer.status_code, answer._content = status, body
    if origin:
        answer.headers["Access-Control-Allow-Origin"] = origin
    return answer


class Deployment:
    """Answers of one where all is well, but for what is said otherwise."""

    def __init__(self, **broken: requests.Response) -> None:
        self.answers = {
            "stranger": said(401),
            "session": said(201, SESSION.model_dump_json(by_alias=True).encode()),
            "preflight": said(200, origin=PAGE),
            "artifacts": said(200, ARTIFACTS.model_dump_json(by_alias=True).encode()),
            "picture": said(206, b"\x89PNG", origin=PAGE),
            "mine": said(200),
            "theirs": said(403),
            "changed": said(403),
            "label": said(200),
        } | broken
        self.label: dict = {}

    def __call__(self, method: str, url: str, **options) -> requests.Response:
        is_mine = "Authorization" in options.get("headers", {})
        if url.endswith("/uploads"):
            return self.answers["session" if is_mine else "stranger"]
        if url.endswith(":commit"):
            [self.label] = options["json"]["writes"]
            return self.answers["label"]
        named = {"OPTIONS": "preflight", "PATCH": "changed"}
        if method in named:
            return self.answers[named[method]]
        if url == PICTURES:
            return self.answers["picture"]
        if url.endswith("/artifacts"):
            return self.answers["artifacts"]
        return self.answers["mine" if is_mine else "theirs"]


def come_in(deployment: Deployment, monkeypatch) -> None:
    monkeypatch.setattr(front_door, "_answer", deployment)
    door, prediction = FrontDoor(SETTINGS, TOKEN), prediction_of("m1")
    door.check_api()
    door.check_artifacts(SCAN, prediction)
    door.check_rules(SCAN)
    door.save_label(SCAN, prediction, datetime.now(UTC))


def test_a_reviewer_comes_in_and_leaves_a_label_at_the_servers_time(monkeypatch):
    deployment = Deployment()
    come_in(deployment, monkeypatch)
    fields = deployment.label["update"]["fields"]
    assert fields["author"] == {"stringValue": "u"}
    assert "createdAt" not in fields
    [transform] = deployment.label["updateTransforms"]
    assert transform == {"fieldPath": "createdAt", "setToServerValue": "REQUEST_TIME"}
    assert deployment.label["currentDocument"] == {"exists": False}


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ({"stranger": said(201)}, "The api answers a stranger"),
        ({"session": said(403)}, "The api refuses a reviewer: it answers 403"),
        ({"preflight": said(200)}, "Pages may not upload to the bucket: no CORS rule names https"),
        ({"preflight": said(200, origin="*")}, "Pages may not upload"),
        ({"artifacts": said(500)}, "The api signs no URLs: it answers 500"),
        (
            {"artifacts": said(200, EARLIER.model_dump_json(by_alias=True).encode())},
            "The worker stored no file of all pictures",
        ),
        ({"picture": said(403)}, "A signed URL opens no picture: it answers 403"),
        ({"picture": said(206, b"<html>", origin=PAGE)}, "A signed URL opens no picture"),
        ({"picture": said(200, b"\x89PNG", origin=PAGE)}, "A signed URL opens no picture"),
        ({"picture": said(206, b"\x89PNG")}, "Pages may not read results"),
        ({"mine": said(403)}, "Firestore's rules keep a reviewer out"),
        ({"theirs": said(200)}, "Firestore's rules let a stranger read"),
        ({"changed": said(200)}, "Firestore's rules let a reviewer change a scan"),
        ({"label": said(403)}, "A reviewer's label is refused: it answers 403"),
    ],
)
def test_one_broken_part_is_named_in_a_sentence(monkeypatch, broken, sentence):
    with pytest.raises(PermanentError, match=sentence):
        come_in(Deployment(**broken), monkeypatch)


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


@pytest.mark.parametrize(
    ("count", "state", "starts"),
    [(1, "collecting", False), (2, "collecting", True), (2, "not-configured", False)],
)
def test_the_phantoms_label_is_left_out_where_it_would_start_a_run(count, state, starts):
    database = MemoryDatabase()
    control = RetrainingControl(threshold=3, count=count, state=state)
    database.commit([Put(paths.RETRAINING, control.to_document())])
    assert smoke._would_start_a_run(database) is starts


def test_a_phantom_that_nobody_reads_is_told_as_such(monkeypatch):
    with pytest.raises(PermanentError, match="the scan is not there yet"):
        smoke._result(ScanRepository(MemoryDatabase()), SCAN, 0.01)


def test_a_label_that_nobody_exports_is_told_as_such(cloud):
    settings = SmokeSettings(
        **SETTINGS.model_dump(), results_bucket=cloud.results, pipeline_bucket=cloud.results
    ).model_copy(update={"google_cloud_project": cloud.project, "result_seconds": 0.01})
    with pytest.raises(PermanentError, match="on_label_created has not exported it"):
        smoke._wait_for_export(ScanRepository(cloud.database), SCAN, settings)
