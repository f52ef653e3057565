"""Firestore and Cloud Storage of their own for a benchmark that needs no whole cloud."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from google.cloud import storage

from infrastructure.local.emulators import firestore_emulator
from infrastructure.local.keys import ensure_signing_key
from tests.support.emulators import served_storage

RESULTS = "results"


@contextmanager
def emulated(project: str) -> Iterator[storage.Client]:
    """The client of a Cloud Storage with the bucket `RESULTS`.

    The environment points at it, and at an empty Firestore, for as long as the context lasts.
    """
    with tempfile.TemporaryDirectory() as name, firestore_emulator() as address:
        key = Path(name) / "key.json"
        ensure_signing_key(key, project)
        with served_storage(Path(name), key) as url:
            os.environ["FIRESTORE_EMULATOR_HOST"] = address
            os.environ["STORAGE_EMULATOR_HOST"] = url
            client = storage.Client(project=project)
            client.create_bucket(RESULTS)
            yield client
