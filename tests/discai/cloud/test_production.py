"""What a run's promotion moves and records, whatever is tried again or comes in between."""

import threading

import pytest

from discai.cloud import paths
from discai.cloud.database import Put
from discai.cloud.production import ProductionRepository
from discai.cloud.retraining import RetrainingRepository
from discai.errors import PermanentError
from tests.support.records import evaluated_run, model_of


@pytest.fixture
def production(database) -> ProductionRepository:
    production = ProductionRepository(database)
    production.register(model_of("old"))
    production.move("old", "sha256:old", by="start", reason="First.")
    return production


@pytest.fixture
def runs(database) -> RetrainingRepository:
    return RetrainingRepository(database, threshold=1)


@pytest.fixture
def evaluated(database, production):
    """Leaves a run whose challenger was better than the model `old`."""

    def evaluated(epoch: int, **change) -> str:
        run = evaluated_run(epoch)
        assert run.model_version
        production.register(model_of(run.model_version))
        run = run.model_copy(update=change)
        database.commit([Put(paths.run(epoch), run.to_document())])
        return f"run-{epoch:06d}"

    return evaluated


def test_a_promotion_is_told_alike_by_pointer_run_and_model(production, runs, evaluated):
    version = evaluated(1)
    assert production.promote("000001") == "promoted"
    pointer = production.pointer()
    assert (pointer.model_version, pointer.model_digest) == (version, f"sha256:{version}")
    assert pointer.history[-1].by == "run 1"
    assert pointer.history[-1].reason == "Promoted. Better, and worse nowhere."
    for record in (runs.run(1), production.model(version)):
        assert (record.decision, record.reason) == ("promoted", pointer.history[-1].reason)


def test_a_promotion_that_is_tried_again_does_not_undo_a_rollback(production, evaluated):
    version = evaluated(1)
    production.promote("000001")
    production.roll_back("old", by="admin@example.org")
    assert production.promote("000001") == "promoted", "that it was, and then it was taken back"
    pointer = production.pointer()
    assert pointer.model_version == "old"
    assert [move.model_version for move in pointer.history] == ["old", version, "old"]


def test_a_run_that_was_better_than_another_model_keeps_production(production, runs, evaluated):
    version = evaluated(1)
    production.move("other", "sha256:other", by="admin@example.org", reason="By hand.")
    assert production.promote("000001") == "kept"
    assert production.pointer().model_version == "other"
    for record in (runs.run(1), production.model(version)):
        assert record.decision == "kept"
        assert "changed meanwhile" in record.reason
    production.move("old", "sha256:old", by="admin@example.org", reason="By hand.")
    assert production.promote("000001") == "kept", "decided is decided"
    assert production.pointer().model_version == "old"


@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_a_run_that_has_ended_promotes_nothing(production, runs, evaluated, state):
    version = evaluated(1, state=state)
    with pytest.raises(PermanentError) as refusal:
        production.promote("000001")
    assert refusal.value.code == "run-ended"
    assert production.pointer().model_version == "old"
    assert runs.run(1).decision is None
    assert production.model(version).decision is None


def test_a_job_that_a_restored_database_knows_nothing_of_promotes_nothing(
    production, runs, evaluated
):
    """Its own run is lost, and another one has its number."""
    evaluated(1, key="4e5f6a7b")
    with pytest.raises(PermanentError) as refusal:
        production.promote("000001-0a1b2c3d")
    assert refusal.value.code == "other-run"
    assert production.pointer().model_version == "old"
    assert runs.run(1).decision is None


@pytest.mark.parametrize("missing", ["comparison", "model_version"])
def test_a_model_that_was_never_compared_is_not_promoted(production, evaluated, missing):
    evaluated(1, **{missing: None})
    with pytest.raises(PermanentError) as refusal:
        production.promote("000001")
    assert refusal.value.code == "not-evaluated"
    assert production.pointer().model_version == "old"


def test_of_runs_that_beat_the_same_model_at_one_moment_one_wins(database, runs, evaluated):
    epochs = range(1, 5)
    for epoch in epochs:
        evaluated(epoch)

    def promote(epoch: int) -> None:
        ProductionRepository(database).promote(f"{epoch:06d}")

    threads = [threading.Thread(target=promote, args=[epoch]) for epoch in epochs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    promoted = [epoch for epoch in epochs if runs.run(epoch).decision == "promoted"]
    assert len(promoted) == 1
    pointer = ProductionRepository(database).pointer()
    assert pointer.model_version == runs.run(promoted[0]).model_version
    assert len(pointer.history) == 2
