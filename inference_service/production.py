"""The model in production, as the pointer in Firestore and the files in Cloud Storage have it."""

import tempfile
from pathlib import Path
from typing import Final

from google.cloud import storage

from discai.cloud.firestore import FirestoreDatabase
from discai.cloud.models import ModelStore
from discai.cloud.production import ProductionRepository
from inference_service.model import BUILT_IN, LoadedModel, ServedModel, load_built_in
from inference_service.settings import Settings

#: A worker that starts while Firestore is away serves the built-in model until it is back.
_TIMEOUT_SECONDS: Final = 5.0


def model_for(settings: Settings) -> ServedModel:
    """The model in production, or the one that the settings name instead."""
    if settings.model_dir or not settings.models_bucket:
        return ServedModel(lambda _: load_built_in(settings.model_dir, settings.backend))
    project = settings.google_cloud_project
    models = ProductionModels(
        ProductionRepository(FirestoreDatabase.connect(project)),
        ModelStore(storage.Client(project), settings.models_bucket),
        settings.backend,
    )
    return ServedModel(models.load, models.wanted, settings.model_poll_seconds)


class ProductionModels:
    """Finds out which version is in production, and loads versions."""

    def __init__(self, pointer: ProductionRepository, store: ModelStore, backend: str) -> None:
        self._pointer = pointer
        self._store = store
        self._backend = backend

    def wanted(self) -> str:
        """Version that the pointer names; `BUILT_IN` before its first move."""
        pointer = self._pointer.pointer_soon(_TIMEOUT_SECONDS)
        return pointer.model_version if pointer else BUILT_IN

    def load(self, version: str) -> LoadedModel:
        """A version from the models bucket, checked against its manifest; or the built-in one.

        Raises `DiscaiError` if it can't be fetched or is not what its manifest says.
        """
        if version == BUILT_IN:
            return load_built_in("", self._backend)
        from discai.predictor import Predictor  # late, as in load_built_in

        with tempfile.TemporaryDirectory() as folder:
            return Predictor.load(self._store.fetch(version, Path(folder)), self._backend)
