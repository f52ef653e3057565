"""Fixture: a database for tests of what is kept in documents, in memory and in the emulator."""

import uuid

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore

from discai.cloud.database import Database
from discai.cloud.firestore import FirestoreDatabase
from tests.support.memory_database import MemoryDatabase


@pytest.fixture(params=["memory", pytest.param("emulator", marks=pytest.mark.emulator)])
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An empty database; what holds in memory must hold in Firestore."""
    if request.param == "memory":
        return MemoryDatabase()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", request.getfixturevalue("firestore_address"))
    project = f"demo-{uuid.uuid4().hex[:12]}"
    return FirestoreDatabase(firestore.Client(project, credentials=AnonymousCredentials()))
