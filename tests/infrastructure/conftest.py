"""A running Cloud Storage, and browsers that talk to Firestore's emulator."""

import pytest

from tests.support.browser_firestore import Browser
from tests.support.infrastructure.people import OWN_EMAIL, PEOPLE
from tests.support.infrastructure.running_storage import BUCKET, WEB, RunningStorage
from tests.support.tokens import unsigned_token


@pytest.fixture
def gcs(tmp_path):
    running = RunningStorage(tmp_path)
    cors = [
        {
            "origin": [WEB],
            "method": ["GET", "HEAD", "PUT"],
            "responseHeader": ["Content-Type", "Content-Range"],
            "maxAgeSeconds": 3600,
        }
    ]
    bucket = running.client().bucket(BUCKET)
    bucket.cors = cors
    bucket.versioning_enabled = True
    bucket.create()
    yield running
    running.stop()


@pytest.fixture
def bucket(gcs):
    return gcs.client().bucket(BUCKET)


@pytest.fixture
def browser_of(cloud, firestore_address):
    """Opens a person's browser on a scan with a prediction."""

    def open_browser(person: str = "reviewer") -> Browser:
        for path in ("scans/s1", "scans/s1/predictions/m1", "scans/s2"):
            cloud.firestore.document(path).set({"status": "done"})
        if role := PEOPLE[person][1]:
            cloud.firestore.document(f"reviewers/{OWN_EMAIL}").set({"role": role})
        claims, _ = PEOPLE[person]
        token = None if claims is None else unsigned_token(cloud.project, claims)
        return Browser(firestore_address, cloud.project, token)

    return open_browser
