"""`control/production`: the pointer to the model that workers serve, and its moves."""

from datetime import UTC, datetime
from typing import Any, Final

from google.api_core.exceptions import AlreadyExists, FailedPrecondition
from google.cloud import firestore

from discai.cloud.retrying import retryable
from discai.errors import PermanentError, RetryableError
from discai.model_records import ModelVersion, Move, ProductionPointer

_LOOKS: Final = 8
_LONGEST_HISTORY: Final = 200


class ProductionRepository:
    """The pointer and the models that it may point at."""

    def __init__(self, database: firestore.Client) -> None:
        self._database: Any = database

    def pointer(self) -> ProductionPointer | None:
        """Where it points, or None before its first move."""
        return self._look()[0]

    def pointer_soon(self, timeout_seconds: float) -> ProductionPointer | None:
        """The same for somebody who can't wait; raises `RetryableError` at the first failure."""
        with retryable("Firestore"):
            snapshot = self._document.get(retry=None, timeout=timeout_seconds)
        stored = snapshot.to_dict()
        return ProductionPointer.from_document(stored) if stored else None

    def model(self, version: str) -> ModelVersion | None:
        """What is known of a model version."""
        with retryable("Firestore"):
            stored = self._database.document(f"models/{version}").get().to_dict()
        return ModelVersion.from_document(stored) if stored else None

    def register(self, model: ModelVersion) -> None:
        """Records a model version, or what is newly known of it."""
        with retryable("Firestore"):
            self._database.document(f"models/{model.model_version}").set(model.to_document())

    def move(
        self, version: str, digest: str, *, by: str, reason: str, expected: str | None = None
    ) -> bool:
        """Points at another version; a repeated move changes nothing.

        False, and nothing changes, if `expected` is given and the pointer is elsewhere: of two
        runs that both compared themselves with one production model, one wins.
        """
        for _ in range(_LOOKS):
            pointer, seen = self._look()
            if pointer and pointer.model_version == version:
                return True
            if expected is not None and pointer and pointer.model_version != expected:
                return False
            now = datetime.now(UTC)
            move = Move(model_version=version, at=now, by=by, reason=reason)
            history = [*(pointer.history if pointer else []), move][-_LONGEST_HISTORY:]
            moved = ProductionPointer(
                model_version=version, model_digest=digest, since=now, history=history
            )
            if self._write(moved, seen):
                return True
        raise RetryableError("busy", "The production model is changing right now.")

    def roll_back(self, version: str, by: str) -> ProductionPointer:
        """Points back at a version that was in production before.

        Raises `PermanentError`: `unknown-model`, `not-in-history`.
        """
        pointer = self.pointer()
        model = self.model(version)
        if pointer is None or model is None:
            raise PermanentError("unknown-model", f"There is no model {version}.")
        if version not in {move.model_version for move in pointer.history}:
            raise PermanentError("not-in-history", f"The model {version} was never in production.")
        left = pointer.model_version
        self.move(version, model.model_digest, by=by, reason=f"Rolled back from {left}.")
        moved = self.pointer()
        if moved is None:
            raise RetryableError("busy", "The production model is changing right now.")
        return moved

    @property
    def _document(self) -> Any:
        return self._database.document("control/production")

    def _look(self) -> tuple[ProductionPointer | None, datetime | None]:
        with retryable("Firestore"):
            snapshot = self._document.get()
        stored = snapshot.to_dict()
        return (ProductionPointer.from_document(stored) if stored else None), snapshot.update_time

    def _write(self, pointer: ProductionPointer, seen: datetime | None) -> bool:
        with retryable("Firestore"):
            try:
                if seen is None:
                    self._document.create(pointer.to_document())
                else:
                    unchanged = self._database.write_option(last_update_time=seen)
                    self._document.update(pointer.to_document(), option=unchanged)
            except (AlreadyExists, FailedPrecondition):
                return False
        return True
