"""The log of who looked at what."""

import json
import logging
import re
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from discai.cloud.logs import JsonFormatter
from discai.cloud.scans import ScanRepository
from discai.records.study import SeriesFacts, StudyOfScan
from functions.api import access
from functions.api.app import create_api
from tests.support.api import Everybody, nobody_but
from tests.support.checkout import ROOT
from tests.support.fakes import FakePublisher
from tests.support.memory_database import MemoryDatabase
from tests.support.records import SCAN, prediction_of, queued_scan

STUDY = "a" * 26
NAME = "DOE^JANE_1970.mha"


class Storage:
    """Signs and starts uploads, and has nothing."""

    def sign(self, bucket: str, names: list[str]) -> list[str]:
        return [f"https://storage.test/{bucket}/{name}?signature" for name in names]

    def start_upload(self, bucket: str, name: str, **about: Any) -> str:
        return "https://storage.test/upload"


@pytest.fixture
def lines(caplog):
    """Calls of the page; gives the lines that each has logged, as Cloud Logging gets them."""
    scans = ScanRepository(MemoryDatabase())
    study = StudyOfScan(study_key=STUDY, series=SeriesFacts(number=1, digest="0" * 32))
    scans.create(SCAN, queued_scan().model_copy(update={"study": study}))
    scans.claim(SCAN, "worker").finish(prediction_of("m1"), [], {})
    given = replace(
        nobody_but(lambda token: {"email": "reviewer@example.org", "email_verified": True}),
        scans=scans,
        objects=Storage(),  # type: ignore[arg-type]
        signer=Storage(),  # type: ignore[arg-type]
        publisher=FakePublisher(),  # type: ignore[arg-type]
        reviewers=Everybody("reviewer"),
    )
    api = TestClient(create_api(given), headers={"Authorization": "Bearer token"})
    caplog.set_level(logging.INFO)

    def call(method: str, path: str, **body: Any) -> list[dict[str, Any]]:
        caplog.clear()
        answer = api.request(method, path, json=body or None)
        assert answer.status_code < 300, answer.text
        mine = [each for each in caplog.records if each.name.startswith("functions")]
        return [json.loads(JsonFormatter().format(each)) for each in mine]

    return call


def test_whoever_opens_a_scan_is_named_with_its_study_and_what_was_signed(lines):
    [line] = lines("GET", f"/scans/{SCAN}/predictions/m1/artifacts")

    assert line["logger"] == "functions.api.access"
    assert line["caller"] == "reviewer@example.org"
    assert (line["scanId"], line["studyKey"], line["slices"]) == (SCAN, STUDY, 3)
    assert line["message"] == "artifacts signed"
    assert line["signed"] == [f"scans/{SCAN}/m1/pictures.zip"]
    assert "signature" not in json.dumps(line)


def test_whoever_downloads_a_file_is_named_with_it(lines):
    [line] = lines("GET", f"/scans/{SCAN}/predictions/m1/files/prediction.json")

    assert (line["caller"], line["studyKey"]) == ("reviewer@example.org", STUDY)
    assert line["signed"] == [f"scans/{SCAN}/m1/prediction.json"]


def test_a_thumbnail_in_the_worklist_is_logged_too(lines):
    [line] = lines("GET", f"/scans/{SCAN}/predictions/m1/thumbnail")

    assert (line["caller"], line["studyKey"]) == ("reviewer@example.org", STUDY)
    assert line["signed"] == [f"scans/{SCAN}/m1/thumbnail.jpg"]


def test_whoever_uploads_is_named_and_the_file_is_not(lines):
    [line] = lines("POST", "/uploads", fileName=NAME, size=4, contentType="")

    assert (line["caller"], line["bytes"]) == ("reviewer@example.org", 4)
    assert not re.search("DOE|JANE|1970", json.dumps(line))


def test_terraform_keeps_the_lines_of_this_logger():
    audit = (ROOT / "infrastructure" / "audit.tf").read_text(encoding="utf-8")
    assert f'jsonPayload.logger=\\"{access.logger.name}\\"' in audit
