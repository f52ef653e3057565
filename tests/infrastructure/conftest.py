"""A running Cloud Storage."""

import pytest

from tests.support.infrastructure.running_storage import BUCKET, WEB, RunningStorage


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
