"""`control/production`: the pointer to the model that workers serve, and its moves."""

from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from google.cloud import firestore

from discai.cloud import paths
from discai.cloud.retraining import ENDED, add_as_seen, committed
from discai.cloud.retrying import retryable
from discai.errors import PermanentError, RetryableError
from discai.records.models import (
    Decision,
    ModelVersion,
    Move,
    ProductionPointer,
    RetrainingRun,
)
from discai.records.scans import Record

Stored = TypeVar("Stored", bound=Record)

_LOOKS: Final = 8
_LONGEST_HISTORY: Final = 200
_VOID: Final = "Kept production: it had changed meanwhile, so the comparison was void."


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
        return self._found(paths.model(version), ModelVersion)[0]

    def register(self, model: ModelVersion) -> None:
        """Records a model version, or what is newly known of it."""
        with retryable("Firestore"):
            self._database.document(paths.model(model.model_version)).set(model.to_document())

    def move(self, version: str, digest: str, *, by: str, reason: str) -> None:
        """Points at a version; nothing changes if it points there already."""
        for _ in range(_LOOKS):
            pointer, seen = self._look()
            if pointer and pointer.model_version == version:
                return
            batch = self._database.batch()
            moved = _moved(pointer, version, digest, by=by, reason=reason)
            add_as_seen(batch, self._document, seen, moved.to_document())
            if committed(batch):
                return
        raise RetryableError("busy", "The production model is changing right now.")

    def promote(self, epoch: int) -> Decision:
        """Points at the challenger of a run, and says so in the records of both.

        Returns `kept`, and the pointer stays, if it is not at the model any more that the run was
        better than: of two runs that beat the same model, one wins. All is one commit, and only
        while the run goes on. A run decides once: tried again, its promotion moves nothing, so a
        rollback in between holds.

        Raises `PermanentError`: `run-ended`, `not-evaluated`.
        """
        for _ in range(_LOOKS):
            run, run_seen = self._found(paths.run(epoch), RetrainingRun)
            if run and run.decision:
                return run.decision
            if run is None or run.state in ENDED:
                raise PermanentError("run-ended", f"Run {epoch} has ended.")
            version = str(run.model_version)
            model, model_seen = self._found(paths.model(version), ModelVersion)
            if model is None or run.comparison is None:
                raise PermanentError("not-evaluated", f"Run {epoch} has not compared its model.")
            pointer, seen = self._look()
            better = not pointer or pointer.model_version == run.comparison.production_version
            decision: Decision = "promoted" if better else "kept"
            reason = f"Promoted. {run.reason}" if better else _VOID
            said = {"decision": decision, "reason": reason}
            batch = self._database.batch()
            add_as_seen(batch, self._database.document(paths.run(epoch)), run_seen, said)
            document = self._database.document(paths.model(model.model_version))
            add_as_seen(batch, document, model_seen, said)
            if better:
                version, digest = model.model_version, model.model_digest
                moved = _moved(pointer, version, digest, by=f"run {epoch}", reason=reason)
                add_as_seen(batch, self._document, seen, moved.to_document())
            if committed(batch):
                return decision
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
        return self._database.document(paths.PRODUCTION)

    def _look(self) -> tuple[ProductionPointer | None, datetime | None]:
        return self._found(paths.PRODUCTION, ProductionPointer)

    def _found(self, path: str, kind: type[Stored]) -> tuple[Stored | None, datetime | None]:
        """A document as a record, and when it was last changed; nothing if there is none."""
        with retryable("Firestore"):
            snapshot = self._database.document(path).get()
        stored = snapshot.to_dict()
        return (kind.from_document(stored) if stored else None), snapshot.update_time


def _moved(
    pointer: ProductionPointer | None, version: str, digest: str, *, by: str, reason: str
) -> ProductionPointer:
    now = datetime.now(UTC)
    move = Move(model_version=version, at=now, by=by, reason=reason)
    history = [*(pointer.history if pointer else []), move][-_LONGEST_HISTORY:]
    return ProductionPointer(model_version=version, model_digest=digest, since=now, history=history)
