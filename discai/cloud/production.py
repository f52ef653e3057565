"""`control/production`: the pointer to the model that workers serve, and its moves."""

from datetime import UTC, datetime
from typing import Final

from discai.cloud import paths
from discai.cloud.database import Database, Write
from discai.cloud.documents import BusyError, Change, Document, commit_as_seen
from discai.cloud.retraining import refuse_other_run
from discai.errors import PermanentError
from discai.records.models import (
    Decision,
    ModelVersion,
    Move,
    ProductionPointer,
    RetrainingRun,
    epoch_of,
)
from discai.records.states import RUN_ENDS

_LONGEST_HISTORY: Final = 200
_VOID: Final = "Kept production: it had changed meanwhile, so the comparison was void."
_BUSY: Final = "The production model is changing right now."


class ProductionRepository:
    """The pointer and the models that it may point at."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pointer = Document(database, paths.PRODUCTION, ProductionPointer)

    def pointer(self) -> ProductionPointer | None:
        """Pointer to the model in production, or None before its first move."""
        return self._pointer.get()

    def pointer_soon(self, timeout_seconds: float) -> ProductionPointer | None:
        """The same for somebody who can't wait; raises `RetryableError` at the first failure."""
        return self._pointer.get(timeout_seconds)

    def model(self, version: str) -> ModelVersion | None:
        """Record of a model version, None if it is unknown."""
        return self._model(version).get()

    def register(self, model: ModelVersion) -> None:
        """Records a model version, or what is newly known of it."""
        self._model(model.model_version).put(model)

    def move(self, version: str, digest: str, *, by: str, reason: str) -> None:
        """Points at a version; nothing changes if it points there already."""

        def moved(pointer: ProductionPointer | None) -> Change[ProductionPointer] | None:
            if pointer and pointer.model_version == version:
                return None
            return Change(_moved(pointer, version, digest, by=by, reason=reason))

        self._pointer.change(moved, busy=_BUSY)

    def promote(self, name: str) -> Decision:
        """Points at the challenger of the run of that name, and says so in the records of both.

        Returns `kept`, and the pointer stays, if it is not at the model any more that the run was
        better than: of two runs that beat the same model, one wins. All is one commit, and only
        while the run goes on. A run decides once: tried again, its promotion moves nothing, so a
        rollback in between holds.

        Raises `PermanentError`: `run-ended`, `not-evaluated`, `other-run`.
        """
        epoch = epoch_of(name)
        run_document = Document(self._database, paths.run(epoch), RetrainingRun)

        def attempt() -> tuple[Decision, list[Write]]:
            run = run_document.read()
            if run:
                refuse_other_run(run.record, name)
            if run and run.record.decision:
                return run.record.decision, []
            if run is None or run.record.state in RUN_ENDS:
                raise PermanentError("run-ended", f"Run {epoch} has ended.")
            challenger = self._model(str(run.record.model_version))
            model, comparison = challenger.read(), run.record.comparison
            if model is None or comparison is None:
                raise PermanentError("not-evaluated", f"Run {epoch} has not compared its model.")
            pointer = self._pointer.read()
            better = not pointer or pointer.record.model_version == comparison.production_version
            decision: Decision = "promoted" if better else "kept"
            reason = f"Promoted. {run.record.reason}" if better else _VOID
            said = {"decision": decision, "reason": reason}
            writes = [
                run_document.to_write(run, run.record.model_copy(update=said)),
                challenger.to_write(model, model.record.model_copy(update=said)),
            ]
            if better:
                moved = _moved(
                    pointer.record if pointer else None,
                    model.record.model_version,
                    model.record.model_digest,
                    by=f"run {epoch}",
                    reason=reason,
                )
                writes.append(self._pointer.to_write(pointer, moved))
            return decision, writes

        decision, _ = commit_as_seen(self._database, attempt, _BUSY)
        return decision

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
            raise BusyError(_BUSY)
        return moved

    def _model(self, version: str) -> Document[ModelVersion]:
        return Document(self._database, paths.model(version), ModelVersion)


def _moved(
    pointer: ProductionPointer | None, version: str, digest: str, *, by: str, reason: str
) -> ProductionPointer:
    now = datetime.now(UTC)
    move = Move(model_version=version, at=now, by=by, reason=reason)
    history = [*(pointer.history if pointer else []), move][-_LONGEST_HISTORY:]
    return ProductionPointer(model_version=version, model_digest=digest, since=now, history=history)
